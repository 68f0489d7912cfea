"""CIFAR-10: 60,000 photographs of 10 classes, 32 x 32. Downloaded once, or read from the user's own copy."""

from pathlib import Path
from typing import IO

from edgekit.datasets.base import Dataset, DatasetRequest, Split
from edgekit.datasets.cifar10.files import BATCH, NAMES_FILES, SIDE, read_batch, read_files, read_names
from edgekit.datasets.download import Download, fetch
from edgekit.datasets.splits import empty_split, split_validation
from edgekit.foundation.errors import DatasetError

ARCHIVE = Download(
    url="https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
    file_name="cifar-10-python.tar.gz",
    size_bytes=170_498_071,
    sha256="6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
    advice="Or get the file by hand, on another machine if need be, and name it: cifar10:PATH/cifar-10-python.tar.gz",
)


def load(request: DatasetRequest, archive: Download = ARCHIVE) -> Dataset:
    """The official test batch as test split; validation images are taken out of the training batches.

    Args:
        request: `location` is the .tar.gz, a folder cifar-10-batches-py or -bin, or a folder that holds one;
            with any number of batches and rows. None: the official archive, downloaded into `cache_dir` once.
        archive: What is downloaded.

    Raises:
        DatasetError: The files are missing, broken, or ask for what CIFAR-10 files never do.
    """
    if request.path is not None:
        return _read(request.path, request)
    return _read(fetch(archive, request.cache_dir, request.progress), request)


def _read(location: Path, request: DatasetRequest) -> Dataset:
    contents = _read_files(location, request.test_only)
    suffix, names_file = ("", "batches.meta") if "test_batch" in contents else (".bin", "batches.meta.txt")
    test, class_names = contents.get(f"test_batch{suffix}"), contents.get(names_file)
    if not isinstance(test, Split) or not isinstance(class_names, tuple):
        raise DatasetError(
            f"{location} is not CIFAR-10. Expected test_batch and batches.meta (or test_batch.bin and "
            f"batches.meta.txt) in it, received {', '.join(contents) or 'neither'}."
        )
    train = validation = empty_split(SIDE, SIDE)
    if training := _training_batches(contents, suffix):
        train, validation = split_validation(_joined(training), request, class_names)
    return Dataset(name="cifar10", class_names=class_names, train=train, validation=validation, test=test)


def _read_files(location: Path, test_only: bool) -> dict[str, Split | tuple[str, ...]]:
    """By file name: a batch, or the class names."""
    contents: dict[str, Split | tuple[str, ...]] = {}

    def is_wanted(name: str) -> bool:
        batch = BATCH.fullmatch(name)
        return name in NAMES_FILES or bool(batch and not (test_only and batch["number"]))

    def read(file: IO[bytes], name: str) -> Split | tuple[str, ...]:
        return read_names(file, name) if name in NAMES_FILES else read_batch(file, name)

    for name, content in read_files(location, is_wanted, read):
        if name in contents:
            raise DatasetError(f"{location} holds '{name}' twice, so it is not clear which one is meant.")
        contents[name] = content
    return contents


def _training_batches(contents: dict[str, Split | tuple[str, ...]], suffix: str) -> list[Split]:
    """The data batches with that suffix, in the order of their numbers."""
    matches = (BATCH.fullmatch(name) for name in contents)
    numbered = [match for match in matches if match and match["number"] and (match["suffix"] or "") == suffix]
    chosen = (contents[match.string] for match in sorted(numbered, key=lambda match: int(match["number"])))
    return [batch for batch in chosen if isinstance(batch, Split)]


def _joined(batches: list[Split]) -> Split:
    import numpy as np

    return Split(
        images=np.concatenate([batch.images for batch in batches]),
        labels=np.concatenate([batch.labels for batch in batches]),
    )
