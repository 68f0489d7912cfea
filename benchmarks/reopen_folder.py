"""How long a folder of many JPEGs takes to decode, to check and to open again, and what gray images save.

    python benchmarks/reopen_folder.py [--images 5000] [--size 96] [--rounds 5]

Writes different JPEGs of 48 x 64 pixels in ten classes under train/ and test/, then loads the folder as a verification
and a training would. The table gives the first time, with decoding, and the median of the others; the checks of
folders are timed alone. Targets: checks at most 5 % of decoding; gray a third of the bytes.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from edgekit.datasets import DatasetRequest, load_dataset
from edgekit.datasets.files.identical import find_identical
from edgekit.datasets.folder.listing import list_splits
from edgekit.datasets.folder.location import FolderLocation
from edgekit.foundation.progress import SilentProgress

NUM_CLASSES = 10


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
    checks = [seconds(lambda: find_identical(root, list_splits(location, SilentProgress()))) for _ in range(rounds)]
    median = statistics.median(checks)
    print(f"checks of the folder: {median:.3f} s, {median / (decoding - median):.1%} of decoding")


def main() -> None:
    """Write the images and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=5000, help="how many (default 5000)")
    parser.add_argument("--size", type=int, default=96, help="side in pixels that they are resized to (default 96)")
    parser.add_argument("--rounds", type=int, default=5, help="how often the folder is opened again (default 5)")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "images"
        write_images(root, chosen.images)
        measure(root, chosen.size, chosen.rounds)


if __name__ == "__main__":
    main()
