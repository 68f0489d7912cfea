"""Finds the pixel values that a model expects, by trying the common ranges on labelled training images.

A model that was trained on 0 to 1 and receives 0 to 255 returns garbage without an error: the most common cause of a
"broken" mobile model. The same goes for classes in another order, which is looked for first: a wrong range
may seem better than the right one if the classes are exchanged. Knows no format and no file.
"""

import math
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.foundation.errors import ExportError
from edgekit.foundation.grammar import counted
from edgekit.input_range import RAW, InputRange
from edgekit.metrics import class_order
from edgekit.metrics.class_columns import listed
from edgekit.metrics.class_order import best_order, can_be_told, right_in_other_order
from edgekit.metrics.drift import accuracy, top_classes
from edgekit.metrics.significance import is_better_than_guessing, mcnemar_p

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Scores = NDArray[np.float32]

USUAL_RANGES = ("0..255", "0..1", "-1..1", "mean=0.485/0.456/0.406,std=0.229/0.224/0.225")
GRAY_RANGES = ("0..255", "0..1", "-1..1", "mean=0.1307,std=0.3081")
"""The last is the mean and deviation of MNIST's training images, as PyTorch's MNIST example has them."""
CAFFE = InputRange.parse("mean=103.939/116.779/123.68,std=1")
"""Of channels in the order blue, green, red."""
CLEAR_GAIN = 0.10
CLEAR_P = 1e-3
AS_GOOD = 0.01
"""Accuracies that differ by no more count as equal."""
MAX_COPIED = 20
"""Class names that a command to copy may hold."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One range that was tried.

    Attributes:
        input_range: The range.
        accuracy: Share of the images that were classified right.
        cross_entropy: Mean of -ln(score of the true class), scores below 1e-7 taken as 1e-7.
        right: bool (N,), which ones.
        in_other_order: bool (N,), which ones would be in the order of the classes that explains the other images
            best; None if that was not looked for, or says nothing.
        order: For each class the predicted class that stands for it in that order.
    """

    input_range: InputRange
    accuracy: float
    cross_entropy: float
    right: "NDArray[np.bool_]"
    in_other_order: "NDArray[np.bool_] | None" = None
    order: tuple[int, ...] | None = None


def usual_ranges(channels: int) -> tuple[str, ...]:
    """The common ranges for this number of channels, 0 to 255 first."""
    return GRAY_RANGES if channels == 1 else USUAL_RANGES


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
    ranges: Sequence[InputRange] = tuple(map(InputRange.parse, USUAL_RANGES)),
) -> list[Trial]:
    """Every one of `ranges`, by default the usual ones, 0 to 255 first.

    Args:
        scores_of: The model's scores of images that are brought into a range: float32 (N, C).
        images: uint8 (N, H, W, C), RGB or gray, 0 to 255, from the training split.
        labels: int64 (N,), their classes.
        ranges: What to try.
    """
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
    predicted, num_classes = top_classes(scores), scores.shape[1]
    order = best_order(predicted, labels, num_classes) if can_be_told(len(labels), num_classes) else None
    knows_order = order is not None and class_order.says_something(predicted, labels, order)
    return Trial(
        input_range=input_range,
        accuracy=accuracy(scores, labels),
        cross_entropy=cross_entropy_of(scores, labels),
        right=predicted == labels,
        in_other_order=right_in_other_order(predicted, labels, num_classes) if knows_order else None,
        order=order if knows_order else None,
    )


def check_class_order(trials: list[Trial], class_names: Sequence[str], *, gives_one_score: bool) -> str | None:
    """A sentence if the classes seem to be in another order; None if they do not.

    Args:
        trials: Ranges that were tried.
        class_names: Of the data set.
        gives_one_score: Whether the model gives one score for two classes.

    Raises:
        ExportError: They clearly do: in another order more than half as many images are right as between guessing and
            no mistake. The message says which order, and what to do.
    """
    best = max(trials, key=lambda trial: trial.accuracy)
    other = _best_reordered(trials)
    if other is None or other.order is None or other.in_other_order is None:
        return None
    if not is_clearly_better(other.in_other_order, best.right):
        return None
    share = float(other.in_other_order.mean())
    sentence = _order_words(other, trials[0], share, class_names, gives_one_score=gives_one_score)
    if share > (1 + 1 / len(class_names)) / 2:
        raise ExportError(sentence)
    return sentence


def _best_reordered(trials: Sequence[Trial]) -> Trial | None:
    """The first whose accuracy in another order is that of the best, give or take AS_GOOD."""
    shares = [-1.0 if each.in_other_order is None else float(each.in_other_order.mean()) for each in trials]
    first = next(index for index, share in enumerate(shares) if share >= max(shares) - AS_GOOD)
    return trials[first] if shares[first] >= 0 else None


def _order_words(other: Trial, given: Trial, share: float, class_names: Sequence[str], *, gives_one_score: bool) -> str:
    order = other.order or ()
    names = [class_names[order.index(column)] for column in range(len(order))]
    moved = [
        f"'{class_names[column]}' for '{name}'" for column, name in enumerate(names) if name != class_names[column]
    ]
    more = f" and {len(moved) - 5:,} more" if len(moved) > 5 else ""
    is_as_given = other.input_range.text == given.input_range.text
    fed = "" if is_as_given else f" and pixels of {other.input_range.text}"
    also = "" if is_as_given else f" --input-range {other.input_range.text}"
    if gives_one_score:
        advice = f"Export it with --positive-class {shlex.quote(names[1])}{also}. To export it as it is anyway: "
        return (
            f"The one score of the model seems to be of class '{names[1]}': {_shares(given, share)} so{fed}. {advice}"
            f"--positive-class {shlex.quote(class_names[1])}."
        )
    return (
        f"The classes of the model are in another order than those of the data set: {_shares(given, share)} in "
        f"another order{fed} (it predicts {', '.join(moved[:5])}{more}). {_labels_advice(names)}{also}. To "
        f"export it as it is anyway, name the classes in the order of the data set."
    )


