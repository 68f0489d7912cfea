"""From a Measurement and a Tolerance to broken limits in whole sentences. Measures nothing; see `edgekit.tolerance`."""

import math
from collections.abc import Iterator

from edgekit.foundation.grammar import counted, listed, noun
from edgekit.metrics.sample_size import binomial_tail, images_to_decide_change, images_to_decide_share
from edgekit.tolerance import MIN_CLASS_IMAGES, SIGNIFICANCE, SLACK, Tolerance
from edgekit.verification.measuring.measurement import ClassResult, Measurement
from edgekit.verification.verdict.findings import Finding, Loss, finding

MAX_NAMED_CLASSES = 5

ACCURACY_FELL, F1_FELL, FEW_AGREE, CLASS_LOST = "Accuracy fell", "F1 of class", "Only ", "Class "
"""How the reasons that say so begin."""


def broken_limits(
    measurement: Measurement, tolerance: Tolerance, *, is_subset: bool, counted_flips: int | None
) -> tuple[Finding, ...]:
    """One finding for each limit that is broken; none means pass.

    Args:
        measurement: What was measured.
        tolerance: The limits of the candidate's precision.
        is_subset: Whether only a part of the test split was run.
        counted_flips: Flipped images outside `tolerance.tie_margin`; None if every image counts.
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
    """A p value with two digits, and none if it is next to nothing."""
    return "p < 0.0001" if value < 0.0001 else f"p = {value:.2g}"


def _accuracy(measurement: Measurement, limit: float | None, is_subset: bool) -> Iterator[Finding]:
    drop, one_image = -100 * measurement.accuracy_delta, 100 / measurement.num_images
    if limit is not None and drop > limit + SLACK:
        sentence = (
            f"{ACCURACY_FELL} by {drop:.2f} points, from {measurement.reference_accuracy:.2%} to "
            f"{measurement.accuracy:.2%} (n = {measurement.num_images:,}, {format_p_value(measurement.mcnemar_p)}); "
            f"the limit is {limit:g}{f', less than one image: {one_image:.2f}' if 0 < limit < one_image else ''}."
        )
        loss = Loss(
            change=drop,
            limit=limit,
            one_image=one_image,
            p_value=measurement.mcnemar_p,
            num_images=_images_for_accuracy(measurement, limit),
            counts_by_size=not is_subset,
        )
        yield finding("max_accuracy_drop", sentence, loss)


def _images_for_accuracy(measurement: Measurement, limit: float) -> int | None:
    """Images after which the loss would be significant, and one of them worth no more than the limit."""
    flips, ties = measurement.flips, measurement.tie_flips
    worse, better = flips.right_to_wrong + ties.right_to_wrong, flips.wrong_to_right + ties.wrong_to_right
    found = images_to_decide_change(worse, better, measurement.num_images)
    return None if found is None else max(found, math.ceil(100 / limit) if limit > 0 else 0)


def _f1(measurement: Measurement, limit: float | None, is_subset: bool) -> Iterator[Finding]:
    if limit is None:
        return
    judged = [one for one in measurement.per_class if one.support >= (MIN_CLASS_IMAGES if is_subset else 1)]
    broken = sorted((one for one in judged if -100 * one.f1_delta > limit + SLACK), key=lambda one: one.f1_delta)
    losses = {one.class_name: _loss_of_class(one, limit, is_subset) for one in broken}
    certain = [one for one in broken if losses[one.class_name].is_certain]
    if named := certain or broken:
        worst = named[0]
        sentence = (
            f"{F1_FELL} '{worst.class_name}' fell by {-100 * worst.f1_delta:.2f} points, to {worst.f1:.2%} "
            f"(n = {worst.support:,}){_others(named[1:])}; the limit is {limit:g}."
        )
        yield finding("max_f1_drop", sentence, losses[worst.class_name])


def _loss_of_class(one: ClassResult, limit: float, is_subset: bool) -> Loss:
    """What a class lost; F1 = 2 TP / (2 TP + FP + FN) changes by some 100 / n points with each of its n images."""
    return Loss(
        change=-100 * one.f1_delta,
        limit=limit,
        one_image=100 / max(1, one.support),
        p_value=one.error_mcnemar_p_holm,
        num_images=images_to_decide_change(one.new_errors, one.mended_errors, max(1, one.support)),
        of_class=one.class_name,
        counts_by_size=not is_subset,
    )


def _others(broken: list[ClassResult]) -> str:
    if not broken:
        return ""
    named = [f"'{one.class_name}' by {-100 * one.f1_delta:.2f}" for one in broken[: MAX_NAMED_CLASSES - 1]]
    unnamed = len(broken) - len(named)
    return ", " + listed([*named, *([counted(unnamed, "more class")] if unnamed else [])])


def _agreement(measurement: Measurement, limit: float | None, counted_flips: int | None) -> Iterator[Finding]:
    n = measurement.num_images
    flipped = round((1 - measurement.agreement) * n) if counted_flips is None else counted_flips
    share = 1 - flipped / n
    if limit is not None and 100 * share < limit - SLACK:
        ties = "" if counted_flips is None else ", ties left out"
        sentence = (
            f"{FEW_AGREE}{share:.2%} of the predictions agree with the reference ({flipped:,} of {n:,} flipped{ties}); "
            f"the limit is {limit:g} %."
        )
        accepted = 1 - limit / 100
        loss = Loss(
            change=100 * flipped / n,
            limit=100 * accepted,
            one_image=100 / n,
            p_value=binomial_tail(flipped, n, accepted),
            num_images=images_to_decide_share(flipped, n, accepted) if accepted > 0 else None,
        )
        yield finding("min_agreement", sentence, loss)


def _ties(measurement: Measurement, tolerance: Tolerance, counted_flips: int | None) -> Iterator[Finding]:
    """Whether ties, which agreement leaves out, are too many or cost too much to be rounding."""
    limit, n = tolerance.max_tie_flips, measurement.num_images
    if counted_flips is None or limit is None:
        return
    num_ties = round((1 - measurement.agreement) * n) - counted_flips
    if 100 * num_ties / n > limit + SLACK:
        yield Finding(
            limit="max_tie_flips",
            sentence=(
                f"{num_ties:,} of {counted(n, 'prediction')} ({num_ties / n:.2%}) "
                f"{noun(num_ties, 'differs', 'differ')} by ties for the highest score, which agreement "
                f"leaves out; the limit is {limit:g} %. Rounding makes a few ties: scores "
                f"that tie so often are meaningless."
            ),
        )
    elif num_ties and tolerance.max_accuracy_drop is None and _is_worse(measurement):
        yield Finding(
            limit="max_tie_flips",
            sentence=(
                f"{ACCURACY_FELL} by {-100 * measurement.accuracy_delta:.2f} points, from "
                f"{measurement.reference_accuracy:.2%} to {measurement.accuracy:.2%} (n = {n:,}, "
                f"{format_p_value(measurement.mcnemar_p)}): more than ties cost that fall one way or the "
                f"other by chance."
            ),
        )


def _is_worse(measurement: Measurement) -> bool:
    return measurement.accuracy_delta < 0 and measurement.mcnemar_p < SIGNIFICANCE


def lost_classes(measurement: Measurement, tolerance: Tolerance) -> Iterator[Finding]:
    """A finding if F1 has no limit and a class lost half of its recall or more, and more than by chance."""
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
        yield Finding(
            limit="",
            sentence=(
                f"{CLASS_LOST}'{worst.class_name}' is lost{more}: its recall fell by "
                f"{-100 * worst.recall_delta:.2f} points, to {worst.recall:.2%} "
                f"(n = {worst.support:,}, {format_p_value(worst.recall_mcnemar_p_holm)})."
            ),
        )


def _score_difference(measurement: Measurement, limit: float | None) -> Iterator[Finding]:
    difference = measurement.max_abs_score_difference
    if limit is not None and difference > limit:
        n = f"{measurement.num_images:,}"
        sentence = f"The largest score difference is {difference:.3g} (n = {n}); the limit is {limit:g}."
        yield Finding(limit="max_score_difference", sentence=sentence)
