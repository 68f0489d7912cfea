"""Folds batch normalization before an export, and proves on images that the scores stay what they were."""

from typing import TYPE_CHECKING

from edgekit.exporting.keras.batchnorm_folding import Folding, fold_batchnorm
from edgekit.exporting.keras.scores import KerasScorer
from edgekit.foundation.progress import Progress
from edgekit.input_range import InputRange
from edgekit.metrics.drift import max_abs_score_difference

if TYPE_CHECKING:
    import keras
    import numpy as np
    from numpy.typing import NDArray

MAX_DIFFERENCE = 1e-5
"""Of any score of any image, between the model and the folded one; rounding makes less than a tenth of it."""


def proven_folding(
    model: "keras.Model",
    input_range: InputRange,
    images: "NDArray[np.uint8]",
    reference: "NDArray[np.float32]",
    progress: Progress,
) -> Folding:
    """Fold `model`, if the scores of `images`, uint8 (N, H, W, 3), stay `reference`, float32 (N, C); say so if not."""
    folding = fold_batchnorm(model)
    if folding.model is model:
        return folding
    difference = max_abs_score_difference(reference, KerasScorer(folding.model, input_range)(images))
    if difference <= MAX_DIFFERENCE:  # NaN is not
        return folding
    progress.note(
        f"Batch normalization was not folded: a score changed by {difference:.2g}, at most {MAX_DIFFERENCE:g} is "
        f"allowed. The files keep it as in the model."
    )
    return Folding(model=model)
