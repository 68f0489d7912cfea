"""Images through one session: encode, invoke, decode, and a last batch that is shorter. Knows no file.

Every image gets its row: a last batch that is shorter than the session's is filled up with copies of its
last image, and the surplus rows are dropped. Pixels and scores are converted a piece of several batches at a
time: a small network takes 0.2 ms an image, and numpy would take a fifth of that again if called for each.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.execution.pixels import decode_scores, encoder_for
from edgekit.foundation.errors import ArtifactError
from edgekit.foundation.grammar import counted
from edgekit.input_range import InputEncoding
from edgekit.runtimes.base import Session

PIECE = 64
"""Images that are converted together, unless a batch holds more."""

MAX_CLASSES = 2**16
"""Far above any classifier's, and far below what would fill memory or disk."""


class Scorer:
    """Answers images with scores.

    Args:
        session: An opened artifact; its batch may be changed between calls.
        image_shape: (height, width, channels) of the images.
        encoding: What the model wants; see `edgekit.execution.pixels.encoder_for`.

    Raises:
        ArtifactError: The model wants other images.
    """

    def __init__(self, session: Session, image_shape: tuple[int, ...], encoding: InputEncoding | None = None) -> None:
        self.session = session
        self._encode = encoder_for(session.input_spec, image_shape, encoding)

    def __call__(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The scores of `images`, which are all converted together: a piece of a data set, not the whole.

        Args:
            images: uint8 (n, H, W, C), RGB or gray, 0 to 255, n at least 1.

        Returns:
            float32 (n, C), dequantized, in its own memory.

        Raises:
            ArtifactError: The runtime failed, or the model does not give one row of scores per image.
        """
        size = self.session.batch_size
        pixels = self._encode(_filled(images, size))
        outputs = self._checked(self.session.invoke(pixels[:size]), size)
        if len(pixels) > size:
            outputs = self._all_outputs(pixels, outputs, size)
        return decode_scores(outputs, self.session.output_spec)[: len(images)]

    def _all_outputs(self, pixels: NDArray[Any], first: NDArray[Any], size: int) -> NDArray[Any]:
        """What the session makes of all batches of `pixels`, the first of which has been run."""
        outputs = np.empty((len(pixels), *first.shape[1:]), first.dtype)
        outputs[:size] = first
        for start in range(size, len(pixels), size):
            outputs[start : start + size] = self._checked(self.session.invoke(pixels[start : start + size]), size)
        return outputs

    def _checked(self, output: NDArray[Any], size: int) -> NDArray[Any]:
        if output.ndim < 2 or len(output) != size:
            raise ArtifactError(
                f"The model's output '{self.session.output_spec.name}' has shape {output.shape} for "
                f"{counted(size, 'image')}. Expected one row of scores per image."
            )
        if output[0].size > MAX_CLASSES:
            raise ArtifactError(
                f"The model's output '{self.session.output_spec.name}' holds {output[0].size:,} numbers per image. "
                f"Expected the scores of at most {MAX_CLASSES:,} classes."
            )
        return output


def piece_size(batch_size: int) -> int:
    """Images to give to a Scorer at once: whole batches, together about PIECE."""
    return batch_size * max(1, PIECE // batch_size)


def scores_of(
    session: Session, images: NDArray[np.uint8], encoding: InputEncoding | None = None
) -> NDArray[np.float32]:
    """The model's answer to every image.

    Args:
        session: An opened artifact.
        images: uint8 (N, H, W, C), RGB or gray, 0 to 255, at least one.
        encoding: What the model wants; see `edgekit.execution.pixels.encoder_for`.

    Returns:
        float32 (N, C), dequantized, in the order of the images, in its own memory.

    Raises:
        ArtifactError: The model wants other images, or does not give one row of scores per image.
    """
    check_images(images.dtype, images.shape)
    score, size = Scorer(session, images.shape[1:], encoding), piece_size(session.batch_size)
    return np.concatenate([score(images[start : start + size]) for start in range(0, len(images), size)])


def check_images(dtype: "np.dtype[np.generic]", shape: tuple[int, ...]) -> None:
    """Raise ArtifactError unless an array of this type and shape is a non-empty batch of RGB or gray pixels."""
    if dtype != np.uint8 or len(shape) != 4 or shape[3] not in (1, 3) or shape[0] == 0:
        raise ArtifactError(
            f"Expected at least one image, uint8 of shape (N, height, width, 3), or (N, height, width, 1) for gray. "
            f"Received {dtype} of shape {shape}."
        )


def _filled(images: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """`images` and copies of the last one, up to whole batches of `size`."""
    missing = -len(images) % size
    return images if missing == 0 else np.concatenate([images, np.repeat(images[-1:], missing, axis=0)])
