"""Finds out which pixel values a model wants, by trying the usual ranges on labelled training images.

A model that was trained on 0 to 1 and is fed 0 to 255 answers nonsense without an error: the commonest
cause of a "broken" mobile model. Knows no format and no file.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.foundation.errors import ExportError
from edgekit.foundation.grammar import counted
from edgekit.input_range import RAW, InputRange
from edgekit.metrics.drift import accuracy, top_classes
from edgekit.metrics.significance import is_better_than_guessing, mcnemar_p

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Scores = NDArray[np.float32]

USUAL_RANGES = ("0..255", "0..1", "-1..1", "mean=0.485/0.456/0.406,std=0.229/0.224/0.225")
CAFFE = InputRange.parse("mean=103.939/116.779/123.68,std=1")
"""Of channels in the order blue, green, red."""
CLEAR_GAIN = 0.10
CLEAR_P = 1e-3


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One range that was tried.

    Attributes:
        input_range: The range.
        accuracy: Share of the images that were classified right.
        cross_entropy: Mean of -ln(score of the true class), scores below 1e-7 taken as 1e-7.
        right: bool (N,), which ones.
    """

    input_range: InputRange
    accuracy: float
    cross_entropy: float
    right: "NDArray[np.bool_]"


def is_clearly_better(candidate: "NDArray[np.bool_]", reference: "NDArray[np.bool_]") -> bool:
    """Whether one way to feed a model beats another: by more than CLEAR_GAIN of accuracy, McNemar's p below CLEAR_P.

    Args:
        candidate: bool (N,), which images it classifies right when it is fed in that way.
        reference: The same of the other way.
    """
    gained, lost = int((candidate & ~reference).sum()), int((reference & ~candidate).sum())
    return (gained - lost) / len(candidate) > CLEAR_GAIN and mcnemar_p(lost, gained) < CLEAR_P


def try_ranges(
    scores_of: "Callable[[InputRange, NDArray[np.uint8]], Scores]",
    images: "NDArray[np.uint8]",
    labels: "NDArray[np.int64]",
) -> list[Trial]:
    """Every usual range, 0 to 255 first.

    Args:
        scores_of: The model's scores of images that are brought into a range: float32 (N, C).
        images: uint8 (N, H, W, 3), RGB, 0 to 255, from the training split.
        labels: int64 (N,), their classes.
    """
    ranges = [InputRange.parse(text) for text in USUAL_RANGES]
    return [_trial(each, scores_of(each, images), labels) for each in ranges]


def try_caffe(
    scores_of: "Callable[[InputRange, NDArray[np.uint8]], Scores]",
    images: "NDArray[np.uint8]",
    labels: "NDArray[np.int64]",
) -> Trial:
    """Blue first and less their mean, as Caffe's networks and keras.applications' VGG16 and ResNet50 want pixels.

    Args and shapes as for `try_ranges`.
    """
    return _trial(CAFFE, scores_of(CAFFE, images[..., ::-1]), labels)


def _trial(input_range: InputRange, scores: "Scores", labels: "NDArray[np.int64]") -> Trial:
    return Trial(
        input_range=input_range,
        accuracy=accuracy(scores, labels),
        cross_entropy=_cross_entropy(scores, labels),
        right=top_classes(scores) == labels,
    )


def check_takes_raw_pixels(trials: list[Trial]) -> None:
    """Raise ExportError, naming the range, if another one than 0 to 255 is clearly better."""
    raw, best = trials[0], max(trials, key=lambda trial: trial.accuracy)
    if is_clearly_better(best.right, raw.right):
        raise ExportError(
            f"The model does not want pixels of 0 to 255: on {len(raw.right)} training images its accuracy is "
            f"{_percent(raw)} as given and {_percent(best)} with {best.input_range.text}: use --input-range "
            f"{best.input_range.text}. That scaling is then built into the exported files, which take 0 to 255. "
            f"To export the model as it is all the same: --input-range {RAW.text}."
        )


def check_takes_no_caffe_pixels(trials: list[Trial], caffe: Trial) -> None:
    """Raise ExportError, with what to do, if `caffe` is clearly better than all of `trials`."""
    raw, best = trials[0], max(trials, key=lambda trial: trial.accuracy)
    if is_clearly_better(caffe.right, best.right):
        raise ExportError(
            f"The model wants pixels blue first and less their mean, as keras.applications' VGG16 and ResNet50 do: on "
            f"{len(raw.right)} training images its accuracy is {_percent(raw)} as given and {_percent(caffe)} so. "
            f"Build that into the model and export it: pixels = keras.Input((height, width, 3)); keras.Model(pixels, "
            f"model(keras.applications.vgg16.preprocess_input(pixels))).save('model.keras'). To export the model as it "
            f"is all the same: --input-range {RAW.text}."
        )


def warning_about(trials: list[Trial], num_classes: int) -> str | None:
    """One line where the model is hardly better than guessing, or its scores fit far better in another range.

    A network of convolutions and ReLU alone is hardly less accurate on pixels that are 255 times too
    large, but far too sure of itself. None where all is well.
    """
    raw, best = trials[0], max(trials, key=lambda trial: trial.accuracy)
    fitting = min(trials, key=lambda trial: trial.cross_entropy)
    if is_better_than_guessing(best.accuracy, len(best.right), num_classes):
        if fitting.cross_entropy >= raw.cross_entropy / 2 or fitting.accuracy < raw.accuracy:
            return None
        return (
            f"The model's scores fit the training images better with {fitting.input_range.text} (cross-entropy "
            f"{fitting.cross_entropy:.3g}) than as given ({raw.cross_entropy:.3g}), though its accuracy is alike. "
            f"If it was trained so, export it with --input-range {fitting.input_range.text}."
        )
    return (
        f"The model is right on {_percent(best)} of {counted(len(best.right), 'training image')} at best, whatever the "
        f"range of their pixels: no more than guessing may give by luck. Do the classes of the data set stand in the "
        f"order in which the model was trained?"
    )


def _percent(trial: Trial) -> str:
    return f"{100 * trial.accuracy:.1f} %"


def _cross_entropy(scores: "Scores", labels: "NDArray[np.int64]") -> float:
    import numpy as np

    of_truth = np.take_along_axis(scores.astype(np.float64), labels[:, None], axis=1)
    return float(-np.log(np.maximum(of_truth, 1e-7)).mean())
