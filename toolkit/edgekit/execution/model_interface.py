"""How one model is fed, and how its scores become probabilities in the class order of the data set.

edgekit's own artifacts take raw RGB pixels and give probabilities in the order of the data set. External models may
not, and their files do not say. Knows no file and runs nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edgekit.foundation.errors import VerificationError
from edgekit.foundation.mapped_arrays import pieces, put_together
from edgekit.input_range import RAW, InputEncoding
from edgekit.metrics import drift

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
        were_logits: Whether a softmax made the probabilities.
    """

    scores: "NDArray[np.float32]"
    were_logits: bool = False


@dataclass(frozen=True, kw_only=True)
class ModelInterface:
    """How one model is fed and read, bound to the classes of a data set.

    Attributes:
        encoding: How pixels go in.
        output: "probabilities" or "logits"; None: as the values show.
        order: For each class of the data set the model's column; None: the same order.
    """

    encoding: InputEncoding = field(default_factory=InputEncoding)
    output: str | None = None
    order: tuple[int, ...] | None = None

    def read(self, raw: "NDArray[np.float32]") -> ReadScores:
        """The model's scores float32 (N, C) as probabilities in the order of the data set.

        Scores of another number of classes, and scores that hold NaN, come back as they are: what is wrong with
        them is said where they are compared.

        Raises:
            VerificationError: They were announced as probabilities, and are not.
        """
        scores = raw if self.order is None or len(self.order) != raw.shape[1] else _columns(raw, self.order)
        if not len(scores) or not drift.are_finite(scores) or not self._are_logits(scores):
            return ReadScores(scores=scores)
        if self.output == "probabilities":
            lowest, highest = drift.range_of(scores)
            raise VerificationError(
                f"The scores run from {lowest:.4g} to {highest:.4g}, but were announced as probabilities. "
                f"Expected 0 to 1. Leave --output out, or say --output logits."
            )
        probabilities = put_together(
            lambda: (drift.softmax(scores[piece]).astype("f4") for piece in pieces(len(scores), scores)),
            scores.shape,
            scores.dtype,
        )
        return ReadScores(scores=probabilities, were_logits=True)

    def _are_logits(self, scores: "NDArray[np.float32]") -> bool:
        """Whether these scores need a softmax: the user says so, or their values do."""
        return self.output == "logits" or not drift.are_probabilities(scores)

    @property
    def differences(self) -> str:
        """What differs from edgekit's own artifacts: "pixels as 0..1, channels as BGR"; "" where nothing does."""
        parts = []
        if self.encoding.range_text != RAW.text:
            parts.append(f"pixels as {self.encoding.range_text}")
        if self.encoding.channel_order != "rgb":
            parts.append(f"channels as {self.encoding.channel_order.upper()}")
        if self.order is not None:
            parts.append("classes in the model's own order")
        return ", ".join(parts)


def _columns(scores: "NDArray[np.float32]", order: Sequence[int]) -> "NDArray[np.float32]":
    """`scores[:, order]`, a piece at a time."""
    wanted = list(order)
    return put_together(
        lambda: (scores[piece][:, wanted] for piece in pieces(len(scores), scores)), scores.shape, scores.dtype
    )
