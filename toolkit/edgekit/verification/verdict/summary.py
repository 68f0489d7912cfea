"""A row in words: its verdict and the measurement after it, in short sentences. Decides nothing."""

from collections.abc import Sequence

from edgekit.foundation.grammar import counted, noun
from edgekit.tolerance import SIGNIFICANCE
from edgekit.verification.measuring.measurement import ClassResult, Measurement
from edgekit.verification.verdict.limits import ACCURACY_FELL, CLASS_LOST, F1_FELL, FEW_AGREE, format_p_value
from edgekit.verification.verdict.report import CandidateReport

MIN_NAMED_LOSS = 0.005
"""A loss of recall below this names no class, unless it is more than chance."""

FEW_FLIPS = 20
"""So few flips are counted; more are given as a share."""


def summary_sentence(row: CandidateReport) -> str:
    """The `summary` of a row: "int8 in litert-xnnpack: pass. 0.21 points lower, not significant (p = 0.31). ..."."""
    said = [measurement_sentences(row.measurement)] if row.measurement else list(row.reasons[:1])
    return " ".join([f"{row.label} in {row.runtime}: {row.verdict}.", *said])


def measurement_sentences(one: Measurement) -> str:
    """What was measured, most important first."""
    if one.agreement == 1:
        return (
            f"The same prediction on {_all(one.num_images)}; "
            f"the largest score difference is {one.max_abs_score_difference:.2g}."
        )
    return _sentences([_accuracy(one), *_flips(one), *_ties(one), *_classes(one)])


def changes_beyond_reasons(one: Measurement, reasons: Sequence[str]) -> str:
    """What the reasons of a row that does not pass leave out; "" if they leave out nothing."""
    if one.agreement == 1:
        return ""
    said = {
        (ACCURACY_FELL,): [_accuracy(one)],
        (FEW_AGREE,): [*_flips(one), *_ties(one)],
        (F1_FELL, CLASS_LOST): _classes(one),
    }
    is_missing = {starts: not any(reason.startswith(starts) for reason in reasons) for starts in said}
    return _sentences([part for starts, parts in said.items() if is_missing[starts] for part in parts])


def _sentences(parts: Sequence[str]) -> str:
    return " ".join(f"{part[:1].upper()}{part[1:]}." for part in parts)


def _all(num_images: int) -> str:
    return "the one image" if num_images == 1 else f"all {num_images:,} images"


def _accuracy(one: Measurement) -> str:
    if one.accuracy_delta == 0:
        return "accuracy unchanged"
    direction = "lower" if one.accuracy_delta < 0 else "higher"
    significance = "significant" if one.mcnemar_p < SIGNIFICANCE else "not significant"
    return f"{100 * abs(one.accuracy_delta):.2f} points {direction}, {significance} ({format_p_value(one.mcnemar_p)})"


def _flips(one: Measurement) -> list[str]:
    total, predictions = one.flips.total, counted(one.num_images, "prediction")
    if total == 0:
        return []
    how_many = f"{total:,}" if total < FEW_FLIPS else _percent(total / one.num_images)
    return [f"{how_many} of {predictions} flipped{_unsure(one)}"]


def _unsure(one: Measurement) -> str:
    if one.near_tie_flips is None:
        return ""
    total, unsure = one.flips.total, one.near_tie_flips.total
    share = f"{unsure:,}" if total < FEW_FLIPS else f"{100 * unsure / total:.0f} %"
    if total == unsure:
        share = "all"
    elif unsure == 0:
        share = "none"
    whose = "" if total == unsure == 1 else f" {share} of them"
    return f",{whose} where the reference was itself unsure"


def _ties(one: Measurement) -> list[str]:
    count = one.tie_flips.total
    if not count:
        return []
    differ = noun(count, "differs", "differ")
    if one.flips.total:
        return [f"{count:,} more {differ} only by a tie"]
    return [f"{count:,} of {counted(one.num_images, 'prediction')} {differ}, only by a tie for the highest score"]


def _classes(one: Measurement) -> list[str]:
    """The class that lost most recall; if some lost by more than chance, the one of them that lost most.

    None if the loss is not evidence at all (p = 1).
    """
    significant = [each for each in one.per_class if each.recall_delta < 0 and _is_significant(each)]
    lost = significant or [
        each for each in one.per_class if each.recall_delta <= -MIN_NAMED_LOSS and each.recall_mcnemar_p_holm < 1
    ]
    if not lost:
        return []
    worst = min(lost, key=lambda each: each.recall_delta)
    others = len(significant) - 1
    more = f", {others} more {noun(others, 'loses', 'lose')} significantly" if others > 0 else ""
    significance = "significant, " if significant else ""
    return [
        f"'{worst.class_name}' loses {-100 * worst.recall_delta:.1f} points of recall "
        f"({significance}{format_p_value(worst.recall_mcnemar_p_holm)}){more}"
    ]


def _is_significant(result: ClassResult) -> bool:
    return result.recall_mcnemar_p_holm < SIGNIFICANCE


def _percent(share: float) -> str:
    """With one digit, or as many as it takes to be more than 0."""
    return f"{100 * share:.1f} %" if share >= 0.0005 else f"{100 * share:.2g} %"
