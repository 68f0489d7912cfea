"""The labels in an `.npz`: class indices, or names of classes as texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.foundation.errors import DatasetError
from edgekit.foundation.grammar import counted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_NAMED = 5


@dataclass(frozen=True, kw_only=True, eq=False)
class NpzLabels:
    """The labels of a file.

    Attributes:
        by_array: Name of an array ("y_test") -> int64 (N,), indices into `class_names`.
        class_names: C names.
    """

    by_array: "dict[str, NDArray[np.int64]]"
    class_names: tuple[str, ...]


def read_labels(path: Path, arrays: "Mapping[str, NDArray[Any]]", class_names: "NDArray[Any] | None") -> NpzLabels:
    """The labels of all splits, and the names of the classes.

    Args:
        path: The file, for messages.
        arrays: "y_test" and, if there are training images, "y_train".
        class_names: As the file holds them; None: whole numbers are their own names, texts are sorted.

    Raises:
        DatasetError: They are neither whole numbers nor texts of shape (N,) or (N, 1), or name unknown classes.
    """
    columns = {name: _column(path, name, array) for name, array in arrays.items()}
    names = None if class_names is None else _names(path, class_names)
    kinds = {_is_text(column) for column in columns.values() if len(column)}
    if len(kinds) > 1:
        raise DatasetError(
            f"{' and '.join(columns)} in {path} must hold labels of one kind. Received texts in one and whole numbers "
            f"in the other."
        )
    if True in kinds:
        return _from_texts(path, columns, names)
    indices = {name: _indices(path, name, column) for name, column in columns.items()}
    return NpzLabels(by_array=indices, class_names=_numbered(path, indices) if names is None else names)


def _column(path: Path, name: str, array: "NDArray[Any]") -> "NDArray[Any]":
    """Shape (N,); a table of several columns has a sentence for each kind of it."""
    if array.ndim == 2 and array.shape[1] == 1:
        return array[:, 0]
    if array.ndim == 2:
        raise _table(path, name, array)
    if array.ndim != 1:
        raise _no_labels(path, name, array)
    return array


def _table(path: Path, name: str, array: "NDArray[Any]") -> DatasetError:
    """One-hot rows can be turned into indices; rows of several classes are what is not supported yet."""
    if not _is_one_hot(array):
        return DatasetError(
            f"{name} in {path} has the shape {array.shape}, with more or fewer than one class in a row: several labels "
            f"per image. Not supported yet: edgekit trains and verifies classifiers with one class per image. Expected "
            f"class indices of shape (N,). Make a data set for each label, or keep the images with exactly one class."
        )
    return DatasetError(
        f"{name} in {path} must hold one class index per image, shape (N,). Received {array.shape}, which looks "
        f"one-hot: store y.argmax(axis=1)."
    )


def _is_one_hot(array: "NDArray[Any]") -> bool:
    """Whether every row is 0 but for one value."""
    return array.dtype.kind in "biuf" and bool(((array != 0).sum(axis=1) == 1).all())


def _is_text(array: "NDArray[Any]") -> bool:
    return array.dtype.kind in "US"


def _texts(array: "NDArray[Any]") -> "NDArray[np.str_]":
    """As unicode; bytes are UTF-8."""
    import numpy as np

    return np.char.decode(array, "utf-8") if array.dtype.kind == "S" else array


def _from_texts(path: Path, columns: "Mapping[str, NDArray[Any]]", names: tuple[str, ...] | None) -> NpzLabels:
    import numpy as np

    try:
        texts = {name: _texts(column) for name, column in columns.items()}
    except UnicodeDecodeError as error:
        raise DatasetError(f"The labels in {path} are bytes that are not UTF-8. Store them as texts.") from error
    if names is None:
        names = tuple(str(name) for name in np.unique(np.concatenate(list(texts.values()))))
    order = np.argsort(np.array(names))
    known = np.array(names)[order]
    return NpzLabels(
        by_array={name: order[_places(path, name, column, known)].astype(np.int64) for name, column in texts.items()},
        class_names=names,
    )


def _places(path: Path, name: str, column: "NDArray[np.str_]", known: "NDArray[np.str_]") -> "NDArray[np.int64]":
    """Index of each text in the sorted names; raises DatasetError if one is none of them."""
    import numpy as np

    places = np.minimum(np.searchsorted(known, column), len(known) - 1)
    if len(unknown := np.unique(column[known[places] != column])):
        shown = ", ".join(f"'{each}'" for each in unknown[:MAX_NAMED])
        more = f" and {len(unknown) - MAX_NAMED:,} more" if len(unknown) > MAX_NAMED else ""
        raise DatasetError(
            f"{name} in {path} names {counted(len(unknown), 'class')} that class_names lacks: {shown}{more}. Add "
            f"{'it' if len(unknown) == 1 else 'them'} to class_names, or leave class_names out."
        )
    return places


def _indices(path: Path, name: str, array: "NDArray[Any]") -> "NDArray[np.int64]":
    """As int64 (N,)."""
    import numpy as np

    if array.dtype.kind not in "iu":
        raise _no_labels(path, name, array)
    return array.astype(np.int64)


def _no_labels(path: Path, name: str, array: "NDArray[Any]") -> DatasetError:
    is_number = array.dtype.kind == "b" or (array.dtype.kind == "f" and bool((array == array.round()).all()))
    advice = ": store y.astype('int64')" if array.ndim == 1 and is_number else ""
    return DatasetError(
        f"{name} in {path} must hold whole numbers of shape (N,), the class indices from 0, or the names of the "
        f"classes as texts. Received {array.dtype} of shape {array.shape}{advice}."
    )


def _numbered(path: Path, labels: "Mapping[str, NDArray[np.int64]]") -> tuple[str, ...]:
    num_classes = max(int(part.max(initial=-1)) for part in labels.values()) + 1
    num_images = sum(map(len, labels.values()))
    if num_classes > num_images:
        raise DatasetError(
            f"The labels in {path} go up to {num_classes - 1:,}, but there are only {num_images:,} images. "
            f"Expected class indices that count from 0; or store class_names."
        )
    return tuple(str(label) for label in range(num_classes))


def _names(path: Path, names: "NDArray[Any]") -> tuple[str, ...]:
    if names.ndim != 1 or names.dtype.kind not in "US":
        raise DatasetError(
            f"class_names in {path} must be a list of texts. Received {names.dtype} of shape {names.shape}."
        )
    return tuple(name.decode() if isinstance(name, bytes) else str(name) for name in names)
