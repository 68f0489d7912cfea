"""Which column of a hub's table holds the images and which one the labels, and what the classes are called."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edgekit.datasets.hub.location import HubLocation
from edgekit.foundation.errors import DatasetError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

USUAL_IMAGE_NAMES = ("image", "img")
MAX_CLASSES = 10_000
"""More different values than this in a column without class names are not classes."""


@dataclass(frozen=True, kw_only=True)
class Columns:
    """The two columns that count.

    Attributes:
        image: Name of the one with images.
        image_type: Its type, the library's `Image`.
        label: Name of the one with labels.
        class_names: As the type of the labels has them; None if its values are the classes.
    """

    image: str
    image_type: Any
    label: str
    class_names: tuple[str, ...] | None


def choose_columns(location: HubLocation, features: Mapping[str, Any]) -> Columns:
    """Find both columns by their types.

    Raises:
        DatasetError: There is no column of images, or it is not clear which one is meant.
    """
    image = _image_column(location, features)
    label = _label_column(location, features)
    names = getattr(features[label], "names", None)
    return Columns(
        image=image, image_type=features[image], label=label, class_names=None if names is None else tuple(names)
    )


def _image_column(location: HubLocation, features: Mapping[str, Any]) -> str:
    images = [name for name, feature in features.items() if type(feature).__name__ == "Image"]
    usual = [name for name in USUAL_IMAGE_NAMES if name in images]
    if not images:
        raise DatasetError(
            f"{location} holds no images: no column is of the type Image. Its columns are {_described(features)}. "
            f"Choose a data set for image classification."
        )
    if len(images) > 1 and not usual:
        raise DatasetError(
            f"{location} has several columns of images: {', '.join(images)}. edgekit takes the one called "
            f"{' or '.join(USUAL_IMAGE_NAMES)}, and there is none."
        )
    return images[0] if len(images) == 1 else usual[0]


def _label_column(location: HubLocation, features: Mapping[str, Any]) -> str:
    if location.label is not None:
        kinds = [name for name, feature in features.items() if _can_be_label(feature)]
        if location.label not in kinds:
            raise DatasetError(
                f"{location} has no column of labels '{location.label}'. There are: {', '.join(kinds) or 'none'}."
            )
        return location.label
    labels = [name for name, feature in features.items() if type(feature).__name__ == "ClassLabel"]
    if len(labels) == 1:
        return labels[0]
    if labels:
        raise DatasetError(
            f"{location} has several columns of labels: {', '.join(labels)}. Name one: {location}#{labels[0]}"
        )
    raise DatasetError(
        f"{location} has no column of the type ClassLabel. Its columns are {_described(features)}. If one of them "
        f"holds the classes as text or whole numbers, name it: {location}#COLUMN."
    )


def labels_of(
    location: HubLocation, columns: Columns, tables: Mapping[str, Any]
) -> "tuple[tuple[str, ...], dict[str, NDArray[np.int64]]]":
    """Names of the classes, and by split the labels: int64 (N,), -1 if a row has none.

    Raises:
        DatasetError: There is no split with labels, or the column holds too many values to be classes.
    """
    import numpy as np

    values = {name: table.select_columns([columns.label])[:][columns.label] for name, table in tables.items()}
    names = columns.class_names
    if names is None:
        found = {value for column in values.values() for value in column if value is not None}
        if len(found) > MAX_CLASSES:
            raise DatasetError(
                f"Column '{columns.label}' of {location} holds {len(found):,} different values: these are not classes."
            )
        number_of = {value: number for number, value in enumerate(sorted(found))}
        names = tuple(map(str, number_of))
        values = {name: [number_of.get(value) for value in column] for name, column in values.items()}
    labels = {
        name: np.array([-1 if value is None else value for value in column], np.int64)
        for name, column in values.items()
    }
    if not any((column >= 0).any() for column in labels.values()):
        raise DatasetError(f"Column '{columns.label}' of {location} holds no labels, in none of its splits.")
    return names, labels


def _can_be_label(feature: Any) -> bool:
    dtype = str(getattr(feature, "dtype", ""))
    return type(feature).__name__ == "ClassLabel" or dtype in ("string", "large_string", "bool") or "int" in dtype


def _described(features: Mapping[str, Any]) -> str:
    def kind(feature: Any) -> str:
        name = type(feature).__name__
        return str(getattr(feature, "dtype", name)) if name == "Value" else name

    return ", ".join(f"{name} ({kind(feature)})" for name, feature in features.items()) or "none"
