"""The float Keras model's scores, which every exported file is compared with. Writes nothing."""

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from edgekit.exporting.formats import ExportOptions
from edgekit.exporting.keras.classifier import exported_graph
from edgekit.foundation.mapped_arrays import images_at_once
from edgekit.foundation.progress import Progress, SilentProgress
from edgekit.foundation.quiet import held_back
from edgekit.input_range import RAW, InputRange
from edgekit.metrics.own_noise import OwnNoise

if TYPE_CHECKING:
    import keras
    import numpy as np
    from numpy.typing import NDArray

BATCH = 64
"""Images that are scored at once, fewer if they are large."""
MIN_BATCH = 2
"""What it takes to see how a network differs from itself between batch sizes."""


class KerasScorer:
    """A classifier that takes raw pixels. Every batch has the same size, the last one is filled up.

    Args:
        model: Made by `edgekit.exporting.keras.classifier.as_classifier`.
        input_range: What it wants.
    """

    def __init__(self, model: "keras.Model", input_range: InputRange) -> None:
        self._graph: Any = exported_graph(model, ExportOptions(input_range=input_range), batch=None)
        self._traced: set[tuple[int, ...]] = set()

    def __call__(
        self,
        images: "NDArray[np.uint8]",
        *,
        brought_into: InputRange = RAW,
        progress: Progress | None = None,
        task: str = "Keras scores",
    ) -> "NDArray[np.float32]":
        """The scores of `images`, uint8 (N, H, W, 3), RGB, or (N, H, W, 1), 0 to 255, N at least 1, as float32 (N, C).

        `brought_into` is done to the pixels before the network sees them, so that one graph serves for several ranges.
        """
        import numpy as np

        channels = images.shape[3]
        scale, offset = (np.array(each[:channels], np.float32) for each in (brought_into.scale, brought_into.offset))
        rows, batch_size = [], _batch_size(images)
        with (progress or SilentProgress()).task(task, len(images)) as advance:
            for start in range(0, len(images), batch_size):
                part = images[start : start + batch_size]
                batch = np.take(part, range(batch_size), axis=0, mode="clip").astype(np.float32) * scale + offset
                rows.append(self._answer(batch)[: len(part)])
                advance(len(part))
        return np.concatenate(rows)

    def own_noise(self, images: "NDArray[np.uint8]", scores: "NDArray[np.float32]") -> OwnNoise:
        """How far the scores differ between batches of several images and of one.

        Args:
            images: uint8 (N, H, W, 3), N at least 1.
            scores: What calling this gives for them.
        """
        import numpy as np

        alone = [self._answer(one[None].astype(np.float32))[0] for one in images]
        return OwnNoise.of(scores, np.stack(alone), _batch_size(images))

    def _answer(self, batch: "NDArray[np.float32]") -> "NDArray[np.float32]":
        """The scores of one batch. TensorFlow warns if one process traces many networks, as a Python user's may."""
        import numpy as np

        with nullcontext() if batch.shape in self._traced else held_back():
            scores = np.asarray(self._graph.predict_on_batch(batch), np.float32)
        self._traced.add(batch.shape)
        return scores


def _batch_size(images: "NDArray[np.uint8]") -> int:
    return max(MIN_BATCH, images_at_once(images.shape[1:], BATCH))
