"""Calibration images: chosen from the training split alone, class-balanced, seeded, with their SHA-256.

They are read when they are needed, a batch at a time: a data set may be larger than memory. Knows no format and no
model. Of the test split only one thing is asked: whether it holds the same images, for calibrating on what is
measured afterwards would make the measurement worthless.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from edgekit.foundation.errors import CalibrationError
from edgekit.quantization.learned_ranges import LearnedRanges

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edgekit.datasets.base import Dataset

NUM_IMAGES = 500
"""How many images are enough for the smallest and largest values of every layer, if no class is left out."""

MAX_TEST_SHARE = 0.1
"""Share of calibration images that may lie in the test split too: data sets hold a few images twice."""

_CHUNK = 64
"""Images read at once."""


@dataclass(frozen=True, kw_only=True, eq=False)
class CalibrationSet:
    """Images that int8 artifacts are calibrated with. Made by `choose`.

    Attributes:
        source: uint8 (N, H, W, 3), RGB, 0 to 255: all images of the training split; may be a memory map.
        labels: int64 (n,), their classes; quantization does not use them, finding the input range does.
        indices: int64 (n,), their places in the training split, ascending.
        seed: What chose them.
        class_names: All C classes of the data set.
        dataset_name: Name of the data set.
        train_sha256: `Split.sha256` of the training split that they come from.
        learned: Ranges of quantization-aware training, which go before those that these images show; None
            if there was none.
    """

    source: "NDArray[np.uint8]"
    labels: "NDArray[np.int64]"
    indices: "NDArray[np.int64]"
    seed: int
    class_names: tuple[str, ...]
    dataset_name: str
    train_sha256: str
    learned: LearnedRanges | None = None

    def __post_init__(self) -> None:
        source = self.source
        if source.dtype != "uint8" or source.ndim != 4 or source.shape[3] not in (1, 3):
            raise CalibrationError(
                f"Calibration images must be uint8 (N, height, width, 3), RGB, or (N, height, width, 1), 0 to 255: "
                f"raw pixels, as an app has them. Received {source.dtype} of shape {source.shape}."
            )

    @classmethod
    def choose(cls, dataset: "Dataset", num_images: int | None = None, seed: int = 0) -> "CalibrationSet":
        """Take `num_images` of the training split, as many of each class as there are; all if there are fewer.

        Classes differ by at most one image, except if a class has too few of its own. If there are fewer images
        than classes, some classes have none: ranges do not need an image of every class, and `sparseness` says so.

        Args:
            dataset: What the model is for.
            num_images: How many, at least 1; None: NUM_IMAGES, or one per class if there are more classes.
            seed: Chooses them.

        Raises:
            CalibrationError: The training split is empty, holds no pixels of 0 to 255, or test images; or no image
                is asked for.
        """
        train, num_classes = dataset.train, len(dataset.class_names)
        if len(train) == 0:
            raise CalibrationError(
                f"Data set '{dataset.name}' holds no training images, and calibration uses no others: calibrating "
                f"on test images would spoil the measurement. Give a data set with a training split, or leave "
                f"int8 out."
            )
        num_images = default_num_images(num_classes) if num_images is None else num_images
        if num_images < 1:
            raise CalibrationError(f"Calibration needs at least one image. Received {num_images}.")
        chosen = cls._of(dataset, _dealt(train.labels, seed)[:num_images], seed)
        chosen._check_range()
        chosen._check_not_of_test(dataset)
        return chosen

    @classmethod
    def choose_two(
        cls, dataset: "Dataset", num_images: int | None = None, seed: int = 0
    ) -> "tuple[CalibrationSet, CalibrationSet]":
        """The set that `choose` takes, and another of the same size and balance that shares no image with it.

        If the training split holds fewer than twice `num_images`, both get half of it.

        Raises:
            CalibrationError: As `choose`.
        """
        wanted = default_num_images(len(dataset.class_names)) if num_images is None else num_images
        size = min(wanted, len(dataset.train) // 2)
        first = cls.choose(dataset, size, seed)
        dealt = _dealt(dataset.train.labels, seed)
        return first, cls._of(dataset, dealt[size : 2 * size], seed)

    @classmethod
    def _of(cls, dataset: "Dataset", indices: "NDArray[np.int64]", seed: int) -> "CalibrationSet":
        import numpy as np

        rising = np.sort(indices)
        return cls(
            source=dataset.train.images,
            labels=dataset.train.labels[rising],
            indices=rising,
            seed=seed,
            class_names=dataset.class_names,
            dataset_name=dataset.name,
            train_sha256=dataset.train.sha256,
        )

    def __len__(self) -> int:
        return len(self.indices)

    @property
    def sparseness(self) -> str:
        """One sentence if some classes have no image, with what helps; "" if every class has one."""
        num_classes = len(self.class_names)
        if len(self) >= num_classes:
            return ""
        return (
            f"Calibration uses {len(self):,} training images for {num_classes:,} classes, so some classes have none. "
            f"That is enough for most networks; --calibration-images N takes more if the training split has them."
        )

    @property
    def images(self) -> "NDArray[np.uint8]":
        """uint8 (n, H, W, 3): all of them at once, for what cannot work batch by batch."""
        import numpy as np

        return np.ascontiguousarray(self.source[self.indices])

    @cached_property
    def sha256(self) -> str:
        """Hex SHA-256 of the shape and the bytes of the images."""
        shape = (len(self), *(int(size) for size in self.source.shape[1:]))
        digest = hashlib.sha256(repr(shape).encode())
        for images in self._chunks():
            digest.update(images.tobytes())
        return digest.hexdigest()

    def batches(self, size: int) -> Iterator["NDArray[np.float32]"]:
        """What a quantizer is shown: float32 (size, H, W, 3), 0 to 255, every batch full; one is held at a time.

        The first image is `span_image`, so that the input's scale is exactly 1; the last batch is filled
        up with images from the beginning.
        """
        import numpy as np

        num_shown = len(self) + 1
        for start in range(0, num_shown, size):
            positions = [position % num_shown for position in range(start, start + size)]
            rows = [self.source[self.indices[position - 1]] if position else self.span_image for position in positions]
            yield np.stack(rows).astype(np.float32)

    @property
    def span_image(self) -> "NDArray[np.uint8]":
        """uint8 (H, W, 3): the first image with one value set to 0 and one to 255.

        A range of exactly 0 to 255 gives an input scale of exactly 1 and a zero point of exactly 0, even
        if no calibration image holds black and white.
        """
        import numpy as np

        image = np.array(self.source[self.indices[0]])
        image.flat[0], image.flat[-1] = 0, 255
        return image

    def _chunks(self) -> Iterator["NDArray[np.uint8]"]:
        """The images in their order, _CHUNK at a time."""
        for start in range(0, len(self), _CHUNK):
            yield self.source[self.indices[start : start + _CHUNK]]

    def _check_range(self) -> None:
        """Raise CalibrationError if the images look as if they had been brought to 0 to 1 and rounded."""
        highest = max(int(images.max()) for images in self._chunks())
        if highest <= 1:
            raise CalibrationError(
                f"The training images of '{self.dataset_name}' hold no value above {highest}. Expected raw pixels, 0 "
                f"to 255: they seem to have been divided by 255 and rounded. Store them as uint8, 0 to 255."
            )

    def _check_not_of_test(self, dataset: "Dataset") -> None:
        """Raise CalibrationError if more than a few of the images are test images."""
        wanted = {hashlib.sha256(image.tobytes()).digest() for images in self._chunks() for image in images}
        found = {
            digest
            for images, _ in dataset.test.batches(_CHUNK)
            for image in images
            if (digest := hashlib.sha256(image.tobytes()).digest()) in wanted
        }
        if len(found) > MAX_TEST_SHARE * len(wanted):
            raise CalibrationError(
                f"{len(found):,} of {len(wanted):,} calibration images of '{dataset.name}' are test images too: "
                f"calibrating on what is measured afterwards would spoil the measurement. Take the test images out of "
                f"the training split."
            )

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object, for calibration.json."""
        import numpy as np

        counts = np.bincount(self.labels, minlength=len(self.class_names)).tolist()
        return {
            "dataset": self.dataset_name,
            "split": "train",
            "train_sha256": self.train_sha256,
            "num_images": len(self),
            "seed": self.seed,
            "per_class": dict(zip(self.class_names, counts, strict=True)),
            "sha256": self.sha256,
            "span_sample": "image 0 once more, its first value set to 0 and its last to 255",
            "num_learned_ranges": len(self.learned.ranges) if self.learned else 0,
            "indices": self.indices.tolist(),
        }


def default_num_images(num_classes: int) -> int:
    """NUM_IMAGES, or one for each class if there are more classes."""
    return max(NUM_IMAGES, num_classes)


def _dealt(labels: "NDArray[np.int64]", seed: int) -> "NDArray[np.int64]":
    """All positions in the order in which they are taken: from the classes in turn, each in an order of its own."""
    import numpy as np

    shuffled = np.random.default_rng(seed).permutation(len(labels))
    by_class = np.argsort(labels[shuffled], kind="stable")
    _, starts, sizes = np.unique(labels[shuffled][by_class], return_index=True, return_counts=True)
    turn = np.empty(len(labels), dtype=np.int64)
    turn[by_class] = np.arange(len(labels)) - np.repeat(starts, sizes)
    return shuffled[np.argsort(turn, kind="stable")].astype(np.int64)
