"""What `edgekit bundle` takes beside running the golden vectors.

    python benchmarks/bundle_time.py exported/resnet8 --data cifar10:PATH --rounds 7

Each round is a process of its own, so that imports count. The part that runs every file in every runtime is timed
inside and taken off. The table gives the median and the slowest round.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROGRAM = """
import sys, time
import edgekit.bundle.job as job
measure, spent = job.measure_golden, []

def timed(*arguments):
    start = time.perf_counter()
    try:
        return measure(*arguments)
    finally:
        spent.append(time.perf_counter() - start)

job.measure_golden = timed
import edgekit
edgekit.bundle(sys.argv[1], out=sys.argv[2], unverified=True, data=sys.argv[3] or None, no_images=not sys.argv[3])
print(spent[0])
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("run")
    parser.add_argument("--data", default="", help="left out: --no-images")
    parser.add_argument("--rounds", type=int, default=7)
    chosen = parser.parse_args()
    totals, golden = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(chosen.rounds):
            start = time.perf_counter()
            out = Path(folder) / "bundle.zip"
            done = subprocess.run(
                [sys.executable, "-c", PROGRAM, chosen.run, str(out), chosen.data],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            totals.append(time.perf_counter() - start)
            golden.append(float(done.stdout.splitlines()[-1]))
    rest = [total - part for total, part in zip(totals, golden, strict=True)]
    print(f"| {chosen.rounds} rounds | median, s | slowest, s |\n|---|---:|---:|")
    for name, values in (("whole command", totals), ("golden vectors", golden), ("everything else", rest)):
        print(f"| {name} | {statistics.median(values):.2f} | {max(values):.2f} |")


if __name__ == "__main__":
    main()
