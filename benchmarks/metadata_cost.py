"""What metadata and labels cost an export: processor time and bytes per file.

    python benchmarks/metadata_cost.py exported/resnet8 --data cifar10:PATH --rounds 5

Exports all files of a copy of the run, with and without `--no-metadata` in turn, each in a process of its own. Times
are user and system seconds of that process and its children. The ratio is taken round by round. Target: 1.03 at
most, and 8,000 bytes for each file.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAM = "from edgekit.__main__ import main; main()"


def exported(run: Path, folder: Path, data: str, *options: str) -> tuple[float, dict[str, int]]:
    """Processor seconds of `edgekit export --all`, and the size of each file that it made."""
    copy = Path(shutil.copytree(run, folder / "run"))
    for old in (*copy.glob("tflite/*"), *copy.glob("onnx/*")):
        old.unlink()
    command = [sys.executable, "-c", PROGRAM, "export", str(copy), "--all", "--data", data, *options]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{' '.join(command)} failed with {child.returncode}")
    sizes = {path.relative_to(copy).as_posix(): path.stat().st_size for path in sorted(copy.glob("*/model-*"))}
    shutil.rmtree(copy)
    return usage.ru_utime + usage.ru_stime, sizes


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("run", type=Path)
    parser.add_argument("--data", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    times: dict[bool, list[float]] = {True: [], False: []}
    sizes: dict[bool, dict[str, int]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(chosen.rounds):
            for has_metadata in (True, False) if number % 2 else (False, True):
                options = [] if has_metadata else ["--no-metadata"]
                seconds, sizes[has_metadata] = exported(chosen.run, Path(folder), chosen.data, *options)
                times[has_metadata].append(seconds)
    ratios = [after / before for after, before in zip(times[True], times[False], strict=True)]
    print(
        f"{chosen.rounds} rounds: {statistics.median(times[True]):.1f} s with metadata, "
        f"{statistics.median(times[False]):.1f} s without; ratio {statistics.median(ratios):.3f} "
        f"({min(ratios):.3f} to {max(ratios):.3f})\n\n| file | bytes | more by metadata |\n|---|---:|---:|"
    )
    for name, size in sizes[True].items():
        print(f"| {name} | {size:,} | {size - sizes[False][name]:,} |")


if __name__ == "__main__":
    main()
