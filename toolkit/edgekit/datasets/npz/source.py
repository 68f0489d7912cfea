"""`npz:PATH`: images and labels as arrays in one numpy file. Nothing in it is ever unpickled.

Large arrays of a file without compression (numpy.savez) are mapped, so they may be larger than memory.
"""

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.datasets.base import Dataset, DatasetRequest, Split
from edgekit.datasets.npz.claims import check_claims
from edgekit.datasets.npz.labels import MAX_NAMED, read_labels
from edgekit.datasets.npz.zip_mapping import MappedArrays
from edgekit.datasets.splits import empty_split, split_validation
from edgekit.foundation.errors import DatasetError, UsageError, first_line_of
from edgekit.foundation.files.npz_files import DAMAGE, open_arrays
from edgekit.foundation.grammar import counted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ARRAYS = "x_test and y_test, and for training x_train and y_train; class_names if the classes have names"


def load(request: DatasetRequest) -> Dataset:
    """Images uint8 (N, H, W, 3), or gray as (N, H, W) or (N, H, W, 1), which stays gray.

    Labels are of any whole-number type, or names of classes as texts, (N,) or (N, 1).

    Without `class_names` the classes are called "0", "1" and so on up to the largest label; those of texts are the
    sorted texts of all splits.

    Raises:
        DatasetError: An array is missing or not as above.
        UsageError: No path was given.
    """
    if request.path is None:
        raise UsageError("The data set 'npz' needs a path, as in npz:images.npz.")
    with _open(request.path) as arrays:
        return _build(request.path, arrays, request)


@contextmanager
def _open(path: Path) -> Iterator[Mapping[str, Any]]:
    if not path.is_file():
        raise DatasetError(f"There is no file {path}. Expected an .npz file with the arrays {ARRAYS}.")
    try:
        if not zipfile.is_zipfile(path):  # numpy would take it for an array or a pickle
            raise DatasetError(f"{path} is {_instead_of_zip(path)}. Expected an .npz file with the arrays {ARRAYS}.")
        with open_arrays(path) as arrays:
            mapped = MappedArrays(path, arrays)
            check_claims(path, mapped)
            yield mapped
    except DAMAGE as error:
        raise DatasetError(
            f"{path} is not a whole .npz file of plain arrays: {first_line_of(error)}. Expected the arrays "
            f"{ARRAYS}; write them with numpy.savez and a plain dtype."
        ) from error


def _instead_of_zip(path: Path) -> str:
    with path.open("rb") as file:
        return "a single array" if file.read(6) == b"\x93NUMPY" else "not an .npz file, or not a whole one"


def _build(path: Path, arrays: Mapping[str, Any], request: DatasetRequest) -> Dataset:
    has_training = _has_training(path, arrays)
    labels = read_labels(path, {name: arrays[name] for name in _label_names(has_training)}, arrays.get("class_names"))
    test, class_names = _split(path, arrays, "test", labels.by_array), labels.class_names
    train = validation = empty_split(*test.images.shape[1:])
    if has_training and not request.test_only:
        training = _split(path, arrays, "train", labels.by_array)
        if training.images.shape[1:] != test.images.shape[1:]:
            raise DatasetError(
                f"Training and test images in {path} must be of one size. Received {training.images.shape[1:]} in "
                f"x_train and {test.images.shape[1:]} in x_test."
            )
        _note_untrained(path, training, test, class_names, request)
        train, validation = split_validation(training, request, class_names)
    return Dataset(name="npz", class_names=class_names, train=train, validation=validation, test=test)


def _note_untrained(
    path: Path, training: Split, test: Split, class_names: Sequence[str], request: DatasetRequest
) -> None:
    """Name the classes of test images that no training image shows: perhaps a label that was mistyped."""
    import numpy as np

    untrained = [f"'{class_names[label]}'" for label in np.setdiff1d(test.labels, training.labels)]
    if untrained:
        more = f" and {len(untrained) - MAX_NAMED:,} more" if len(untrained) > MAX_NAMED else ""
        request.progress.note(
            f"{path}: y_test names {counted(len(untrained), 'class')} without a training image: "
            f"{', '.join(untrained[:MAX_NAMED])}{more}"
        )


def _label_names(has_training: bool) -> tuple[str, ...]:
    return ("y_test", "y_train") if has_training else ("y_test",)


def _split(path: Path, arrays: Mapping[str, Any], name: str, labels_by_array: "dict[str, NDArray[np.int64]]") -> Split:
    images = _images(path, f"x_{name}", arrays[f"x_{name}"])
    labels = labels_by_array[f"y_{name}"]
    if len(images) != len(labels):
        raise DatasetError(
            f"x_{name} and y_{name} in {path} must have one label per image. Received {len(images):,} images and "
            f"{len(labels):,} labels."
        )
    return Split(images=images, labels=labels)


def _has_training(path: Path, arrays: Mapping[str, Any]) -> bool:
    required = {"x_test", "y_test"} | ({"x_train", "y_train"} if {"x_train", "y_train"} & set(arrays) else set())
    if missing := sorted(required - set(arrays)):
        raise DatasetError(
            f"{path} holds no {' and no '.join(missing)}. Expected {ARRAYS}; received {', '.join(arrays) or 'nothing'}."
        )
    return "x_train" in required


def _images(path: Path, name: str, array: "NDArray[Any]") -> "NDArray[np.uint8]":
    """As uint8 (N, H, W, 3), or (N, H, W, 1) for gray."""
    import numpy as np

    if array.dtype != np.uint8:
        raise DatasetError(
            f"{name} in {path} must be uint8, 0 to 255, as a camera gives it. Received {array.dtype}{_advice(array)}."
        )
    if array.ndim == 3:
        array = array[..., None]
    if array.ndim != 4 or array.shape[3] not in (1, 3):
        hint = ""
        if array.ndim == 4 and array.shape[1] in (1, 3):
            hint = " It looks like channels first: store numpy.moveaxis(x, 1, 3)."
        elif array.ndim == 4 and array.shape[3] == 4:
            hint = " It looks like RGBA: store the first three channels, or composite on a background."
        raise DatasetError(
            f"{name} in {path} must have the shape (N, height, width, 3), or (N, height, width) for gray. "
            f"Received {array.shape}.{hint}"
        )
    return array


def _advice(array: "NDArray[Any]") -> str:
    if array.dtype.kind != "f" or not array.size:
        return ": store x.astype('uint8') if the values lie in 0 to 255"
    low, high = float(array.min()), float(array.max())
    if low != low:
        return " with NaN: store the pixels before any normalization, as uint8"
    if low >= 0 and 1 < high <= 255 and _is_whole(array):
        return f" from {low:g} to {high:g}: store x.astype('uint8')"
    if low >= 0 and high <= 1:
        return f" from {low:g} to {high:g}: store (x * 255).round().astype('uint8')"
    return f" from {low:g} to {high:g}: store the pixels before any normalization, as uint8"


def _is_whole(array: "NDArray[Any]") -> bool:
    return bool((array == array.round()).all())
