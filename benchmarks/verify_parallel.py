"""A whole `edgekit verify` of eight candidates on all processors against one after the other on one.

    python benchmarks/verify_parallel.py exported/resnet8 --data cifar10:PATH [--rounds 3]

Eight candidates: four precisions of .tflite in two runtimes, by default. Both sides are the whole command with
settings that were found before (a first run of each is not counted), in turn. One side is held to one processor
(Linux) and takes one candidate at a time. Target: 0.65 at most on two processors. With --retune every run searches.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from edgekit.foundation.machine import num_usable_cpus, this_machine

RUNTIMES = ("litert-xnnpack", "litert-builtin")


def main() -> None:
    """Run both sides in turn and print the table."""
    arguments = parse_arguments()
    print(f"{this_machine().cpu}, {num_usable_cpus()} processors")
    one_by_one, together = [], []
    for number in range(arguments.rounds + 1):
        first, second = seconds_of(arguments, one_processor=True), seconds_of(arguments, one_processor=False)
        if number:
            one_by_one.append(first)
            together.append(second)
            print(f"one by one {first:7.1f} s   together {second:7.1f} s   {second / first:.2f}", flush=True)
    ratio = statistics.median(together) / statistics.median(one_by_one)
    print(f"together, as a share of one by one, medians, n = {arguments.rounds}: {ratio:.2f}")


def seconds_of(arguments: argparse.Namespace, *, one_processor: bool) -> float:
    """The whole command."""
    runtimes = [option for name in arguments.runtime or RUNTIMES for option in ("--runtime", name)]
    command = [sys.executable, "-m", "edgekit", "verify", str(arguments.run), "--data", arguments.data, *runtimes]
    command += ["--retune"] if arguments.retune else []
    allowed = os.sched_getaffinity(0)
    if one_processor:
        command += ["--jobs", "1"]
        os.sched_setaffinity(0, {min(allowed)})
    start = time.perf_counter()
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    finally:
        os.sched_setaffinity(0, allowed)
    if done.returncode not in (0, 3):
        raise SystemExit(done.stderr)
    return time.perf_counter() - start


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="a run folder; it is verified, so its report is written again")
    parser.add_argument("--data", default="cifar10", help="its data set (default cifar10)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each side is run (default 3)")
    parser.add_argument("--runtime", action="append", help="only this one; may be repeated")
    parser.add_argument("--retune", action="store_true", help="search for the settings in every run")
    return parser.parse_args()


if __name__ == "__main__":
    main()
