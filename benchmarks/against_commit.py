"""What a change costs: this checkout next to another one, the same commands in turn, as ratios.

    git worktree add /tmp/before COMMIT
    python benchmarks/against_commit.py /tmp/before help
    python benchmarks/against_commit.py /tmp/before export --data cifar10:PATH --rounds 3
    python benchmarks/against_commit.py /tmp/before verify --data cifar10:PATH --rounds 3

`export` makes every file of exported/resnet8's network, `verify` runs the other checkout's exported/resnet8
through every runtime. Each side works in a folder of its own, with the environment of the Python that runs
this file. The order changes every round, so that a slow minute of the machine hits both. The table gives
lower quartiles, which the machine's pauses touch least, and their ratios. Peak memory is that of the largest
process. Modules are compiled once, as pip does on installation.
"""

import argparse
import compileall
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from edgekit.cli import COMMANDS

HERE = Path(__file__).resolve().parent.parent
EXPORT = ["export", "exported/resnet8/model.keras", "--all", "--input-range", "0..255"]
OLD_FILES = ["--no-metadata", "--full-range", "--keep-doubtful"]
"""What gives the files of the time before metadata and 7-bit weights; doubtful on a processor without VNNI."""


def measured(checkout: Path, arguments: list[str], cache: Path | None = None) -> tuple[float, float, float]:
    """Wall seconds, processor seconds of all processes, and the peak in MiB, of one edgekit command of a checkout.

    Args:
        checkout: Where its code is, and where it runs.
        arguments: Of the command.
        cache: Its cache folder; None: the user's.
    """
    environment = {"PYTHONPATH": str(checkout / "toolkit"), "PYTHONDONTWRITEBYTECODE": ""}
    if cache is not None:
        environment["EDGEKIT_CACHE"] = str(cache)
    return timed(["-c", "from edgekit.__main__ import main; main()", *arguments], checkout, environment)


def timed(arguments: list[str], folder: Path, environment: dict[str, str]) -> tuple[float, float, float]:
    """As `measured`, of any Python program that runs in `folder`."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments],
        env={**os.environ, **environment},
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    message = process.stderr.read() if process.stderr else b""
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1, 3):  # 1: a file that this processor computes badly was discarded
        sys.exit(f"{' '.join(arguments)} in {folder} ended with {process.returncode}:\n{message.decode()}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def commands(what: str, before: Path, data: list[str], folder: Path) -> dict[str, list[str]]:
    """The command lines of one side by the name of their row; run folders are made in `folder`."""
    if what == "help":
        listed = subprocess.run(
            [sys.executable, "-c", "from edgekit.cli import COMMANDS; print(*COMMANDS)"],
            env={**os.environ, "PYTHONPATH": str(before / "toolkit")},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        old = listed.stdout.split()
        return {f"{name} --help": [name, "--help"] for name in COMMANDS if name in old}
    if what == "export":
        return {"export --all": [*EXPORT, "--data", *data, "--out", str(folder / "run")]}
    shutil.copytree(before / "exported" / "resnet8", folder / "resnet8")
    return {"verify resnet8": ["verify", str(folder / "resnet8"), "--data", *data]}


def compare_files(before: Path, after: Path) -> str:
    """A sentence: how many exported files of two runs have the same bytes, and which have not."""
    names = sorted(path.relative_to(before) for kind in ("tflite", "onnx") for path in (before / kind).glob("model*"))
    contents = {path.read_bytes() for path in after.rglob("*") if path.suffix in (".tflite", ".onnx")}  # of any name
    other = [str(name) for name in names if (before / name).read_bytes() not in contents]
    return f"{len(names) - len(other)} of {len(names)} files are byte-identical" + (
        f"; not: {', '.join(other)}" if other else ""
    )


def lower_quartile(values: list[float]) -> float:
    """Of any number of values; the value itself where there is one."""
    return statistics.quantiles(values, n=4, method="inclusive")[0] if len(values) > 1 else values[0]


def print_table(results: dict[str, dict[str, list[tuple[float, float, float]]]], rounds: int) -> None:
    """One line per command: lower quartiles of seconds, processor seconds and MiB on each side, and their ratios."""
    print(
        f"{'command':24}" + "".join(f"{name:>10} {'after':>8} {'ratio':>6}" for name in ("wall s", "CPU s", "peak MiB"))
    )
    for row, sides in results.items():
        cells = []
        for kind, digits in ((0, 3), (1, 3), (2, 0)):
            old, new = (lower_quartile([values[kind] for values in sides[side]]) for side in ("before", "after"))
            cells.append(f"{old:10.{digits}f} {new:8.{digits}f} {new / old:6.3f}")
        print(f"{row:24}{''.join(cells)}")
    print(f"n = {rounds} each")


def main() -> None:
    """Run both sides in turn and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path, help="the other checkout")
    parser.add_argument("what", choices=("help", "export", "verify"))
    parser.add_argument("--data", default="digits", help="the images of export and verify")
    parser.add_argument("--sample", help="images of verify; default: all")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--same-files", action="store_true", help="export here with the options that give the old files"
    )
    options = parser.parse_args()
    data = [options.data, *(["--sample", options.sample] if options.sample and options.what == "verify" else [])]
    sides = {"before": options.before.resolve(), "after": HERE}
    for checkout in sides.values():
        compileall.compile_dir(checkout / "toolkit", quiet=1)
    results: dict[str, dict[str, list[tuple[float, float, float]]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(options.rounds + 1):
            for side in sorted(sides, reverse=bool(turn % 2)):
                place = Path(folder) / side
                shutil.rmtree(place, ignore_errors=True)
                place.mkdir()
                for row, arguments in commands(options.what, sides["before"], data, place).items():
                    if options.same_files and side == "after":
                        arguments += OLD_FILES
                    result = measured(sides[side], arguments)
                    if turn:
                        results.setdefault(row, {}).setdefault(side, []).append(result)
        if options.what == "export":
            again = Path(folder) / "again"
            measured(HERE, [*EXPORT, "--data", options.data, "--out", str(again), *OLD_FILES])
            print(f"With {' '.join(OLD_FILES)}: {compare_files(Path(folder) / 'before' / 'run', again)}")
    print_table(results, options.rounds)


if __name__ == "__main__":
    main()
