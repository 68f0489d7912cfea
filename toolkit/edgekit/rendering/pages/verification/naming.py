"""What the page calls a row, and where it is in full."""

from edgekit.verification.verdict.report import CandidateReport


def title(row: CandidateReport, *, by_file: bool = False) -> str:
    """A row in words: "int8 tflite in litert-xnnpack"; by its file where others have the same precision."""
    if by_file or row.precision is None:
        return f"{row.artifact} in {row.runtime}"
    return f"{row.precision} {row.format} in {row.runtime}"


def anchor(number: int) -> str:
    """The id of the row of that number, from 1, in full."""
    return f"candidate-{number}"
