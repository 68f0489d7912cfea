"""Models made elsewhere: what goes into them, what comes out, and in which order their classes stand.

edgekit's own artifacts take raw RGB pixels and give probabilities in the order of the data set. Others may not,
and their files do not say. Runs nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.foundation.errors import UsageError, VerificationError
from edgekit.foundation.grammar import counted
from edgekit.foundation.mapped_arrays import pieces, put_together
from edgekit.input_range import RAW, InputEncoding
from edgekit.metrics import drift

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

OUTPUTS = ("probabilities", "logits")
MAX_NAMED = 10


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

    def probabilities(self, raw: "NDArray[np.float32]") -> "NDArray[np.float32]":
        """The model's scores float32 (N, C) as probabilities in the order of the data set.

        Scores of another number of classes, and scores that hold NaN, come back as they are: what is wrong with
        them is said where they are compared.

        Raises:
            VerificationError: They were announced as probabilities, and are not.
        """
        scores = raw if self.order is None or len(self.order) != raw.shape[1] else _columns(raw, self.order)
        if not len(scores) or not drift.are_finite(scores):
            return scores
        if not self.gives_logits(scores):
            return scores
        if self.output == "probabilities":
            lowest, highest = drift.range_of(scores)
            raise VerificationError(
                f"The scores run from {lowest:.4g} to {highest:.4g}, but were announced as probabilities. "
                f"Expected 0 to 1. Leave --output out, or say --output logits."
            )
        return put_together(
            lambda: (drift.softmax(scores[piece]).astype("f4") for piece in pieces(len(scores), scores)),
            scores.shape,
            scores.dtype,
        )

    def gives_logits(self, scores: "NDArray[np.float32]") -> bool:
        """Whether these scores of the model, float32 (N, C), need a softmax: said so, or seen by their values."""
        return self.output == "logits" or not drift.are_probabilities(scores)

    @property
    def words(self) -> str:
        """What differs from edgekit's own artifacts, for a person; "" where nothing does."""
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


@dataclass(frozen=True, kw_only=True)
class ExternalModelOptions:
    """What a user says of models made elsewhere; None where nothing was said.

    What is said of the candidates holds for a reference model too, unless something else is said of it.

    Attributes:
        input_range: What `InputEncoding.parse` reads.
        channel_order: "rgb" or "bgr".
        output: "probabilities" or "logits".
        labels: A file of class names in the model's order.
        reference_input_range: `input_range` of the reference model.
        reference_channel_order: `channel_order` of the reference model.
        reference_labels: `labels` of the reference model, or of a file of scores.
        check_inputs: Whether likely mistakes are looked for on training images.
    """

    input_range: str | None = None
    channel_order: str | None = None
    output: str | None = None
    labels: Path | None = None
    reference_input_range: str | None = None
    reference_channel_order: str | None = None
    reference_labels: Path | None = None
    check_inputs: bool = True

    def __post_init__(self) -> None:
        if self.output not in (None, *OUTPUTS):
            raise UsageError(f"--output must be {' or '.join(OUTPUTS)}. Received '{self.output}'.")
        for text in (self.input_range, self.reference_input_range):
            InputEncoding.parse(text or RAW.text, self.channel_order or "rgb")
        InputEncoding(channel_order=self.reference_channel_order or "rgb")

    @property
    def said_of_candidates(self) -> tuple[str, ...]:
        """The options that count for candidates and were given: "--input-range"."""
        return self._given("input_range", "channel_order", "output", "labels")

    @property
    def said_of_reference(self) -> tuple[str, ...]:
        """The options that count for the reference alone and were given."""
        return self._given("reference_input_range", "reference_channel_order", "reference_labels")

    def _given(self, *names: str) -> tuple[str, ...]:
        return tuple("--" + name.replace("_", "-") for name in names if getattr(self, name) is not None)

    def of_candidates(self, class_names: Sequence[str]) -> ModelInterface:
        """How candidates are fed and read.

        Raises:
            UsageError: The file of labels cannot be read.
            VerificationError: The labels are no permutation of `class_names`.
        """
        return _interface(self.input_range, self.channel_order, self.output, self.labels, class_names)

    def of_reference(self, class_names: Sequence[str]) -> ModelInterface:
        """How a reference model is fed and read; raises as `of_candidates`. Its output is found from the values."""
        return _interface(
            self.reference_input_range or self.input_range,
            self.reference_channel_order or self.channel_order,
            None,
            self.reference_labels or self.labels,
            class_names,
        )


def _interface(
    range_text: str | None, channels: str | None, output: str | None, labels: Path | None, class_names: Sequence[str]
) -> ModelInterface:
    return ModelInterface(
        encoding=InputEncoding.parse(range_text or RAW.text, channels or "rgb"),
        output=output,
        order=column_order(read_labels(labels), class_names, str(labels)) if labels else None,
    )


def read_labels(path: Path) -> tuple[str, ...]:
    """The class names in `path`, one a line; empty lines are left out. Raises UsageError."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise UsageError(f"The labels {path} cannot be read: {reason}. Expected one class name a line.") from error
    return tuple(line.strip() for line in lines if line.strip())


def column_order(
    model_names: Sequence[str], dataset_names: Sequence[str], source: str = "The labels"
) -> tuple[int, ...] | None:
    """For each class of the data set the model's column; None where both orders are the same.

    Raises:
        VerificationError: `model_names` is no permutation of `dataset_names`.
    """
    if tuple(model_names) == tuple(dataset_names):
        return None
    missing = [name for name in dataset_names if name not in model_names]
    unknown = [name for name in model_names if name not in dataset_names]
    repeated = sorted({name for name in model_names if list(model_names).count(name) > 1})
    problems = [
        f"{what} {listed(names)}"
        for what, names in (("missing:", missing), ("not in the data set:", unknown), ("named twice:", repeated))
        if names
    ]
    if problems:
        raise VerificationError(
            f"{source} must name each of the {counted(len(dataset_names), 'class')} of the data set once, in the "
            f"model's order. Received {counted(len(model_names), 'name')}; {'; '.join(problems)}."
        )
    positions = {name: index for index, name in enumerate(model_names)}
    return tuple(positions[name] for name in dataset_names)


def listed(names: Sequence[str]) -> str:
    """Names for a person, the first MAX_NAMED of them: "'cat', 'dog'"."""
    more = f" and {len(names) - MAX_NAMED:,} more" if len(names) > MAX_NAMED else ""
    return ", ".join(f"'{name}'" for name in names[:MAX_NAMED]) + more
