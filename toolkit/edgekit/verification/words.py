"""A row in words: its verdict and what stands behind it, in one or two sentences. Decides nothing."""

from edgekit.tolerance import SIGNIFICANCE
from edgekit.verification.measurement import ClassResult, Measurement
from edgekit.verification.report import CandidateReport

MIN_NAMED_LOSS = 0.0005
"""A loss of recall below this rounds to 0.0 points and names no class."""


def in_words(row: CandidateReport) -> str:
    """The `summary` of a row: "int8 in litert-xnnpack: pass. 0.21 points lower, not significant (p = 0.31); ..."."""
    said = [measured_in_words(row.measurement)] if row.measurement else list(row.reasons[:1])
    return " ".join([f"{row.label} in {row.runtime}: {row.verdict}.", *said])


def measured_in_words(one: Measurement) -> str:
    """What was measured, as one sentence, most important first."""
    if one.agreement == 1:
        return (
            f"The same prediction on all {one.num_images:,} images; "
            f"the largest score difference is {one.max_abs_score_difference:.2g}."
        )
    parts = [_accuracy(one), _flips(one), *_ties(one), *_classes(one)]
    return "; ".join(parts)[:1].upper() + "; ".join(parts)[1:] + "."


def _accuracy(one: Measurement) -> str:
    if one.accuracy_delta == 0:
        return "accuracy unchanged"
    direction = "lower" if one.accuracy_delta < 0 else "higher"
    significance = "significant" if one.mcnemar_p < SIGNIFICANCE else "not significant"
    return f"{100 * abs(one.accuracy_delta):.2f} points {direction}, {significance} ({_p(one.mcnemar_p)})"


def _flips(one: Measurement) -> str:
    total = one.flips.total
    if total == 0:
        return f"no prediction of {one.num_images:,} flipped"
    unsure = ""
    if one.near_tie_flips is not None:
        unsure = f", {100 * one.near_tie_flips.total / total:.0f} % of them where the float model was itself unsure"
    return f"{_percent(total / one.num_images)} of {one.num_images:,} predictions flipped{unsure}"


def _ties(one: Measurement) -> list[str]:
    count = one.tie_flips.total
    return [f"{count:,} more {'differs' if count == 1 else 'differ'} only by a tie"] if count else []


def _classes(one: Measurement) -> list[str]:
    """The class that lost most recall; where some lost by more than chance, the one of them that lost most."""
    significant = [each for each in one.per_class if each.recall_delta < 0 and _is_significant(each)]
    lost = significant or [each for each in one.per_class if each.recall_delta <= -MIN_NAMED_LOSS]
    if not lost:
        return []
    worst = min(lost, key=lambda each: each.recall_delta)
    more = f", {len(significant) - 1} more lose significantly" if len(significant) > 1 else ""
    significance = "significant, " if significant else ""
    return [
        f"'{worst.class_name}' loses {-100 * worst.recall_delta:.1f} points of recall "
        f"({significance}{_p(worst.recall_mcnemar_p_holm)}){more}"
    ]


def _is_significant(result: ClassResult) -> bool:
    return result.recall_mcnemar_p_holm < SIGNIFICANCE


def _p(value: float) -> str:
    return "p < 0.0001" if value < 0.0001 else f"p = {value:.2g}"


def _percent(share: float) -> str:
    """With one digit, or as many as it takes to be more than 0."""
    return f"{100 * share:.1f} %" if share >= 0.0005 else f"{100 * share:.2g} %"
