"""Checks that an external model gets the input that it expects: runs the alternatives on training images.

A model that was trained on 0 to 1 and receives 0 to 255 returns garbage without raising an error. The same goes for
blue and red exchanged, bytes in an int8 input, and classes in another order. The check reports what it finds and
corrects nothing.
"""

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.datasets.splits import spread_over_classes
from edgekit.execution.image_files import write_images
from edgekit.execution.isolation import try_encodings
from edgekit.execution.model_interface import ModelInterface
from edgekit.foundation.errors import VerificationError
from edgekit.foundation.files.temporary_folders import TemporaryFolder
from edgekit.input_probe import (
    CLEAR_GAIN,
    GRAY_RANGES,
    USUAL_RANGES,
    cross_entropy_of,
    is_clearly_better,
    says_something,
)
from edgekit.input_range import BYTES, InputEncoding
from edgekit.metrics import class_order, drift
from edgekit.metrics.class_columns import MAX_NAMED, listed
from edgekit.metrics.class_order import best_order, right_in_other_order
from edgekit.runtimes import ExecutionFailure
from edgekit.verification.subjects.option_names import OF_CANDIDATES, OptionNames

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edgekit.datasets import Split

NUM_IMAGES = 200
ENOUGH = 1 - CLEAR_GAIN
"""A model that is right so often as it is fed cannot gain CLEAR_GAIN: nothing else is tried."""
AS_GOOD = 0.01
"""Accuracies that differ by no more count as equal."""
MIN_IMAGES_PER_CLASS = 2
"""Images of a class that it takes to look for another order: one to find it, one to see whether it is right. The table
of classes by classes is then small, too."""
HALF_A_STEP = 1 / 512
"""Half of the step in which an int8 file gives probabilities: it says 0 of what is less."""
TIME_LIMIT = 120.0
"""Seconds of one attempt."""
PATIENCE = 30.0
"""Seconds after which a model that failed as given is not tried in another way."""

ALTERNATIVE_RANGES = (*USUAL_RANGES, "-128..127", "mean=123.675/116.28/103.53,std=1")
"""The last but one is what an int8 input without a zero point wants, the last is Caffe's, mostly with BGR."""
GRAY_ALTERNATIVES = (*GRAY_RANGES, "-128..127")


@dataclass(frozen=True, kw_only=True, eq=False)
class Sample:
    """Training images for the check.

    Attributes:
        images_npy: uint8 (n, H, W, channels), RGB or gray, an .npy file.
        labels: int64 (n,).
        class_names: C names.
        channels: 3 or 1.
    """

    images_npy: Path
    labels: "NDArray[np.int64]"
    class_names: tuple[str, ...]
    channels: int = 3


