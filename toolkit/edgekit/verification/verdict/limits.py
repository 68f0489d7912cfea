"""From a Measurement and a Tolerance to a verdict in whole sentences. Measures nothing; see `edgekit.tolerance`."""

from collections.abc import Iterator

from edgekit.foundation.grammar import counted, listed, noun
from edgekit.tolerance import MIN_CLASS_IMAGES, SIGNIFICANCE, SLACK, Tolerance
from edgekit.verification.measuring.measurement import ClassResult, Measurement

MAX_NAMED_CLASSES = 5

ACCURACY_FELL, F1_FELL, FEW_AGREE, CLASS_LOST = "Accuracy fell", "F1 of class", "Only ", "Class "
"""How the reasons that say so begin."""


def broken_limits(
    measurement: Measurement, tolerance: Tolerance, *, is_subset: bool, counted_flips: int | None
) -> tuple[str, ...]:
    """One sentence for each limit that is broken; none means pass.

    Args:
        measurement: What was measured.
        tolerance: The limits of the candidate's precision.
        is_subset: Whether only a part of the test split was run.
        counted_flips: Flipped images outside `tolerance.tie_margin`; None where every image counts.
    """
    return (
        *_accuracy(measurement, tolerance.max_accuracy_drop, is_subset),
        *_f1(measurement, tolerance.max_f1_drop, is_subset),
        *_agreement(measurement, tolerance.min_agreement, counted_flips),
        *_ties(measurement, tolerance, counted_flips),
        *lost_classes(measurement, tolerance),
        *_score_difference(measurement, tolerance.max_score_difference),
    )


def format_p_value(value: float) -> str:
    """A p value with two digits, and none where it is next to nothing."""
    return "p < 0.0001" if value < 0.0001 else f"p = {value:.2g}"


def _accuracy(measurement: Measurement, limit: float | None, is_subset: bool) -> Iterator[str]:
    drop, one_image = -100 * measurement.accuracy_delta, 100 / measurement.num_images
    is_chance = is_subset and measurement.mcnemar_p >= SIGNIFICANCE
    if limit is not None and drop > limit + SLACK and not is_chance:
        yield (
            f"{ACCURACY_FELL} by {drop:.2f} points, from {measurement.reference_accuracy:.2%} to "
            f"{measurement.accuracy:.2%} (n = {measurement.num_images:,}, {format_p_value(measurement.mcnemar_p)}); "
            f"the limit is {limit:g}{f', less than one image: {one_image:.2f}' if 0 < limit < one_image else ''}."
        )


def _f1(measurement: Measurement, limit: float | None, is_subset: bool) -> Iterator[str]:
    if limit is None:
        return
    judged = [one for one in measurement.per_class if one.support >= (MIN_CLASS_IMAGES if is_subset else 1)]
    broken = sorted((one for one in judged if -100 * one.f1_delta > limit + SLACK), key=lambda one: one.f1_delta)
    if broken:
        worst = broken[0]
        yield (
            f"{F1_FELL} '{worst.class_name}' fell by {-100 * worst.f1_delta:.2f} points, to {worst.f1:.2%} "
            f"(n = {worst.support:,}){_others(broken[1:])}; the limit is {limit:g}."
        )


def _others(broken: list[ClassResult]) -> str:
    if not broken:
        return ""
    named = [f"'{one.class_name}' by {-100 * one.f1_delta:.2f}" for one in broken[: MAX_NAMED_CLASSES - 1]]
    unnamed = len(broken) - len(named)
    return ", " + listed([*named, *([counted(unnamed, "more class")] if unnamed else [])])


def _agreement(measurement: Measurement, limit: float | None, counted_flips: int | None) -> Iterator[str]:
    n = measurement.num_images
    flipped = round((1 - measurement.agreement) * n) if counted_flips is None else counted_flips
    share = 1 - flipped / n
    if limit is not None and 100 * share < limit - SLACK:
        ties = "" if counted_flips is None else ", ties left out"
        yield (
            f"{FEW_AGREE}{share:.2%} of the predictions agree with the reference ({flipped:,} of {n:,} flipped{ties}); "
            f"the limit is {limit:g} %."
        )


def _ties(measurement: Measurement, tolerance: Tolerance, counted_flips: int | None) -> Iterator[str]:
    """Whether ties, which agreement leaves out, are too many or cost too much to be rounding."""
    limit, n = tolerance.max_tie_flips, measurement.num_images
    if counted_flips is None or limit is None:
        return
    num_ties = round((1 - measurement.agreement) * n) - counted_flips
    if 100 * num_ties / n > limit + SLACK:
        yield (
            f"{num_ties:,} of {counted(n, 'prediction')} ({num_ties / n:.2%}) {noun(num_ties, 'differs', 'differ')} by "
            f"ties for the highest score, which agreement leaves out; the limit is {limit:g} %. "
            f"Rounding makes a few ties: where scores tie so often, they say nothing."
        )
    elif num_ties and tolerance.max_accuracy_drop is None and _is_worse(measurement):
        yield (
            f"{ACCURACY_FELL} by {-100 * measurement.accuracy_delta:.2f} points, from "
            f"{measurement.reference_accuracy:.2%} to {measurement.accuracy:.2%} (n = {n:,}, "
            f"{format_p_value(measurement.mcnemar_p)}): more than ties cost that fall one way or the other by chance."
        )


def _is_worse(measurement: Measurement) -> bool:
    return measurement.accuracy_delta < 0 and measurement.mcnemar_p < SIGNIFICANCE


def lost_classes(measurement: Measurement, tolerance: Tolerance) -> Iterator[str]:
    """A sentence where F1 has no limit and a class lost half of its recall or more, and more than by chance."""
    if tolerance.max_f1_drop is not None:
        return
    lost = [
        one
        for one in measurement.per_class
        if one.recall_mcnemar_p_holm < SIGNIFICANCE and one.recall <= -one.recall_delta
    ]
    if lost:
        worst, *others = sorted(lost, key=lambda one: one.recall_delta)
        more = f", and {listed([repr(one.class_name) for one in others[:MAX_NAMED_CLASSES]])}" if others else ""
        yield (
            f"{CLASS_LOST}'{worst.class_name}' is lost{more}: its recall fell by "
            f"{-100 * worst.recall_delta:.2f} points, to {worst.recall:.2%} "
            f"(n = {worst.support:,}, {format_p_value(worst.recall_mcnemar_p_holm)})."
        )


def _score_difference(measurement: Measurement, limit: float | None) -> Iterator[str]:
    difference = measurement.max_abs_score_difference
    if limit is not None and difference > limit:
        n = f"{measurement.num_images:,}"
        yield f"The largest score difference is {difference:.3g} (n = {n}); the limit is {limit:g}."
