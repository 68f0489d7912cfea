"""How one model is fed, and how its scores become probabilities in the class order of the data set.

edgekit's own artifacts take raw RGB pixels and give probabilities in the order of the data set. External models may
not, and their files do not say. Knows no file and runs nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from edgekit.artifact import FileOptions
from edgekit.foundation.errors import VerificationError
from edgekit.foundation.grammar import counted
from edgekit.foundation.mapped_arrays import pieces, put_together
from edgekit.input_range import RAW, InputEncoding
from edgekit.metrics import drift
from edgekit.metrics.class_columns import ClassColumns
from edgekit.metrics.two_classes import EVEN, TwoClasses, sigmoid

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

OUTPUTS = ("probabilities", "logits")


@dataclass(frozen=True, kw_only=True, eq=False)
class ReadScores:
    """What a model gave, as it is compared.

    Attributes:
        scores: float32 (N, C), in the class order of the data set; probabilities, unless they hold NaN or have
            another number of classes.
        were_logits: Whether a softmax, or a sigmoid, made the probabilities.
        was_one_score: Whether the model gave one score for two classes.
    """

    scores: "NDArray[np.float32]"
    were_logits: bool = False
    was_one_score: bool = False


@dataclass(frozen=True, kw_only=True)
class ModelInterface:
    """How one model is fed and read, bound to the classes of a data set.

    Attributes:
        encoding: How pixels go in.
        output: "probabilities" or "logits"; None: as the values show.
        order: For each class of the data set the model's column; None: the same order.
        columns: What each column is of, if the model knows more classes or names one twice; else None.
        two_classes: How two classes are told apart; None for other data sets.
        num_padded: C if the result has one column more, for classes that the data set lacks; else None.
        file_options: How the file is opened; None for edgekit's own files.
    """

    encoding: InputEncoding = field(default_factory=InputEncoding)
    output: str | None = None
    order: tuple[int, ...] | None = None
    columns: ClassColumns | None = None
    two_classes: TwoClasses | None = None
    num_padded: int | None = None
    file_options: FileOptions | None = None

    def widths(self, num_classes: int) -> tuple[int, ...]:
        """How many scores the model may give for `num_classes` classes of the data set, the usual number first."""
        usual = num_classes if self.columns is None else len(self.columns.classes)
        return (usual, 1) if self._may_be_one and usual == 2 else (usual,)

    def with_columns(self, columns: ClassColumns) -> "ModelInterface":
        """The same for a model whose scores are in these columns."""
        if columns.is_identity:
            return self
        return replace(self, order=columns.order) if columns.order is not None else replace(self, columns=columns)

    def opened_as(self, options: FileOptions) -> "ModelInterface":
        """The same for a file that is opened with `options`."""
        return replace(self, file_options=options)

    @property
    def knows_others(self) -> bool:
        """Whether the model knows classes that the data set lacks."""
        return self.columns is not None and self.columns.has_other

    def read(self, raw: "NDArray[np.float32]") -> ReadScores:
        """The model's scores float32 (N, columns) as probabilities by class: (N, C), or (N, C + 1), see `num_padded`.

        Scores of another number of columns, and scores that hold NaN, come back as they are: what is wrong with
        them is said where they are compared.

        Raises:
            VerificationError: They were announced as probabilities, and are not; or there are labels for other columns.
        """
        is_one = self.is_one_score(raw)
        self._check_columns(raw)
        if not len(raw) or not drift.are_finite(raw):
            return ReadScores(scores=self._by_class(raw, is_one), was_one_score=is_one)
        are_logits = self._are_logits(raw)
        if are_logits and self.output == "probabilities":
            lowest, highest = drift.range_of(raw)
            raise VerificationError(
                f"The scores run from {lowest:.4g} to {highest:.4g}, but were announced as probabilities. "
                f"Expected 0 to 1. Leave --output out, or say --output logits."
            )
        scores = self._by_class(_probabilities(raw, is_one) if are_logits else raw, is_one)
        return ReadScores(scores=scores, were_logits=are_logits, was_one_score=is_one)

    def _check_columns(self, raw: "NDArray[np.float32]") -> None:
        if self.columns is not None and raw.shape[1] != len(self.columns.classes):
            raise VerificationError(
                f"The labels name {counted(len(self.columns.classes), 'class')}; the model gives "
                f"{counted(raw.shape[1], 'score')} per image. Expected one name per line for each score, in the "
                f"model's order."
            )

    def is_one_score(self, raw: "NDArray[np.float32]") -> bool:
        """Whether `raw` holds one score for two classes."""
        return raw.ndim == 2 and raw.shape[1] == 1 and self._may_be_one

    @property
    def needs_all_scores(self) -> bool:
        """Whether only all images together show what a single score is: a few logits may all lie between 0 and 1."""
        return self.output is None and self._may_be_one and self.file_options is not None

    @property
    def _may_be_one(self) -> bool:
        return self.two_classes is not None and self.columns is None

    def _are_logits(self, scores: "NDArray[np.float32]") -> bool:
        """Whether these scores need a softmax: the user says so, or their values do."""
        return self.output == "logits" or not drift.are_probabilities(scores)

    def _by_class(self, scores: "NDArray[np.float32]", is_one: bool) -> "NDArray[np.float32]":
        """Probabilities by column as probabilities by class."""
        width = scores.shape[1]
        if self.columns is not None and width == len(self.columns.classes):
            scores = self.columns.gather(scores)
        elif self.order is not None and width == len(self.order):
            scores = _converted(scores, width, lambda part: part[:, list(self.order or ())])
        if self.two_classes is not None and (is_one or width == 2):
            scores = self._of_two(scores, is_one)
        return with_other_class(scores) if scores.shape[1] == self.num_padded else scores

    def _of_two(self, scores: "NDArray[np.float32]", is_one: bool) -> "NDArray[np.float32]":
        two = self.two_classes or TwoClasses()
        if not is_one:
            return decided(scores, two)
        return _converted(scores, 2, lambda part: two.decided(two.from_one(part)))

    @property
    def differences(self) -> str:
        """What differs from edgekit's own artifacts: "pixels as 0..1, channels as BGR"; "" if nothing does."""
        parts = []
        if self.encoding.range_text != RAW.text:
            parts.append(f"pixels as {self.encoding.range_text}")
        if self.encoding.channel_order != "rgb":
            parts.append(f"channels as {self.encoding.channel_order.upper()}")
        has_own_columns = self.columns is not None and self.file_options is not None
        if self.order is not None or has_own_columns:
            parts.append("classes in the model's own order")
        return ", ".join(parts)


def decided(scores: "NDArray[np.float32]", two: TwoClasses) -> "NDArray[np.float32]":
    """Probabilities of two classes, float32 (N, 2), stretched by their threshold; see `TwoClasses.decided`."""
    return scores if two.threshold == EVEN else _converted(scores, 2, two.decided)


def with_other_class(scores: "NDArray[np.float32]") -> "NDArray[np.float32]":
    """`scores` with one more column, which is 0: the model knows no class that the data set lacks."""
    import numpy as np

    return _converted(scores, scores.shape[1] + 1, lambda part: np.pad(part, ((0, 0), (0, 1))))


def _probabilities(logits: "NDArray[np.float32]", is_one: bool) -> "NDArray[np.float32]":
    convert = sigmoid if is_one else drift.softmax
    return _converted(logits, logits.shape[1], lambda part: convert(part).astype("f4"))


def _converted(
    scores: "NDArray[np.float32]", width: int, convert: "Callable[[NDArray[np.float32]], drift.Scores]"
) -> "NDArray[np.float32]":
    """`convert(scores)`, float32 (N, width), a piece at a time."""
    return put_together(
        lambda: (convert(scores[piece]) for piece in pieces(len(scores), scores)), (len(scores), width), scores.dtype
    )
