"""What is verified: an artifact in a runtime. Used by every part of a verification. Runs nothing."""

from dataclasses import dataclass

from edgekit.artifact import Artifact, Precision
from edgekit.execution.model_interface import ModelInterface

PRECISION_OF_UNKNOWN = Precision.FLOAT32
"""The precision that a file without a known precision is judged by: the strictest."""


def one_score_words(subject: str, positive_class: str) -> str:
    """What a report says of a model that gives one score for two classes; `subject`: "It"."""
    return f"{subject} gives one score, of class '{positive_class}', which is read as a probability of each class."


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """An artifact in a runtime.

    Attributes:
        artifact: The file.
        runtime: A name in `edgekit.runtimes.RUNTIMES` that reads its format.
        name: What the report calls the file: its path in the run folder; "" for the file's own name.
        interface: How an external model is fed and read; None for an artifact of a run that gives probabilities.
        input_fault: Why its input cannot hold what it is fed, and what to do; None if it can.
        mistake: One sentence: which input or output options clearly fit better; see `input_check`.
        remark: One sentence to show with its row.
        can_overflow: Whether its int8 sums overflow in its runtime on x86 processors without VNNI.
        overflows_here: Whether this is such a processor.
        input_type: Element type of an integer file's input: "uint8"; None for others.
        output_type: Of its output.
        same_kernels_as: An earlier candidate's runtime whose kernels run this file too, as far as the file tells; None:
            it has kernels of its own.
    """

    artifact: Artifact
    runtime: str
    name: str = ""
    interface: ModelInterface | None = None
    input_fault: str | None = None
    mistake: str | None = None
    remark: str | None = None
    can_overflow: bool = False
    overflows_here: bool = False
    input_type: str | None = None
    output_type: str | None = None
    same_kernels_as: str | None = None

    @property
    def title(self) -> str:
        """One word or two for a person: "tflite int8 in litert-xnnpack"."""
        what = f"{self.artifact.format} {self.artifact.precision}" if self.artifact.precision else self.shown_name
        return f"{what} in {self.runtime}"

    @property
    def shown_name(self) -> str:
        """What the report calls the file."""
        return self.name or self.artifact.path.name

    @property
    def judged_as(self) -> Precision:
        """The precision whose limits count."""
        return self.artifact.precision or PRECISION_OF_UNKNOWN
