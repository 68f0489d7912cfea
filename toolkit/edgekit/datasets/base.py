"""The types of a data set, whatever its source. Each source is one module or folder beside this one."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from edgekit.datasets.images.form import DEFAULT_SIZE, ImageForm
from edgekit.datasets.images.rule import DEFAULT_RULE, ImageRule
from edgekit.foundation.errors import DatasetError
from edgekit.foundation.files.cache_folder import default_cache_dir
from edgekit.foundation.grammar import counted
from edgekit.foundation.mapped_arrays import pieces
from edgekit.foundation.progress import Progress, SilentProgress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CHANNELS = (1, 3)
"""How many values a pixel may have: gray, or red, green and blue."""

MAX_REPEATED = 10
"""Names that occur twice and are shown, at most."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, kw_only=True, eq=False)
class Split:
    """Images and their labels; checked when made.

    Attributes:
        images: uint8 (N, H, W, C), 0 to 255, RGB for C = 3 or gray for C = 1; may be a memory map larger than memory.
        labels: int64 (N,), 0 to C - 1.
        known_sha256: Gives `sha256` for the labels, if it is computed already.
        file_of: From an image's index, 0 to N - 1, to its file, or to the file's content; None if the images do not
            come from files, or unknown.
    """

    images: "NDArray[np.uint8]"
    labels: "NDArray[np.int64]"
    known_sha256: "Callable[[NDArray[np.int64]], str] | None" = None
    file_of: Callable[[int], Path | bytes] | None = None

    def __post_init__(self) -> None:
        if not all(hasattr(each, "dtype") for each in (self.images, self.labels)):
            raise DatasetError(
                f"Images and labels must be arrays of numpy. Received {type(self.images).__name__} and "
                f"{type(self.labels).__name__}."
            )
        if (
            self.images.dtype != "uint8"
            or self.images.ndim != 4
            or self.images.shape[3] not in CHANNELS
            or not _has_pixels(self)
        ):
            raise DatasetError(
                f"Images must be uint8 of shape (N, height, width, 3), RGB, or (N, height, width, 1), gray, 0 to 255, "
                f"of one pixel at least. Received {self.images.dtype} of shape {self.images.shape}."
            )
        if self.labels.dtype != "int64" or self.labels.shape != self.images.shape[:1]:
            raise DatasetError(
                f"Labels must be int64 of shape ({len(self.images)},), one per image. "
                f"Received {self.labels.dtype} of shape {self.labels.shape}."
            )

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        height, width = self.images.shape[1:3]
        return f"<Split of {counted(len(self), 'image')}, {height} x {width}>"

    def batches(self, size: int) -> Iterator[tuple["NDArray[np.uint8]", "NDArray[np.int64]"]]:
        """Consecutive (images, labels) of at most `size`, the last one shorter; constant memory."""
        for start in range(0, len(self), size):
            yield self.images[start : start + size], self.labels[start : start + size]

    @cached_property
    def sha256(self) -> str:
        """Hex SHA-256 of the shape, the image bytes and the labels (little-endian int64), in that order."""
        if self.known_sha256 is not None:
            return self.known_sha256(self.labels)
        digest = hash_of_images(self.images)
        digest.update(self.labels.astype("<i8", copy=False).data)
        return digest.hexdigest()


def hash_of_images(images: "NDArray[np.uint8]") -> Any:
    """The SHA-256 object of the shape of `images` and of their bytes; a mapped file is read once, in pieces."""
    digest = hashlib.sha256(repr(tuple(int(n) for n in images.shape)).encode())
    for piece in pieces(len(images), images, size=1024):
        digest.update(images[piece].tobytes())
    return digest


def _has_pixels(split: Split) -> bool:
    return min(split.images.shape[1:3]) > 0


def check_labels(whose: str, labels: "NDArray[np.int64]", num_classes: int) -> None:
    """Raise DatasetError, which begins with `whose`, if a label is no class."""
    if len(labels) and not 0 <= labels.min() <= labels.max() < num_classes:
        raise DatasetError(
            f"{whose} must lie in 0 to {num_classes - 1} ({counted(num_classes, 'class')}). Received {labels.min()} to "
            f"{labels.max()}. Number the classes from 0 on, in the order of their names."
        )


