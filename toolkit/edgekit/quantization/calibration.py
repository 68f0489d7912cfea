"""Calibration images: chosen from the training split alone, class-balanced, seeded, with their SHA-256.

Knows no format and no model. The test split is never looked at: calibrating on what is measured
afterwards would make the measurement worthless.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from edgekit.errors import CalibrationError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edgekit.datasets.base import Dataset

NUM_IMAGES = 500
"""How many images are enough for the smallest and largest values of every layer."""


@dataclass(frozen=True, kw_only=True, eq=False)
class CalibrationSet:
    """Images that int8 artifacts are calibrated with. Made by `choose`.

    Attributes:
        images: uint8 (n, H, W, 3), RGB, 0 to 255.
        labels: int64 (n,), their classes; quantization does not use them, finding the input range does.
        indices: int64 (n,), where they stand in the training split, rising.
        seed: What chose them.
        class_names: All C classes of the data set.
        dataset_name: Name of the data set.
        train_sha256: `Split.sha256` of the training split that they come from.
    """

    images: "NDArray[np.uint8]"
    labels: "NDArray[np.int64]"
    indices: "NDArray[np.int64]"
    seed: int
    class_names: tuple[str, ...]
    dataset_name: str
    train_sha256: str

    @classmethod
    def choose(cls, dataset: "Dataset", num_images: int = NUM_IMAGES, seed: int = 0) -> "CalibrationSet":
        """Take `num_images` of the training split, as many of each class as there are; all if there are fewer.

        Classes differ by at most one image, except where a class has too few of its own.

        Raises:
            CalibrationError: The training split is empty, or there would be fewer images than classes.
        """
        import numpy as np

        train, num_classes = dataset.train, len(dataset.class_names)
        if len(train) == 0:
            raise CalibrationError(
                f"Data set '{dataset.name}' holds no training images, and calibration uses no others: calibrating "
                f"on test images would spoil the measurement. Give a data set with a training split, or leave "
                f"int8 out."
            )
        if min(num_images, len(train)) < num_classes:
            raise CalibrationError(
                f"Calibration needs at least one image a class: {num_classes} for data set '{dataset.name}'. "
                f"Received {min(num_images, len(train))} (asked for {num_images}, the training split holds "
                f"{len(train):,})."
            )
        indices = _balanced_indices(train.labels, num_classes, num_images, seed)
        return cls(
            images=np.ascontiguousarray(train.images[indices]),
            labels=train.labels[indices],
            indices=indices,
            seed=seed,
            class_names=dataset.class_names,
            dataset_name=dataset.name,
            train_sha256=train.sha256,
        )

    def __len__(self) -> int:
        return len(self.indices)

    @cached_property
    def sha256(self) -> str:
        """Hex SHA-256 of the shape and the bytes of `images`."""
        digest = hashlib.sha256(repr(tuple(int(n) for n in self.images.shape)).encode())
        digest.update(self.images.tobytes())
        return digest.hexdigest()

    def batches(self, size: int) -> Iterator["NDArray[np.float32]"]:
        """What a quantizer is shown: float32 (size, H, W, 3), 0 to 255, every batch full.

        The first image is `span_image`, so that the input's scale is exactly 1; the last batch is filled
        up with images from the beginning.
        """
        import numpy as np

        shown = np.concatenate([self.span_image[None], self.images])
        for start in range(0, len(shown), size):
            yield np.take(shown, range(start, start + size), axis=0, mode="wrap").astype(np.float32)

    @property
    def span_image(self) -> "NDArray[np.uint8]":
        """uint8 (H, W, 3): the first image with one value set to 0 and one to 255.

        A range of exactly 0 to 255 gives an input scale of exactly 1 and a zero point of exactly 0, even
        where no calibration image holds black and white.
        """
        image = self.images[0].copy()
        image.flat[0], image.flat[-1] = 0, 255
        return image

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object, for calibration.json."""
        counts = [int((self.labels == label).sum()) for label in range(len(self.class_names))]
        return {
            "dataset": self.dataset_name,
            "split": "train",
            "train_sha256": self.train_sha256,
            "num_images": len(self),
            "seed": self.seed,
            "per_class": dict(zip(self.class_names, counts, strict=True)),
            "sha256": self.sha256,
            "span_sample": "image 0 once more, its first value set to 0 and its last to 255",
            "indices": self.indices.tolist(),
        }


def _balanced_indices(labels: "NDArray[np.int64]", num_classes: int, num_images: int, seed: int) -> "NDArray[np.int64]":
    """Rising positions: the classes are dealt from in turn, each in an order of its own, until there are enough."""
    import numpy as np

    generator = np.random.default_rng(seed)
    shuffled = generator.permutation(len(labels))
    turn = np.empty(len(labels), dtype=np.int64)
    for label in range(num_classes):
        mine = shuffled[labels[shuffled] == label]
        turn[mine] = np.arange(len(mine))
    first_turns = shuffled[np.argsort(turn[shuffled], kind="stable")]
    return np.sort(first_turns[:num_images]).astype(np.int64)
