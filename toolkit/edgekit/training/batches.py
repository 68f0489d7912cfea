"""Batches of a data set. The order and the crops of an epoch depend on the seed and the epoch only.

Plain numpy; `as_keras` makes of it what `fit` takes. Knows no network and no checkpoint.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from edgekit.datasets import Split
from edgekit.recipe import TrainingSettings

if TYPE_CHECKING:
    import keras
    import numpy as np
    from numpy.typing import NDArray

Batch = tuple["NDArray[np.uint8]", "NDArray[np.int64]"]
"""Images uint8 (B, H, W, 3), 0 to 255, and labels int64 (B,)."""

EVALUATION_BATCH = 256


class Batches(Protocol):
    """A sequence of batches."""

    def __len__(self) -> int:
        """How many there are."""

    def __getitem__(self, index: int) -> Batch:
        """The batch of that number, from 0."""


@dataclass(frozen=True, kw_only=True, eq=False)
class EpochPlan:
    """Which images an epoch takes, and where it crops them: all that chance decides, S steps of B images.

    Attributes:
        order: int32 (S, B), places in the training split.
        corners: int32 (S, B, 2), row and column of each crop's upper left corner, in the widened image.
    """

    order: "NDArray[np.int32]"
    corners: "NDArray[np.int32]"


class TrainingBatches:
    """The training split, shuffled and cropped again for every epoch.

    All batches are full, so an epoch leaves out the images of a last, shorter batch: others every time.
    A shorter one makes TensorFlow 2.21 trace the network again, and crashed it in the backward pass of small
    convolutions on processors ("free(): invalid pointer"; gone with TF_ENABLE_ONEDNN_OPTS=0). A split that is
    smaller than one batch is one batch.

    Args:
        split: Images uint8 (N, H, W, 3); may be a memory map.
        settings: Seed, batch size and padding.
    """

    def __init__(self, split: Split, settings: TrainingSettings) -> None:
        self._split = split
        self._settings = settings
        self._crop: tuple[int, int] | None = None
        self.start_epoch(0)

    def start_epoch(self, epoch: int) -> None:
        """Shuffle for `epoch`: the same order whenever it is asked for."""
        import numpy as np

        order = np.random.default_rng((self._settings.seed, epoch)).permutation(len(self._split))
        self._epoch = (epoch, order)

    def crop_to(self, size: tuple[int, int] | None) -> None:
        """From now on, crop to (height, width); None: the full image, shifted within the padding."""
        self._crop = size

    @property
    def padding(self) -> int:
        """Pixels by which images are widened before they are cropped."""
        return 0 if self._crop is not None else self._settings.padding

    @property
    def window(self) -> tuple[int, int] | None:
        """(height, width) of the crops; None if images stay as they are."""
        height, width = self._split.images.shape[1:3]
        return self._crop or ((height, width) if self._settings.padding else None)

    @property
    def num_images(self) -> int:
        """Images in a batch."""
        return min(self._settings.batch_size, len(self._split))

    def plan(self) -> EpochPlan:
        """The epoch that was started, in numbers, for engines that make the same batches on a device."""
        import numpy as np

        _, order = self._epoch
        return EpochPlan(
            order=order[: len(self) * self.num_images].reshape(len(self), -1).astype(np.int32),
            corners=np.stack([self._corners(index) for index in range(len(self))]).astype(np.int32),
        )

    def _corners(self, index: int) -> "NDArray[np.int64]":
        """(B, 2): row and column of the crops of batch `index`; zeros if nothing is cropped."""
        import numpy as np

        size = self._split.images.shape[1:3]
        window, epoch = self.window or size, self._epoch[0]
        rng = np.random.default_rng((self._settings.seed, epoch, index + 1))
        free = [have + 2 * self.padding - want + 1 for have, want in zip(size, window, strict=True)]
        return np.stack([rng.integers(count, size=self.num_images) for count in free], axis=1)

    def __len__(self) -> int:
        return max(1, len(self._split) // self._settings.batch_size)

    def __getitem__(self, index: int) -> Batch:
        _, order = self._epoch
        chosen = order[index * self._settings.batch_size : (index + 1) * self._settings.batch_size]
        images, labels = self._split.images[chosen], self._split.labels[chosen]
        if self.window is not None:
            images = crops(widen(images, self.padding), self.window, self._corners(index))
        return images, labels


class EvaluationBatches:
    """A split as it is, in its own order."""

    def __init__(self, split: Split) -> None:
        self._split = split

    def __len__(self) -> int:
        return -(-len(self._split) // EVALUATION_BATCH)

    def __getitem__(self, index: int) -> Batch:
        chosen = slice(index * EVALUATION_BATCH, (index + 1) * EVALUATION_BATCH)
        return self._split.images[chosen], self._split.labels[chosen]


def widen(images: "NDArray[np.uint8]", padding: int) -> "NDArray[np.uint8]":
    """Reflect `padding` pixels outwards on every side: (N, H, W, 3) -> (N, H + 2 padding, W + 2 padding, 3)."""
    import numpy as np

    return np.pad(images, ((0, 0), (padding, padding), (padding, padding), (0, 0)), "reflect")


def crops(images: "NDArray[np.uint8]", size: tuple[int, int], corners: "NDArray[np.integer]") -> "NDArray[np.uint8]":
    """One crop of `size` from each image, by its corner (N, 2): (N, H, W, 3) -> (N, height, width, 3)."""
    import numpy as np

    windows = np.lib.stride_tricks.sliding_window_view(
        images, size, axis=(1, 2)
    )  # (N, rows, columns, 3, height, width)
    return windows[np.arange(len(images)), corners[:, 0], corners[:, 1]].transpose(0, 2, 3, 1)


def random_crops(images: "NDArray[np.uint8]", size: tuple[int, int], rng: "np.random.Generator") -> "NDArray[np.uint8]":
    """One crop of `size` from each image, its place uniform: (N, H, W, 3) -> (N, height, width, 3)."""
    import numpy as np

    free = [have - want + 1 for have, want in zip(images.shape[1:3], size, strict=True)]
    return crops(images, size, np.stack([rng.integers(count, size=len(images)) for count in free], axis=1))


def as_keras(keras: Any, batches: Batches) -> "keras.utils.PyDataset":
    """What `fit`, `evaluate` and `predict` take; reads a batch when it is needed."""

    class KerasBatches(keras.utils.PyDataset):
        def __len__(self) -> int:
            return len(batches)

        def __getitem__(self, index: int) -> Batch:
            return batches[index]

    return KerasBatches()