def _checked_types(dataset: "Dataset") -> tuple[str, ...]:
    """The class names; raises DatasetError if name, class names or splits are of another type than they must be."""
    name, names = dataset.name, dataset.class_names
    if not isinstance(name, str) or not name.strip() or _CONTROL.search(name):
        raise DatasetError(f"A data set needs a name of one line, without control characters. Received {name!r}.")
    if isinstance(names, str) or not all(isinstance(each, str) for each in names):
        raise DatasetError(f"The class names of data set '{name}' must be a tuple of text. Received {names!r:.100}.")
    for split in ("train", "validation", "test"):
        if not isinstance(getattr(dataset, split), Split):
            received = type(getattr(dataset, split)).__name__
            raise DatasetError(
                f"The {split} images of data set '{name}' must be an edgekit.Split. Received {received}."
            )
    return tuple(names)


def _check_sizes(dataset: "Dataset") -> None:
    """Raise DatasetError if the images of one split have another size or other channels than those of the test."""
    expected = dataset.image_shape
    for name in ("train", "validation"):
        split = getattr(dataset, name)
        if len(split) and split.images.shape[1:] != expected:
            raise DatasetError(
                f"All images of data set '{dataset.name}' must have one size. Received {split.images.shape[1:]} for "
                f"{name} and {expected} for test. Resize them to the same size."
            )


def check_class_names(dataset: str, names: tuple[str, ...]) -> None:
    """Raise DatasetError, which names `dataset`, unless there are two classes at least, each with a name of its own."""
    if len(names) < 2:
        raise DatasetError(
            f"A classifier needs at least two classes; data set '{dataset}' has "
            f"{len(names)}: {', '.join(names) or 'none'}."
        )
    if unreadable := [name for name in names if not name.strip() or _CONTROL.search(name)]:
        raise DatasetError(
            f"Every class of data set '{dataset}' needs a name of one line, without control characters. "
            f"Received {unreadable[0]!r}."
        )
    if len(set(names)) < len(names):
        repeated = sorted(name for name, count in Counter(names).items() if count > 1)[:MAX_REPEATED]
        raise DatasetError(f"Two classes of data set '{dataset}' have the same name: {', '.join(repeated)}.")


@dataclass(frozen=True, kw_only=True, eq=False)
class Dataset:
    """A labelled image data set in three splits; checked when made.

    Attributes:
        name: Its name as the user writes it, without a path: "cifar10", "folder".
        class_names: C names; a label is an index into them.
        train: For training and calibration; may be empty, then only verification is possible.
        validation: For choosing epochs, settings and precisions; taken out of the training images.
        test: For the last measurement only.
        num_skipped: Broken images that were left out on request.
        num_identical: Test images that are byte-identical to training or validation images, if that was checked.
        rule: How the images became pixels; None if they were not resized.
        image_notes: Clauses on other conversions of the images: "color images converted to grayscale …".
    """

    name: str
    class_names: tuple[str, ...]
    train: Split
    validation: Split
    test: Split
    num_skipped: int = 0
    num_identical: int = 0
    rule: ImageRule | None = None
    image_notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "class_names", _checked_types(self))
        check_class_names(self.name, self.class_names)
        _check_sizes(self)
        if not len(self.test):
            raise DatasetError(f"The test split of data set '{self.name}' holds no images: nothing could be measured.")
        for split_name in ("train", "validation", "test"):
            labels = getattr(self, split_name).labels
            check_labels(f"The {split_name} labels of '{self.name}'", labels, len(self.class_names))

    def __repr__(self) -> str:
        splits = f"{len(self.train):,} training, {len(self.validation):,} validation and {len(self.test):,} test images"
        return f"<Dataset {self.name}: {counted(len(self.class_names), 'class')}, {splits}>"

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of every image; 3 channels for RGB, 1 for gray."""
        height, width, channels = self.test.images.shape[1:]
        return int(height), int(width), int(channels)

    @cached_property
    def sha256(self) -> str:
        """Hex SHA-256 of what verification measures on: the class names and the test split.

        It does not depend on the training images, so a file that holds only the test split verifies too.
        """
        names = "\n".join(self.class_names).encode()
        return hashlib.sha256(names + b"\n\n" + self.test.sha256.encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object, for the manifest of a run; the images themselves as checksums."""
        return {
            "name": self.name,
            "sha256": self.sha256,
            "train_sha256": self.train.sha256,
            "num_train": len(self.train),
            "num_validation": len(self.validation),
            "num_test": len(self.test),
            "num_skipped": self.num_skipped,
            "num_identical": self.num_identical,
            "image_shape": list(self.image_shape),
            "class_names": list(self.class_names),
            **({} if self.rule is None else {"image_rule": self.rule.to_dict()}),
            **({"image_notes": list(self.image_notes)} if self.image_notes else {}),
        }


