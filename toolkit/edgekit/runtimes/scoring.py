"""Any number of images through one session: batches, and a last batch that is shorter. Knows no file.

Every image gets its row: a last batch that is shorter than the session's is filled up with copies of its
last image, and the surplus rows are dropped.
"""

import numpy as np
from numpy.typing import NDArray

from edgekit.errors import ArtifactError
from edgekit.runtimes.base import Session
from edgekit.runtimes.pixels import decode_scores, encoder_for


def scores_of(session: Session, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The model's answer to every image.

    Args:
        session: An opened artifact.
        images: uint8 (N, H, W, 3), RGB, 0 to 255, at least one.

    Returns:
        float32 (N, C), dequantized, in the order of the images, in memory of its own.

    Raises:
        ArtifactError: The model wants other images, or does not give one row of scores an image.
    """
    if images.dtype != np.uint8 or images.ndim != 4 or len(images) == 0:
        raise ArtifactError(
            f"Expected at least one image, uint8 of shape (N, height, width, 3). "
            f"Received {images.dtype} of shape {images.shape}."
        )
    encode = encoder_for(session.input_spec, images.shape[1:])
    size = session.batch_size
    rows = [
        _invoke(session, encode(_filled(images[start : start + size], size)))[: len(images) - start]
        for start in range(0, len(images), size)
    ]
    return np.concatenate(rows)


def _filled(batch: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    missing = size - len(batch)
    return batch if missing == 0 else np.concatenate([batch, np.repeat(batch[-1:], missing, axis=0)])


def _invoke(session: Session, batch: NDArray[np.generic]) -> NDArray[np.float32]:
    output = session.invoke(batch)
    if len(output) != len(batch):
        raise ArtifactError(
            f"The model's output '{session.output_spec.name}' has {len(output)} rows for {len(batch)} images. "
            f"Expected one row of scores an image."
        )
    scores = decode_scores(output, session.output_spec)
    return scores.copy() if np.shares_memory(scores, output) else scores
