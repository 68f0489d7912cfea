"""How long a folder of many JPEGs takes to decode, to check and to open again, and what gray images save.

    python benchmarks/reopen_folder.py [--images 5000] [--size 96] [--rounds 5] [--before CHECKOUT]

Writes different JPEGs of 48 x 64 pixels in ten classes under train/ and test/, then loads the folder as a verification
and a training would. The table gives the first time, with decoding, and the median of the others; the checks of
folders are timed alone. With --before, another checkout (`git worktree add /tmp/old COMMIT`) opens the same folder in
turn, each side with a cache of its own, all splits and then the test split alone. Targets: checks at most 5 % of
decoding; gray a third of the bytes; opening again at most 0.3 of the time of before.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from edgekit.datasets import DatasetRequest, load_dataset
from edgekit.datasets.files.identical import find_identical
from edgekit.datasets.files.states import FileStates
from edgekit.datasets.folder.listing import list_splits
from edgekit.datasets.folder.location import FolderLocation
from edgekit.foundation.progress import SilentProgress

NUM_CLASSES = 10
OPEN = """
import sys, time
from pathlib import Path
from edgekit.datasets import DatasetRequest, load_dataset
root, cache, size = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
times = []
for test_only in (False, True):
    start = time.perf_counter()
    dataset = load_dataset(
        f"folder:{root}",
        DatasetRequest(image_size=(size, size), cache_dir=cache, test_only=test_only, validation_fraction=0.1),
    )
    dataset.sha256 if test_only else dataset.sha256 + dataset.train.sha256
    times.append(time.perf_counter() - start)
print(*times)
"""
"""Seconds of opening all splits, and the test split, in a process of a checkout of any age."""


def write_images(root: Path, num_images: int) -> None:
    """A fifth of them are test images; each differs from all others."""
    rng = np.random.default_rng(0)
    for number in range(num_images):
        folder = root / ("test" if number % 5 == 0 else "train") / f"class{number // 5 % NUM_CLASSES}"
        folder.mkdir(parents=True, exist_ok=True)
        coarse = rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)
        Image.fromarray(coarse.repeat(8, axis=0).repeat(8, axis=1)).save(folder / f"{number}.jpg", quality=90)


def seconds(action: Callable[[], object]) -> float:
    """Wall time."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def load(root: Path, cache: Path, size: int, channels: int, *, test_only: bool) -> str:
    """Load the folder, with the checksums that a manifest and a verification need."""
    request = DatasetRequest(
        image_size=(size, size), channels=channels, cache_dir=cache, test_only=test_only, validation_fraction=0.1
    )
    dataset = load_dataset(f"folder:{root}", request)
    return dataset.sha256 if test_only else dataset.sha256 + dataset.train.sha256


def loaded(root: Path, size: int, channels: int, test_only: bool, rounds: int) -> tuple[float, float, int]:
    """Seconds of the first time, the median of the others, and bytes in the cache."""
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder) / "cache"
        action = partial(load, root, cache, size, channels, test_only=test_only)
        first = seconds(action)
        time.sleep(0.2)  # the checksums of what was written a moment ago are not kept
        action()
        again = statistics.median(seconds(action) for _ in range(rounds))
        return first, again, sum(file.stat().st_size for file in cache.rglob("*.npy"))


def check(root: Path, location: FolderLocation) -> None:
    """The layout of the folder, and which files are in two splits; asks for every file's size once."""
    find_identical(root, list_splits(location, SilentProgress()), FileStates(root))


def measure(root: Path, size: int, rounds: int) -> None:
    """Print the table."""
    print(f"{'load':24} {'first s':>9} {'again s':>9} {'share':>7} {'cache MB':>9}")
    decoding = 0.0
    for channels, name in ((3, "RGB"), (1, "gray")):
        for test_only in (False, True):
            first, again, held = loaded(root, size, channels, test_only, rounds)
            what = f"{name}, {'test split' if test_only else 'all splits'}"
            print(f"{what:24} {first:9.2f} {again:9.3f} {again / first:7.1%} {held / 1e6:9.1f}")
            decoding = decoding or first
    location = FolderLocation.of(DatasetRequest(location=str(root)))
    checks = [seconds(lambda: check(root, location)) for _ in range(rounds)]
    median = statistics.median(checks)
    print(f"checks of the folder: {median:.3f} s, {median / (decoding - median):.1%} of decoding")


def compare(root: Path, size: int, rounds: int, before: Path) -> None:
    """Print the medians of both checkouts and their ratios; the first time of each decodes and is not counted."""
    sides = {"before": before.resolve(), "after": Path(__file__).resolve().parent.parent}
    times: dict[str, list[list[float]]] = {name: [] for name in sides}
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(rounds + 2):
            for name in sorted(sides, reverse=bool(turn % 2)):
                answer = subprocess.run(
                    [sys.executable, "-c", OPEN, str(root), str(Path(folder) / name), str(size)],
                    env={**os.environ, "PYTHONPATH": str(sides[name] / "toolkit")},
                    stdout=subprocess.PIPE,
                    text=True,
                    check=True,
                )
                if turn > 1:
                    times[name].append([float(value) for value in answer.stdout.split()])
    for place, what in enumerate(("all splits", "test split")):
        old, new = (statistics.median(row[place] for row in times[name]) for name in sides)
        print(f"opened again, {what}: before {old:.3f} s, after {new:.3f} s, ratio {new / old:.3f}, n = {rounds}")


def main() -> None:
    """Write the images and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=5000, help="how many (default 5000)")
    parser.add_argument("--size", type=int, default=96, help="side in pixels that they are resized to (default 96)")
    parser.add_argument("--rounds", type=int, default=5, help="how often the folder is opened again (default 5)")
    parser.add_argument("--before", type=Path, help="another checkout of edgekit to compare with")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "images"
        write_images(root, chosen.images)
        measure(root, chosen.size, chosen.rounds)
        if chosen.before:
            compare(root, chosen.size, chosen.rounds, chosen.before)


if __name__ == "__main__":
    main()
