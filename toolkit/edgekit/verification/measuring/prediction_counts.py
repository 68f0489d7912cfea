"""Counts of images by true class, reference prediction and candidate prediction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.foundation.mapped_arrays import pieces
from edgekit.metrics.drift import Classes, Scores, top_classes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class PredictionCounts:
    """Every combination of true class and both predictions that occurs; all arrays are int64 (K,).

    Attributes:
        labels: The true class.
        before: The reference's top class.
        after: The candidate's.
        counts: Images of this combination.
    """

    labels: Classes
    before: Classes
    after: Classes
    counts: "NDArray[np.int64]"

    @classmethod
    def of(cls, labels: Classes, before: Classes, after: Classes) -> "PredictionCounts":
        """Count images, one an entry."""
        import numpy as np

        return cls._counted(np.stack([labels, before, after]), np.ones(len(labels), np.int64))

    @classmethod
    def of_one(cls, labels: Classes, scores: Scores) -> "PredictionCounts":
        """Of one model alone, a piece at a time: it is its own candidate.

        Args:
            labels: int64 (N,), the true classes.
            scores: float (N, C).
        """
        tops = ((piece, top_classes(scores[piece])) for piece in pieces(len(labels), scores))
        return cls.together([cls.of(labels[piece], top, top) for piece, top in tops])

    @classmethod
    def together(cls, parts: Sequence["PredictionCounts"]) -> "PredictionCounts":
        """All images of all `parts`."""
        import numpy as np

        rows = np.concatenate([np.stack([part.labels, part.before, part.after]) for part in parts], axis=1)
        return cls._counted(rows, np.concatenate([part.counts for part in parts]))

    @classmethod
    def _counted(cls, rows: "NDArray[np.int64]", counts: "NDArray[np.int64]") -> "PredictionCounts":
        import numpy as np

        order = np.lexsort(rows[::-1])
        rows, counts = rows[:, order], counts[order]
        starts = np.flatnonzero(np.r_[True, (rows[:, 1:] != rows[:, :-1]).any(axis=0)])
        labels, before, after = rows[:, starts]
        return cls(labels=labels, before=before, after=after, counts=np.add.reduceat(counts, starts))

    @property
    def num_images(self) -> int:
        """All images."""
        return int(self.counts.sum())

    def num_where(self, chosen: "NDArray[np.bool_]") -> int:
        """Images of the combinations that are `chosen`, bool (K,)."""
        return int(self.counts[chosen].sum())

    def per_class(self, chosen: "NDArray[np.bool_]", num_classes: int) -> "NDArray[np.int64]":
        """Images of the combinations that are `chosen`, by true class: int64 (C,)."""
        import numpy as np

        return np.bincount(self.labels[chosen], self.counts[chosen], num_classes).astype(np.int64)