MAX_SIDE = 8192
"""The largest height and width, in pixels, to which images are resized."""


@dataclass(frozen=True, kw_only=True)
class DatasetRequest:
    """What is requested of a data set.

    Attributes:
        location: What follows the colon in `name:PATH`; None if nothing did.
        image_size: (height, width) wanted by the model; sources of fixed size ignore it, and a
            mismatch is found when the model is built. 1 to MAX_SIDE; None: the source's own size.
        channels: 3 for RGB, 1 for gray; None: the source's own.
        rule: How images become pixels; None: the default, for sources that resize. Sources of fixed size ignore it.
        is_rule_required: The rule was given explicitly: it is an error if images are not resized by it.
        validation_fraction: Share of the training images set aside, stratified; in (0, 1).
        seed: Seed of every split that the source itself makes.
        test_only: Only the test split is needed; train and validation may come back empty.
        test_data: Whose images are the test split, as NAME:PATH or a path; None: those that the source finds.
        role: What images that lie in no split are for: "" for all three, "training" for no test, or "test".
        skip_broken: Leave broken images out and count them, rather than stop at the first.
        cache_dir: Where downloads and decoded images are kept.
        progress: Where long work reports itself.
    """

    location: str | None = None
    image_size: tuple[int, int] | None = None
    channels: int | None = None
    rule: ImageRule | None = None
    is_rule_required: bool = False
    validation_fraction: float = 0.1
    seed: int = 0
    test_only: bool = False
    test_data: str | None = None
    role: Literal["", "training", "test"] = ""
    skip_broken: bool = False
    cache_dir: Path = field(default_factory=default_cache_dir)
    progress: Progress = field(default_factory=SilentProgress)

    def __post_init__(self) -> None:
        if not 0 < self.validation_fraction < 1:
            raise DatasetError(
                f"The validation fraction must lie between 0 and 1, both excluded: without validation images "
                f"nothing can be chosen honestly. Received {self.validation_fraction}."
            )
        if self.channels not in (None, *CHANNELS):
            raise DatasetError(f"Images have 1 channel (gray) or 3 (RGB). Received {self.channels}.")
        if self.image_size and not all(1 <= side <= MAX_SIDE for side in self.image_size):
            raise DatasetError(
                f"Height and width of images must lie between 1 and {MAX_SIDE} pixels. Received "
                f"{' x '.join(map(str, self.image_size))}."
            )

    @property
    def form(self) -> ImageForm:
        """What image files are to become, for sources that decode them."""
        return ImageForm(
            size=self.image_size or DEFAULT_SIZE, channels=self.channels or 3, rule=self.rule or DEFAULT_RULE
        )

    @property
    def path(self) -> Path | None:
        """`location` as a path, `~` replaced by the home folder; raises DatasetError if there is none."""
        if self.location is None:
            return None
        try:
            return Path(self.location).expanduser()
        except RuntimeError as error:  # ~name, and no such user
            raise DatasetError(
                f"The home folder in {self.location} is not known here. Write the whole path."
            ) from error


class DatasetSource(Protocol):
    """What a source defines: a function from a request to a data set."""

    def __call__(self, request: DatasetRequest) -> Dataset:
        """Load the data set; raises DatasetError."""
