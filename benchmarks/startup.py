"""How much longer `edgekit --help`, and every command's help, take than the bare interpreter.

    python benchmarks/startup.py [--rounds 15]

Bare interpreter and commands are run in turn, round by round, so that a slow minute of the machine hits
all of them; the table gives medians, the difference in milliseconds and the ratio. Target: 120 ms at most.
"""

import argparse
import statistics
import subprocess
import sys
import time

from edgekit.cli import COMMANDS


def seconds(arguments: list[str]) -> float:
    """Wall time of one process."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    """Run all command lines in turn and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15, help="how often each is run (default 15)")
    rounds = parser.parse_args().rounds
    lines = {"(bare interpreter)": ["-c", "pass"], "edgekit --help": ["-m", "edgekit", "--help"]}
    lines |= {f"edgekit {name} --help": ["-m", "edgekit", name, "--help"] for name in COMMANDS}
    times: dict[str, list[float]] = {name: [] for name in lines}
    for _ in range(rounds + 1):
        for name, arguments in lines.items():
            times[name].append(seconds(arguments))
    medians = {name: statistics.median(values[1:]) for name, values in times.items()}
    bare = medians["(bare interpreter)"]
    print(f"{'command':28} {'median ms':>10} {'more ms':>8} {'ratio':>6}   n = {rounds}")
    for name, median in medians.items():
        print(f"{name:28} {1000 * median:10.0f} {1000 * (median - bare):8.0f} {median / bare:6.2f}")


if __name__ == "__main__":
    main()
