"""What may be wrong with a candidate that drifts: hints from its scores alone. Decides no verdict."""

from typing import TYPE_CHECKING

from edgekit.metrics.drift import are_probabilities, flips, softmax, top_classes, top_margins
from edgekit.metrics.significance import mcnemar_p
from edgekit.tolerance import SIGNIFICANCE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MIN_MOVED = 3
"""Images that another order of classes must explain before it is suspected."""

MIN_FLIPS = 20
"""Flips below which nothing is read out of their kind."""

SURE = 0.5
"""The reference is sure of an image where its two highest probabilities lie more than this apart."""

UNRELATED_KAPPA = 0.1
"""Cohen's kappa of the predictions below which candidate and reference have nothing in common."""


def suspicions(
    reference: "NDArray[np.float32]",
    candidate: "NDArray[np.float32]",
    labels: "NDArray[np.int64]",
    class_names: tuple[str, ...],
) -> tuple[str, ...]:
    """Whole sentences, none where nothing is recognised; arguments as in `measure`."""
    if len(candidate) > 1 and bool((candidate == candidate[0]).all()):
        return ("It gives the same scores for every image: its weights may be lost, or its input never reaches it.",)
    before, after = top_classes(reference), top_classes(candidate)
    if int((before != after).sum()) < MIN_FLIPS:
        return _other_order(before, after, class_names)
    return (
        _unrelated(before, after, len(class_names))
        or _other_order(before, after, class_names)
        or (*_hidden_by_accuracy(reference, candidate, labels), *_sure_flips(reference, before != after))
    )


def _unrelated(before: "NDArray[np.int64]", after: "NDArray[np.int64]", num_classes: int) -> tuple[str, ...]:
    """Whether the predictions agree no more often than chance would have it.

    Cohen's kappa = (agreement - chance) / (1 - chance), chance = sum over classes of the two shares' product.
    """
    import numpy as np

    shares = [np.bincount(classes, minlength=num_classes) / len(before) for classes in (before, after)]
    chance, agreement = float(shares[0] @ shares[1]), float((before == after).mean())
    moved = np.zeros((num_classes, num_classes), dtype=np.int64)
    np.add.at(moved, (before, after), 1)
    is_consistent = moved.max(axis=1).sum() > 0.5 * len(before)
    if chance >= 1 or is_consistent or agreement - chance >= UNRELATED_KAPPA * (1 - chance):
        return ()
    return (
        f"Its predictions have nothing to do with the reference's: {agreement:.1%} agree, chance alone gives "
        f"{chance:.1%}.",
        "It may be another model, or have been given other images.",
    )


def _hidden_by_accuracy(
    reference: "NDArray[np.float32]", candidate: "NDArray[np.float32]", labels: "NDArray[np.int64]"
) -> tuple[str, ...]:
    """Whether flips in both directions cancel each other."""
    found = flips(reference, candidate, labels, top_classes(reference) != top_classes(candidate))
    lost, gained = found.right_to_wrong, found.wrong_to_right
    if min(lost, gained) < MIN_FLIPS // 2 or mcnemar_p(lost, gained) < SIGNIFICANCE:
        return ()
    return (
        f"Accuracy hides it: {lost:,} images that were right are wrong now, and {gained:,} that were wrong are right.",
        "Noise in the weights does that, and so does another model of the same quality.",
    )


def _sure_flips(reference: "NDArray[np.float32]", flipped: "NDArray[np.bool_]") -> tuple[str, ...]:
    """Whether most flips are where the reference was sure; rounding flips the unsure ones first."""
    probabilities = reference if are_probabilities(reference) else softmax(reference)
    count, sure = int(flipped.sum()), int((top_margins(probabilities)[flipped] > SURE).sum())
    if 2 * sure <= count:
        return ()
    return (
        f"The reference was sure of {sure:,} of the {count:,} images that flipped (its two highest scores more than "
        f"{SURE:g} apart).",
        "This looks like another model or damaged weights: rounding flips unsure images first.",
    )


def _other_order(
    reference: "NDArray[np.int64]", candidate: "NDArray[np.int64]", class_names: tuple[str, ...]
) -> tuple[str, ...]:
    """Whether the candidate names the reference's classes consistently otherwise."""
    import numpy as np

    counts = np.zeros((len(class_names), len(class_names)), dtype=np.int64)
    np.add.at(counts, (reference, candidate), 1)
    seen = np.flatnonzero(counts.sum(axis=1))
    renamed = counts[seen].argmax(axis=1)
    moved = seen != renamed
    shares = counts[seen, renamed] / counts[seen].sum(axis=1)
    is_order = len(set(renamed.tolist())) == len(seen) and bool((shares[moved] > 0.5).all())
    if not is_order or counts[seen, renamed][moved].sum() < MIN_MOVED:
        return ()
    pairs = list(zip(seen[moved], renamed[moved], strict=True))
    named = ", ".join(f"'{class_names[old]}' as '{class_names[new]}'" for old, new in pairs[:5])
    more = f" and {len(pairs) - 5} more" if len(pairs) > 5 else ""
    return (f"Its classes seem to be in another order: it gives {named}{more}. Look at the order of its labels.",)
