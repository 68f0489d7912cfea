"""Whether the arrays of an .npz file can belong together, by their headers alone: nothing is unpacked for that.

A small compressed file may claim three thousand million labels for forty images; to unpack them first would take
minutes and all memory.
"""

import math
from pathlib import Path

from edgekit.datasets.npz.zip_mapping import MappedArrays
from edgekit.foundation.errors import DatasetError

MAX_CLASSES = 100_000
"""Class names that a file may hold, whatever the number of its images; as many as it has images at any rate."""
MAX_TABLE = 10_000_000
"""Numbers of a table of labels that are looked at, to tell one class in a row from several."""
MAX_NAME_LENGTH = 1_000
"""Characters of the longest class name: every name of an array takes as much room as the longest."""


def check_claims(path: Path, arrays: MappedArrays) -> None:
    """Raise DatasetError if the headers of images, labels and names cannot be those of one data set."""
    num_images = 0
    for split in ("test", "train"):
        if f"x_{split}" in arrays and f"y_{split}" in arrays:
            num_images += _check_split(path, split, arrays)
    if "class_names" in arrays:
        _check_names(path, arrays, num_images)


def _check_split(path: Path, split: str, arrays: MappedArrays) -> int:
    """The number of images of a split."""
    images, labels = arrays.header(f"x_{split}").shape, arrays.header(f"y_{split}").shape
    if images and labels and images[0] != labels[0]:
        raise DatasetError(
            f"x_{split} and y_{split} in {path} must have one label per image. Received {images[0]:,} images and "
            f"{labels[0]:,} labels."
        )
    if len(labels) > 1 and math.prod(labels) > max(labels[0], MAX_TABLE):
        raise DatasetError(
            f"y_{split} in {path} must hold one class index per image, shape (N,). Received {labels}, which looks "
            f"one-hot: store y.argmax(axis=1)."
        )
    _check_length(path, f"y_{split}", arrays)
    return images[0] if images else 0


def _check_names(path: Path, arrays: MappedArrays, num_images: int) -> None:
    header, most = arrays.header("class_names"), max(num_images, MAX_CLASSES)
    if math.prod(header.shape) > most:
        raise DatasetError(
            f"class_names in {path} holds {math.prod(header.shape):,} names for {num_images:,} images. Expected one "
            f"for each class, at most {most:,}. Write the names of the classes only."
        )
    _check_length(path, "class_names", arrays)


def _check_length(path: Path, name: str, arrays: MappedArrays) -> None:
    dtype = arrays.header(name).dtype
    length = dtype.itemsize // (4 if dtype.kind == "U" else 1)
    if length > MAX_NAME_LENGTH:
        raise DatasetError(
            f"The longest of {name} in {path} has {length:,} characters. Expected at most {MAX_NAME_LENGTH:,}. "
            f"Shorten it."
        )
