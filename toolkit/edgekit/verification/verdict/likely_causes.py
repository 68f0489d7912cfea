"""What may be wrong with a candidate that drifts: hints from its scores alone. Decides no verdict."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from edgekit.foundation.mapped_arrays import pieces
from edgekit.metrics.drift import are_probabilities, softmax, top_classes, top_margins
from edgekit.metrics.significance import mcnemar_p
from edgekit.tolerance import SIGNIFICANCE
from edgekit.verification.measuring.prediction_counts import PredictionCounts

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


def likely_causes(
    reference: "NDArray[np.float32]",
    candidate: "NDArray[np.float32]",
    labels: "NDArray[np.int64]",
    class_names: tuple[str, ...],
) -> tuple[str, ...]:
    """Whole sentences, none where nothing is recognised; arguments as in `measure`."""
    seen = _Seen.of(reference, candidate, labels)
    if seen.is_constant:
        return ("It gives the same scores for every image: its weights may be lost, or its input never reaches it.",)
    if seen.num_flipped < MIN_FLIPS:
        return _other_order(seen, class_names)
    return (
        _unrelated(seen, len(class_names))
        or _other_order(seen, class_names)
        or (*_hidden_by_accuracy(seen), *_sure_flips(seen))
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Seen:
    """What is read out of the scores.

    Attributes:
        outcomes: Of all images.
        num_sure_flips: Flips where the reference was sure.
        is_constant: Whether there are several images, and every one has the same scores.
    """

    outcomes: PredictionCounts
    num_sure_flips: int
    is_constant: bool

    @classmethod
    def of(
        cls, reference: "NDArray[np.float32]", candidate: "NDArray[np.float32]", labels: "NDArray[np.int64]"
    ) -> "_Seen":
        """Look at all images, a piece at a time."""
        import numpy as np

        parts, num_sure_flips, is_constant = [], 0, len(candidate) > 1
        first, is_plain = np.array(candidate[0]), are_probabilities(reference)
        for piece in pieces(len(labels), reference, candidate):
            expected, given = np.array(reference[piece]), np.array(candidate[piece])
            before, after = top_classes(expected), top_classes(given)
            parts.append(PredictionCounts.of(labels[piece], before, after))
            flipped = expected[before != after]
            if len(flipped):
                num_sure_flips += int((top_margins(flipped if is_plain else softmax(flipped)) > SURE).sum())
            is_constant = is_constant and bool((given == first).all())
        return cls(outcomes=PredictionCounts.together(parts), num_sure_flips=num_sure_flips, is_constant=is_constant)

    @property
    def num_flipped(self) -> int:
        """Images with another top class."""
        return self.outcomes.num_where(self.outcomes.before != self.outcomes.after)

    @cached_property
    def renamed(self) -> "NDArray[np.int64]":
        """For each class that the reference predicts what the candidate most often says: int64 (K, 4).

        Columns: the reference's class, the candidate's, images of both, images of the reference's class.
        """
        import numpy as np

        one = self.outcomes
        pairs, place = np.unique(np.stack([one.before, one.after]), axis=1, return_inverse=True)
        counts = np.bincount(place.ravel(), one.counts).astype(np.int64)
        order = np.lexsort((-counts, pairs[0]))
        starts = np.flatnonzero(np.r_[True, np.diff(pairs[0][order]) > 0])
        most = order[starts]
        return np.stack([*pairs[:, most], counts[most], np.add.reduceat(counts[order], starts)], axis=1)


def _unrelated(seen: _Seen, num_classes: int) -> tuple[str, ...]:
    """Whether the predictions agree no more often than chance would have it.

    Cohen's kappa = (agreement - chance) / (1 - chance), chance = sum over classes of the two shares' product.
    """
    import numpy as np

    one, n = seen.outcomes, seen.outcomes.num_images
    shares = [np.bincount(classes, one.counts, num_classes) / n for classes in (one.before, one.after)]
    chance, agreement = float(shares[0] @ shares[1]), 1 - seen.num_flipped / n
    is_consistent = int(seen.renamed[:, 2].sum()) > 0.5 * n
    if chance >= 1 or is_consistent or agreement - chance >= UNRELATED_KAPPA * (1 - chance):
        return ()
    return (
        f"Its predictions have nothing to do with the reference's: {agreement:.1%} agree, chance alone gives "
        f"{chance:.1%}.",
        "It may be another model, or have been given other images.",
    )


def _hidden_by_accuracy(seen: _Seen) -> tuple[str, ...]:
    """Whether flips in both directions cancel each other."""
    one = seen.outcomes
    was_right, is_right = one.before == one.labels, one.after == one.labels
    lost, gained = one.num_where(was_right & ~is_right), one.num_where(~was_right & is_right)
    if min(lost, gained) < MIN_FLIPS // 2 or mcnemar_p(lost, gained) < SIGNIFICANCE:
        return ()
    return (
        f"Accuracy hides it: {lost:,} images that were right are wrong now, and {gained:,} that were wrong are right.",
        "Noise in the weights does that, and so does another model of the same quality.",
    )


def _sure_flips(seen: _Seen) -> tuple[str, ...]:
    """Whether most flips are where the reference was sure; rounding flips the unsure ones first."""
    count, sure = seen.num_flipped, seen.num_sure_flips
    if 2 * sure <= count:
        return ()
    return (
        f"The reference was sure of {sure:,} of the {count:,} images that flipped (its two highest scores more than "
        f"{SURE:g} apart).",
        "This looks like another model or damaged weights: rounding flips unsure images first.",
    )


def _other_order(seen: _Seen, class_names: tuple[str, ...]) -> tuple[str, ...]:
    """Whether the candidate names the reference's classes consistently otherwise."""
    old, new, counts, totals = seen.renamed.T
    moved = old != new
    is_order = len(set(new.tolist())) == len(old) and bool((counts[moved] > 0.5 * totals[moved]).all())
    if not is_order or counts[moved].sum() < MIN_MOVED:
        return ()
    pairs = list(zip(old[moved], new[moved], strict=True))
    named = ", ".join(f"'{class_names[old]}' as '{class_names[new]}'" for old, new in pairs[:5])
    more = f" and {len(pairs) - 5} more" if len(pairs) > 5 else ""
    return (f"Its classes seem to be in another order: it gives {named}{more}. Look at the order of its labels.",)
