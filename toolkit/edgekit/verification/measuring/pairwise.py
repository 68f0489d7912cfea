"""How often candidates agree with each other: each may pass and still differ from another."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, TypedDict

from edgekit.foundation.files.schema import Count, SchemaError, Share, conform
from edgekit.foundation.mapped_arrays import pieces

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class TopClasses:
    """The top classes of one candidate: all that is kept of its scores, one byte per image up to 256 classes.

    Attributes:
        indices: int64 (n,), ascending: which images of the split it was run on; None: all of them.
        classes: unsigned (n,), its top classes, ties broken by the lowest index.
    """

    indices: "NDArray[np.int64] | None"
    classes: "NDArray[np.unsignedinteger[Any]]"


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two candidates, by their places in `PairwiseAgreement.candidates`; the first place is the lower one.

    Attributes:
        first: One place.
        second: The other.
        agreement: Share of images with the same top class.
        num_images: Images that both were run on.
    """

    first: int
    second: int
    agreement: float
    num_images: int

    @property
    def num_differing(self) -> int:
        """Images on which the two differ."""
        return round((1 - self.agreement) * self.num_images)


class _Name(TypedDict):
    """One candidate in a document."""

    artifact: str
    runtime: str


class _Document(TypedDict):
    """What `PairwiseAgreement.to_dict` writes."""

    candidates: list[_Name]
    agreement: tuple[tuple[Share | None, ...], ...]
    num_images: tuple[tuple[Count, ...], ...]


@dataclass(frozen=True, kw_only=True)
class PairwiseAgreement:
    """Every candidate that gave scores against every other, each pair on the images that both were run on.

    Attributes:
        candidates: (artifact, runtime), in the order of the rows of the report.
        agreement: Share of images with the same top class, ties broken by the lowest index, at [i][j];
            None if two have no image in common.
        num_images: The n of each of them, at [i][j].
    """

    candidates: tuple[tuple[str, str], ...]
    agreement: tuple[tuple[float | None, ...], ...]
    num_images: tuple[tuple[int, ...], ...]

    @property
    def pairs(self) -> Iterator[Pair]:
        """Every two candidates that can be compared."""
        for first, second in combinations(range(len(self.candidates)), 2):
            agreement = self.agreement[first][second]
            if agreement is not None:
                yield Pair(first=first, second=second, agreement=agreement, num_images=self.num_images[first][second])

    @property
    def groups(self) -> list[list[int]]:
        """Candidates by place, those together that were run on the same images and always agree."""
        groups: list[list[int]] = []
        for place in range(len(self.candidates)):
            for group in groups:
                if self.agreement[group[0]][place] == 1.0 and self._same_images(group[0], place):
                    group.append(place)
                    break
            else:
                groups.append([place])
        return groups

    def most_different(self, *, same_artifact: bool = False) -> Pair | None:
        """The pair that agrees least, of one file in two runtimes if asked; None if no two differ."""
        pairs = [
            pair
            for pair in self.pairs
            if pair.agreement < 1
            and not (same_artifact and self.candidates[pair.first][0] != self.candidates[pair.second][0])
        ]
        return min(pairs, key=lambda pair: pair.agreement, default=None)

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "candidates": [{"artifact": artifact, "runtime": runtime} for artifact, runtime in self.candidates],
            "agreement": [list(row) for row in self.agreement],
            "num_images": [list(row) for row in self.num_images],
        }

    @classmethod
    def from_dict(cls, document: Any) -> "PairwiseAgreement":
        """Read what `to_dict` wrote; raises SchemaError for anything else."""
        values = conform(_Document, document)
        size = len(values["candidates"])
        for name in ("agreement", "num_images"):
            if len(values[name]) != size or any(len(row) != size for row in values[name]):
                raise SchemaError(f"{size} rows of {size} values", "another number").under(name)
        return cls(
            candidates=tuple((one["artifact"], one["runtime"]) for one in values["candidates"]),
            agreement=values["agreement"],
            num_images=values["num_images"],
        )

    def _same_images(self, first: int, second: int) -> bool:
        counts = {self.num_images[first][first], self.num_images[second][second], self.num_images[first][second]}
        return len(counts) == 1


def top_classes_of(scores: "NDArray[np.float32]", indices: "NDArray[np.int64] | None") -> TopClasses:
    """What `compare_pairs` needs of the scores, float32 (n, C), of the images at `indices`, int64 (n,)."""
    import numpy as np

    classes = np.empty(len(scores), np.min_scalar_type(scores.shape[1] - 1))
    for piece in pieces(len(scores), scores):
        classes[piece] = scores[piece].argmax(axis=1)
    return TopClasses(indices=indices, classes=classes)


def compare_pairs(candidates: Sequence[tuple[str, str]], answers: Sequence[TopClasses]) -> PairwiseAgreement:
    """Compare every candidate with every other.

    Args:
        candidates: (artifact, runtime) of each.
        answers: What each gave, in the same order.
    """
    compared = [[_compared(one, other) for other in answers] for one in answers]
    return PairwiseAgreement(
        candidates=tuple(candidates),
        agreement=tuple(tuple(agreement for agreement, _ in row) for row in compared),
        num_images=tuple(tuple(count for _, count in row) for row in compared),
    )


def _compared(one: TopClasses, other: TopClasses) -> tuple[float | None, int]:
    """Share of the images of both with the same answer, and how many these images are."""
    import numpy as np

    first, second = one.classes, other.classes
    if one.indices is None and other.indices is not None:
        first = first[other.indices]
    elif other.indices is None and one.indices is not None:
        second = second[one.indices]
    elif one.indices is not None and other.indices is not None:
        _, of_one, of_other = np.intersect1d(one.indices, other.indices, assume_unique=True, return_indices=True)
        first, second = first[of_one], second[of_other]
    return (float((first == second).mean()) if len(first) else None), len(first)
