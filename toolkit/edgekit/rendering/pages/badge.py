"""A word in colour, such as a verdict."""

from dataclasses import dataclass
from typing import Literal

from edgekit.verification.verdict.report import Verdict

Tone = Literal["good", "warning", "bad", "neutral"]
"""What a colour means; the words beside it say the same."""

TONES: dict[Verdict, Tone] = {
    Verdict.PASS: "good",
    Verdict.DRIFT: "warning",
    Verdict.ERROR: "bad",
    Verdict.OUTDATED: "warning",
}


@dataclass(frozen=True, kw_only=True)
class Badge:
    """A word and its tone."""

    words: str
    tone: Tone


def tone_of(verdict: Verdict) -> Tone:
    """The colour of a verdict; one that is neither good nor bad is neutral."""
    return TONES.get(verdict, "neutral")


def verdict_badge(verdict: Verdict) -> Badge:
    """A verdict in its colour."""
    return Badge(words=verdict.words, tone=tone_of(verdict))