def _shares(given: Trial, share: float) -> str:
    images = counted(len(given.right), "training image")
    return f"on {images} its accuracy is {_percent(given)} as given and {100 * share:.1f} %"


def _labels_advice(names: Sequence[str]) -> str:
    """What to do to say that the model's classes are `names`: commands to copy if they are few."""
    if len(names) > MAX_COPIED:
        return f"Its order seems to be {listed(names)}: write it into a file, one name per line, and add --labels FILE"
    quoted = " ".join(map(shlex.quote, names))
    return f"Say so: printf '%s\\n' {quoted} > labels.txt, and export with --labels labels.txt"


def says_something(accuracy: float, cross_entropy: float, num_classes: int) -> bool:
    """Whether scores say more than nearly constant ones, so that the way in which a model was fed may be right.

    Equal scores for all classes have a cross-entropy of ln(C); nearly constant ones have more, and may be right more
    often than chance all the same, as a wrong range makes them. If most images are right, that says something even
    if the model is far too sure of the others.
    """
    return cross_entropy < math.log(num_classes) or accuracy > (1 + 1 / num_classes) / 2


def _informed(trials: Sequence[Trial], num_classes: int) -> list[Trial]:
    """The first of `trials`, and those that say something."""
    first, *others = trials
    return [first, *(each for each in others if says_something(each.accuracy, each.cross_entropy, num_classes))]


def check_takes_raw_pixels(trials: list[Trial], num_classes: int) -> None:
    """Raise ExportError, naming the range, if another one than 0 to 255 is clearly better."""
    raw, best = trials[0], max(_informed(trials, num_classes), key=lambda trial: trial.accuracy)
    if is_clearly_better(best.right, raw.right):
        raise ExportError(
            f"The model does not expect pixels of 0 to 255: on {len(raw.right)} training images its accuracy is "
            f"{_percent(raw)} as given and {_percent(best)} with {best.input_range.text}: use --input-range "
            f"{best.input_range.text}. That scaling is then built into the exported files, which take 0 to 255. "
            f"To export the model as it is anyway: --input-range {RAW.text}."
        )


def check_takes_no_caffe_pixels(trials: list[Trial], caffe: Trial) -> None:
    """Raise ExportError, with what to do, if `caffe` is clearly better than all of `trials`."""
    raw, best = trials[0], max(trials, key=lambda trial: trial.accuracy)
    if is_clearly_better(caffe.right, best.right):
        raise ExportError(
            f"The model expects pixels in BGR order, minus their mean, as keras.applications' VGG16 and ResNet50 do: "
            f"on {len(raw.right)} training images its accuracy is {_percent(raw)} as given and {_percent(caffe)} that "
            f"way. Build it into the model and export that: pixels = keras.Input((height, width, 3)); "
            f"keras.Model(pixels, model(keras.applications.vgg16.preprocess_input(pixels))).save('model.keras'). To "
            f"export the model as it is anyway: --input-range {RAW.text}."
        )


def warning_about(trials: list[Trial], num_classes: int) -> str | None:
    """One line if the model is hardly better than guessing, or its scores fit far better in another range.

    A network of convolutions and ReLU alone is hardly less accurate on pixels that are 255 times too
    large, but far too sure of itself. None if all is well.
    """
    raw, informed = trials[0], _informed(trials, num_classes)
    best = max(informed, key=lambda trial: trial.accuracy)
    if is_better_than_guessing(best.accuracy, len(best.right), num_classes):
        fitting = min(informed, key=lambda trial: trial.cross_entropy)
        if fitting.cross_entropy >= raw.cross_entropy / 2 or fitting.accuracy < raw.accuracy:
            return None
        return (
            f"The model's scores fit the training images better with {fitting.input_range.text} (cross-entropy "
            f"{fitting.cross_entropy:.3g}) than as given ({raw.cross_entropy:.3g}), though its accuracy is alike. "
            f"If it was trained that way, export it with --input-range {fitting.input_range.text}."
        )
    return (
        f"The model is right on {_percent(best)} of {counted(len(best.right), 'training image')} at best, and no "
        f"common pixel range helps: guessing may reach as much by luck. Are the "
        f"classes of the data set in the order in which the model was trained? If not, give their order with --labels "
        f"FILE, one class per line."
    )


def _percent(trial: Trial) -> str:
    return f"{100 * trial.accuracy:.1f} %"


def cross_entropy_of(scores: "Scores", labels: "NDArray[np.int64]", lowest: float = 1e-7) -> float:
    """Mean of -ln(score of the true class).

    Args:
        scores: float32 (N, C), probabilities.
        labels: int64 (N,).
        lowest: What lower scores count as, above 0.
    """
    import numpy as np

    of_truth = np.take_along_axis(scores.astype(np.float64), labels[:, None], axis=1)
    return float(-np.log(np.maximum(of_truth, lowest)).mean())
