"""Numbers and verdicts as the page writes them."""

from edgekit.rendering.pages.html import Html, badge
from edgekit.rendering.pages.html.components import Tone
from edgekit.verification.verdict.report import CandidateReport, Verdict

MINUS = "\N{MINUS SIGN}"

TONES: dict[Verdict, Tone] = {
    Verdict.PASS: "good",
    Verdict.DRIFT: "warning",
    Verdict.ERROR: "bad",
    Verdict.NOT_COMPARED: "neutral",
}


def points(change: float, digits: int = 2) -> str:
    """A change of a share, -1 to 1, in points of a hundred, with + or a minus sign: "+0.18"; "0.00" for none."""
    written = f"{100 * change:+.{digits}f}"
    return written.lstrip("+-") if float(written) == 0 else written.replace("-", MINUS)


def percent(share: float) -> str:
    """A share, 0 to 1: "86.87 %"."""
    return f"{100 * share:.2f} %"


def p_value(p: float) -> str:
    """A probability: "0.31", "< 0.0001"."""
    return "< 0.0001" if p < 0.0001 else f"{p:.2g}"


def size(num_bytes: int) -> str:
    """Bytes in the unit that suits: "812 B", "97 kB", "1.25 MB"."""
    for unit, name in ((1e9, "GB"), (1e6, "MB")):
        if num_bytes >= unit:
            return f"{num_bytes / unit:,.2f} {name}"
    return f"{num_bytes / 1000:,.0f} kB" if num_bytes >= 1000 else f"{num_bytes} B"


def verdict(row: CandidateReport) -> Html:
    """Its verdict as a badge."""
    return badge(row.verdict.value, TONES[row.verdict])


def title(row: CandidateReport, *, by_file: bool = False) -> str:
    """A row in words: "int8 tflite in litert-xnnpack"; by its file where others have the same precision."""
    if by_file or row.precision is None:
        return f"{row.artifact} in {row.runtime}"
    return f"{row.precision} {row.format} in {row.runtime}"


def anchor(number: int) -> str:
    """Where the row of that number, from 1, stands in full."""
    return f"candidate-{number}"