@contextmanager
def open_sample(train: "Split", class_names: tuple[str, ...]) -> Iterator[Sample | None]:
    """At most NUM_IMAGES training images, spread over the classes, in a file that is removed at the end.

    Yields None if there are no training images.
    """
    if not len(train):
        yield None
        return
    chosen = spread_over_classes(train.labels, min(NUM_IMAGES, len(train)))
    with TemporaryFolder() as folder:
        path = write_images(train.images[chosen], Path(folder) / "train.npy")
        yield Sample(
            images_npy=path, labels=train.labels[chosen], class_names=class_names, channels=train.images.shape[3]
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Answers:
    """What a model answers when it is fed in one way.

    Attributes:
        encoding: How pixels went in.
        predicted: int64 (n,), the predicted classes, -1 if there is no answer.
        cross_entropy: Mean of -ln(probability of the true class); infinite if some image has no answer.
    """

    encoding: InputEncoding
    predicted: "NDArray[np.int64]"
    cross_entropy: float

    def says_something(self, sample: Sample) -> bool:
        """Whether the scores say more than nearly constant ones; see `edgekit.input_probe.says_something`."""
        accuracy = float((self.predicted == sample.labels).mean())
        return says_something(accuracy, self.cross_entropy, len(sample.class_names))


@dataclass(frozen=True, kw_only=True, eq=False)
class Trial:
    """One way to feed and read the model.

    Attributes:
        encoding: How pixels went in.
        right: bool (n,), which images were classified right.
        order: For each class the predicted class that stands for it; None: as given.
    """

    encoding: InputEncoding
    right: "NDArray[np.bool_]"
    order: tuple[int, ...] | None = None

    @property
    def accuracy(self) -> float:
        """Share of the images that were classified right."""
        return float(self.right.mean())


def alternatives_to(given: InputEncoding, channels: int = 3) -> list[InputEncoding]:
    """Every other plausible way to feed pixels of so many channels, the likeliest mistakes first."""
    orders = (given.channel_order, "rgb" if given.channel_order == "bgr" else "bgr")
    ways = [
        InputEncoding.parse(text, order)
        for order in orders[: 1 if channels == 1 else 2]
        for text in (given.range_text, *(GRAY_ALTERNATIVES if channels == 1 else ALTERNATIVE_RANGES), BYTES)
    ]
    unique = {(way.input_range.scale, way.input_range.offset, way.as_bytes, way.channel_order): way for way in ways}
    return [
        way
        for key, way in unique.items()
        if key != (given.input_range.scale, given.input_range.offset, given.as_bytes, given.channel_order)
    ]


def find_mistake(
    runtime: str,
    model: Path,
    interface: ModelInterface,
    sample: Sample,
    *,
    options: OptionNames = OF_CANDIDATES,
    time_limit: float | None = None,
) -> str | None:
    """One sentence that names a clearly better way to feed or read `model`; None if there is none.

    Args:
        runtime: As in `edgekit.execution.isolation.execute`.
        model: The file.
        interface: How it is fed and read as the user says.
        sample: Training images.
        options: What the options are called that say how it is fed and read.
        time_limit: Seconds for one attempt at most; None: TIME_LIMIT.
    """
    limit = min(time_limit or TIME_LIMIT, TIME_LIMIT)
    start = time.monotonic()
    first = _answers(runtime, model, interface, [interface.encoding], sample, limit)
    if not first and time.monotonic() - start > min(PATIENCE, limit):
        return None
    as_given = first[0] if first else _no_answers(interface.encoding, sample)
    accuracy = float((as_given.predicted == sample.labels).mean())
    if accuracy >= ENOUGH:
        return None
    others = alternatives_to(interface.encoding, sample.channels)
    answers = [as_given, *_answers(runtime, model, interface, others, sample, limit)]
    better = clearly_better(answers, sample, tries_orders=interface.columns is None)
    if better is None:
        return None
    return (
        f"On {len(sample.labels)} training images its accuracy is {100 * accuracy:.1f} % as given and "
        f"{100 * better.accuracy:.1f} % {_advice(interface, better, sample, options)}"
    )


def _answers(
    runtime: str,
    model: Path,
    interface: ModelInterface,
    encodings: list[InputEncoding],
    sample: Sample,
    time_limit: float,
) -> list[Answers]:
    """What it answers with each encoding.

    Empty if the model cannot be run at all, or has another number of classes: its row will say so.
    """
    scores = try_encodings(
        runtime, model, sample.images_npy, encodings, file_options=interface.file_options, time_limit=time_limit
    )
    if isinstance(scores, ExecutionFailure):
        return []
    num_classes = len(sample.class_names)
    if scores.shape[:2] != (len(encodings), len(sample.labels)) or scores.shape[2] not in interface.widths(num_classes):
        return []
    return [_answer(encoding, rows, interface, sample) for encoding, rows in zip(encodings, scores, strict=True)]


def _answer(encoding: InputEncoding, raw: "NDArray[np.float32]", interface: ModelInterface, sample: Sample) -> Answers:
    """What the scores (n, columns) say, -1 also for a class that the data set lacks."""
    import numpy as np

    is_answer = np.isfinite(raw).all(axis=1)
    output = interface.output if interface.output == "logits" else None  # what was announced wrongly, its row will say
    tops = drift.top_classes(replace(interface, output=output).read(np.nan_to_num(raw)).scores)
    predicted = np.where(is_answer & (tops < len(sample.class_names)), tops, -1).astype(np.int64)
    return Answers(encoding=encoding, predicted=predicted, cross_entropy=_cross_entropy(interface, raw, sample.labels))


def _cross_entropy(interface: ModelInterface, rows: "NDArray[np.float32]", labels: "NDArray[np.int64]") -> float:
    """Of scores as the model gives them."""
    import numpy as np

    if not np.isfinite(rows).all():
        return math.inf
    try:
        return cross_entropy_of(interface.read(rows).scores, labels, HALF_A_STEP)
    except VerificationError:  # they were announced as probabilities, and are not when the model is fed so
        return math.inf


def _no_answers(encoding: InputEncoding, sample: Sample) -> Answers:
    import numpy as np

    return Answers(encoding=encoding, predicted=np.full(len(sample.labels), -1, np.int64), cross_entropy=math.inf)


def clearly_better(answers: Sequence[Answers], sample: Sample, *, tries_orders: bool = True) -> Trial | None:
    """The simplest way that is clearly better than the first: other pixels, then another order of the classes too.

    Pixels that make the scores nearly constant are no way to feed a model, however often that is right.

    Args:
        answers: What the model answers, fed as given first.
        sample: What was predicted.
        tries_orders: Whether the classes may be in another order; not if each score has its name.
    """
    labels = sample.labels
    plain = [
        Trial(encoding=each.encoding, right=each.predicted == labels)
        for number, each in enumerate(answers)
        if number == 0 or each.says_something(sample)
    ]
    best = _first_of_the_best(plain)
    if not is_clearly_better(best.right, plain[0].right):
        best = plain[0]
    if not tries_orders:
        return None if best is plain[0] else best
    other = _best_reordered(answers, sample)
    if other is not None and is_clearly_better(other.right, best.right):
        return other
    return None if best is plain[0] else best


def _best_reordered(answers: Sequence[Answers], sample: Sample) -> Trial | None:
    """The way that is best with the classes in another order; None if none says anything, or images are too few."""
    labels, num_classes = sample.labels, len(sample.class_names)
    if len(labels) < MIN_IMAGES_PER_CLASS * num_classes:
        return None
    orders = [best_order(each.predicted, labels, num_classes) for each in answers]
    trials = [
        Trial(encoding=each.encoding, right=right_in_other_order(each.predicted, labels, num_classes), order=order)
        for each, order in zip(answers, orders, strict=True)
        if class_order.says_something(each.predicted, labels, order)
    ]
    return _first_of_the_best(trials) if trials else None


def _first_of_the_best(trials: Sequence[Trial]) -> Trial:
    """The first that is as accurate as the best, give or take AS_GOOD: the likelier mistakes come first."""
    highest = max(trial.accuracy for trial in trials)
    return next(trial for trial in trials if trial.accuracy >= highest - AS_GOOD)


def _advice(interface: ModelInterface, better: Trial, sample: Sample, names: OptionNames) -> str:
    """What is different, and how it is said: "with 0..1: did you mean --input-range 0..1?"."""
    given, found = interface.encoding, better.encoding
    differences, options = [], []
    if found.range_text != given.range_text:
        note = " (the zero point ignored)" if found.as_bytes else ""
        differences.append(f"{found.range_text}{note}")
        options.append(f"{names.input_range} {found.range_text}")
    if found.channel_order != given.channel_order:
        differences.append(f"{found.channel_order.upper()} instead of {given.channel_order.upper()}")
        options.append(f"{names.channel_order} {found.channel_order}")
    if better.order is not None:
        differences.append("the classes in another order")
        options.append(_order_option(interface, names.labels, sample.class_names))
    question = f"with {' and '.join(differences)}: did you mean {' '.join(options)}?"
    return f"{question} {_order_sentence(interface, better.order, sample)}" if better.order is not None else question


def _order_option(interface: ModelInterface, option: str, names: tuple[str, ...]) -> str:
    """What says that the classes are in another order: of two, the positive class of a model of one score does."""
    if interface.two_classes is None:
        return f"{option} FILE"
    other = names[1 - interface.two_classes.positive]
    return f"{option} FILE (or, for a model of one score, --positive-class {other})"


def _order_sentence(interface: ModelInterface, order: tuple[int, ...], sample: Sample) -> str:
    """The order that the model seems to have, as the lines of a file of labels."""
    names = sample.class_names
    columns = [interface.order[column] if interface.order else column for column in order]
    by_column = [name for _, name in sorted(zip(columns, names, strict=True))]
    moved = [f"'{names[label]}' as '{names[column]}'" for label, column in enumerate(order) if label != column]
    more = f" and {len(moved) - MAX_NAMED} more" if len(moved) > MAX_NAMED else ""
    return (
        f"It gives {', '.join(moved[:MAX_NAMED])}{more}. Its order seems to be {listed(by_column)}; or the labels of "
        f"the data set are exchanged."
    )
