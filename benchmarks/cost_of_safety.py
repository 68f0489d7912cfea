"""What locks, checks and fsync cost `export` and `verify`: with and without them, in turn.

    python benchmarks/cost_of_safety.py --rounds 5
    python benchmarks/cost_of_safety.py --rounds 3 --data cifar10:PATH --photos 2000

`export` makes every file of exported/resnet8's network, `verify` runs all these files in every runtime. --photos adds
`verify` on that many JPEGs, a first time, when they are decoded, and again. Without checks, fsync, locks, checksums of
the run's files, the search for links and the check of the cache folder do nothing. With them each is timed: their share
is the sum of these seconds over the wall time, which is far more exact on a shared machine than a ratio of wall times.
Checksums of decoded images are timed only, because the report names the data by them. All figures are medians.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from against_commit import timed

ROOT = Path(__file__).resolve().parent.parent
SIDES = ("with", "without")
Result = dict[str, float]


def inside(side: str, note: Path, arguments: list[str]) -> int:
    """Run one edgekit command in this process, with timed checks or without any; write the seconds to `note`."""
    import fcntl

    from edgekit.cli import run_command
    from edgekit.datasets.images import cache
    from edgekit.datasets.images.checksums import ArrayChecksums
    from edgekit.rendering import stored_report
    from edgekit.runs import folder

    spent: Result = {}

    def counted_in(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def run(*values: Any, **options: Any) -> Any:
            start = time.perf_counter()
            try:
                return work(*values, **options)
            finally:
                spent[name] = spent.get(name, 0.0) + time.perf_counter() - start

        return run

    for place, name in (
        (os, "fsync"),
        (fcntl, "flock"),
        (folder.RunFolder, "check_file"),
        (folder, "check_links"),
        (stored_report, "check_links"),
        (cache, "check_private"),
    ):
        setattr(place, name, counted_in(name, getattr(place, name)) if side == "with" else lambda *_, **__: None)
    for name in ("_read", "_keep", "_hash_of_images"):
        setattr(ArrayChecksums, name, counted_in("checksums of images", getattr(ArrayChecksums, name)))
    status = run_command(arguments)
    note.write_text(json.dumps(spent))
    return status


def measured(side: str, folder: Path, arguments: list[str]) -> Result:
    """Seconds of one command: "wall", "CPU" of all its processes, and those of each check."""
    note = folder / "note.json"
    environment = {"PYTHONPATH": str(ROOT / "toolkit"), "EDGEKIT_CACHE": str(folder / "cache")}
    wall, cpu, _ = timed([__file__, "--inside", side, str(note), *arguments], folder, environment)
    return {"wall": wall, "CPU": cpu, **json.loads(note.read_text())}


def write_photos(folder: Path, count: int) -> Path:
    """Random JPEGs of 256 x 256 in ten classes: `count` to train on, and as many to test on."""
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(0)
    for split in ("train", "test"):
        for number in range(count):
            path = folder / split / f"class{number % 10}" / f"{number}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            coarse = Image.fromarray(rng.integers(0, 256, (16, 16, 3), np.uint8))
            coarse.resize((256, 256)).save(path, quality=90)
    return folder


def commands(given: argparse.Namespace, photos: Path | None) -> dict[str, list[str]]:
    """The rows of the table, in the order in which they run in one folder."""
    model = str(ROOT / "exported" / "resnet8" / "model.keras")
    export = ["export", model, "--all", "--input-range", "0..255", "--data", given.data, "--out", "run"]
    found = {"export --all": export, "verify": ["verify", "run", "--data", given.data]}
    if photos:
        again = ["verify", "run/onnx/model-float32.onnx", "--data", f"folder:{photos}", "--runtime", "onnxruntime"]
        again += ["--reference", "run/model.keras"]
        found |= {f"verify {given.photos} photos": again, f"verify {given.photos} photos again": again}
    return found


def print_table(results: dict[str, dict[str, list[Result]]], rounds: int) -> None:
    """One row per command."""
    print("| command | wall s | wall, with : without | CPU, with : without | checks, share of wall | of these |")
    print("|---|---:|---:|---:|---:|---|")
    for name, sides in results.items():
        median = {
            (side, kind): statistics.median(one[kind] for one in sides[side])
            for side in SIDES
            for kind in ("wall", "CPU")
        }
        ratios = [median["with", kind] / median["without", kind] for kind in ("wall", "CPU")]
        kinds = sorted({kind for one in sides["with"] for kind in one} - {"wall", "CPU"})
        shares = {kind: statistics.median(one.get(kind, 0.0) / one["wall"] for one in sides["with"]) for kind in kinds}
        said = ", ".join(f"{kind} {share:.2%}" for kind, share in shares.items() if share >= 0.00005)
        print(
            f"| {name} | {median['with', 'wall']:.1f} | {ratios[0]:.3f} | {ratios[1]:.3f} | "
            f"{sum(shares.values()):.2%} | {said} |"
        )
    print(f"n = {rounds} each")


def main() -> None:
    """Run both sides in turn and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="digits", help="the images of export and verify")
    parser.add_argument("--photos", type=int, default=0, help="verify on so many JPEGs too")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    results: dict[str, dict[str, list[Result]]] = {}
    with tempfile.TemporaryDirectory(prefix="edgekit-benchmark-") as name:
        photos = write_photos(Path(name) / "photos", given.photos) if given.photos else None
        for turn in range(given.rounds):
            for side in sorted(SIDES, reverse=bool(turn % 2)):
                folder = Path(name) / side
                shutil.rmtree(folder, ignore_errors=True)
                (folder / "cache").mkdir(parents=True, mode=0o700)
                for row, arguments in commands(given, photos).items():
                    results.setdefault(row, {each: [] for each in SIDES})[side].append(
                        measured(side, folder, arguments)
                    )
    print_table(results, given.rounds)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        sys.exit(inside(sys.argv[2], Path(sys.argv[3]), sys.argv[4:]))
    main()
