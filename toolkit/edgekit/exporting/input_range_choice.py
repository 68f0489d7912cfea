"""The input range of a model from elsewhere of which nobody has said it: tried out on training images."""

from typing import TYPE_CHECKING

from edgekit.datasets import Dataset
from edgekit.exporting.keras.scores import KerasScorer
from edgekit.foundation.progress import Progress
from edgekit.input_probe import (
    check_takes_no_caffe_pixels,
    check_takes_raw_pixels,
    try_caffe,
    try_ranges,
    warning_about,
)
from edgekit.input_range import RAW, InputRange
from edgekit.quantization import CalibrationSet
from edgekit.quantization.calibration import NUM_IMAGES

if TYPE_CHECKING:
    import keras
    import numpy as np
    from numpy.typing import NDArray


def choose_input_range(classifier: "keras.Model", dataset: Dataset | None, seed: int, progress: Progress) -> InputRange:
    """0 to 255, if no other range is clearly better.

    Args:
        classifier: Made by `edgekit.exporting.keras.classifier.as_classifier`.
        dataset: Its training images are tried.
        seed: Chooses them.
        progress: Told of doubts.

    Raises:
        ExportError: The model clearly wants another range, or its channels in another order.
    """
    if dataset is None or len(dataset.train) < len(dataset.class_names):
        progress.note("No training images: it was not tried whether the model wants other pixels than 0..255.")
        return RAW
    chosen = CalibrationSet.choose(dataset, max(NUM_IMAGES, len(dataset.class_names)), seed)
    scorer = KerasScorer(classifier, RAW)

    def scores_of(input_range: InputRange, images: "NDArray[np.uint8]") -> "NDArray[np.float32]":
        task = f"Trying input range {input_range.text}"
        return scorer(images, brought_into=input_range, progress=progress, task=task)

    trials = try_ranges(scores_of, chosen.images, chosen.labels)
    check_takes_raw_pixels(trials)
    check_takes_no_caffe_pixels(trials, try_caffe(scores_of, chosen.images, chosen.labels))
    if warning := warning_about(trials, len(dataset.class_names)):
        progress.note(warning)
    return RAW
