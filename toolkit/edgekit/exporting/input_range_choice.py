"""The input range of an external model, and the order of its classes, found on training images."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.datasets import Dataset
from edgekit.exporting.keras.preparing.preparation import Prepared
from edgekit.exporting.keras.scores import KerasScorer
from edgekit.foundation.errors import CalibrationError
from edgekit.foundation.progress import Progress
from edgekit.input_probe import (
    check_class_order,
    check_takes_no_caffe_pixels,
    check_takes_raw_pixels,
    try_caffe,
    try_ranges,
    usual_ranges,
    warning_about,
)
from edgekit.input_range import RAW, InputRange
from edgekit.metrics.class_order import can_be_told
from edgekit.quantization import CalibrationSet
from edgekit.quantization.calibration import default_num_images

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    Scores = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Doubts:
    """What is unknown about an external model.

    Attributes:
        given: The input range that the user names; None if it is unknown.
        class_order: Whether the classes may be in another order, because the user has not named them.
    """

    given: InputRange | None
    class_order: bool


def choose_input_range(
    prepared: Prepared, dataset: Dataset, doubts: Doubts, *, seed: int, progress: Progress
) -> InputRange:
    """The given range, else 0 to 255, if no other range and no other order of the classes is clearly better.

    Args:
        prepared: The classifier.
        dataset: Its training images are tried.
        doubts: What to find out.
        seed: Chooses the images.
        progress: Receives warnings.

    Raises:
        ExportError: The model clearly wants another range, its channels in another order, or has its classes in
            another one. Classes come first: a wrong range may then seem better than the right one.
    """
    num_classes, channels = len(dataset.class_names), dataset.image_shape[2]
    if doubts.given is not None and not doubts.class_order:
        return doubts.given
    if len(dataset.train) < num_classes:
        if doubts.given is None:
            few = "Fewer training images than classes" if len(dataset.train) else "No training images"
            progress.note(f"{few}: edgekit did not test whether the model expects pixels other than 0..255.")
        return doubts.given or RAW
    num_images = default_num_images(num_classes)
    if doubts.given is not None and not can_be_told(min(num_images, len(dataset.train)), num_classes):
        return doubts.given
    try:
        chosen = CalibrationSet.choose(dataset, num_images, seed)
    except CalibrationError:
        if doubts.given is None:
            raise
        return doubts.given  # a float export with a range needs no images that are fit for calibration
    scores_of = _scores_of(prepared, progress)
    ranges = [doubts.given] if doubts.given else [InputRange.parse(text) for text in usual_ranges(channels)]
    trials = try_ranges(scores_of, chosen.images, chosen.labels, ranges)
    note = None
    if doubts.class_order:
        note = check_class_order(trials, dataset.class_names, gives_one_score=prepared.gives_one_score)
    if doubts.given is None and note is None:
        check_takes_raw_pixels(trials, num_classes)
        if channels == 3:
            check_takes_no_caffe_pixels(trials, try_caffe(scores_of, chosen.images, chosen.labels))
        note = warning_about(trials, num_classes)
    if note:
        progress.note(note)
    return doubts.given or RAW


def _scores_of(prepared: Prepared, progress: Progress) -> "Callable[[InputRange, NDArray[np.uint8]], Scores]":
    """The scores of images that are brought into a range, by class of the data set."""
    scorer = KerasScorer(prepared.model, RAW)

    def scores_of(input_range: InputRange, images: "NDArray[np.uint8]") -> "Scores":
        task = f"Trying input range {input_range.text}"
        return prepared.by_class(scorer(images, brought_into=input_range, progress=progress, task=task))

    return scores_of
