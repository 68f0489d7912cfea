"""One file that a search made and measured on the validation images. Makes and measures nothing."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from edgekit.foundation.files.schema import Count, Limits, Positive, conform_to
from edgekit.search.budget import Budget


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One row of the search.

    Attributes:
        name: What was tried, and the key by which a search that goes on finds it again: "tflite per-tensor int8".
        runtime: What ran it.
        options: What the manifest would say of how it was made.
        size_bytes: Size of the file; None if it could not be made.
        sha256: Hex digest of its bytes; None if it could not be made.
        num_images: Validation images that it was run on.
        accuracy_drop: Points of accuracy below the float model on these images; negative if it is better.
        flips: Percent of these images with another top class than the float model's.
        images_per_second: As its worker measured it.
        seconds: What making and running it took.
        error: Why there is no measurement; None if there is one.
    """

    name: str
    runtime: str
    options: dict[str, Any]
    size_bytes: Count | None = None
    sha256: str | None = None
    num_images: Count = 0
    accuracy_drop: Annotated[float, Limits(low=-100, high=100)] | None = None
    flips: Annotated[float, Limits(low=0, high=100)] | None = None
    images_per_second: Positive | None = None
    seconds: Positive = 0.0
    error: str | None = None

    @property
    def is_measured(self) -> bool:
        """Whether it was made and run."""
        return self.error is None and None not in (self.size_bytes, self.accuracy_drop, self.flips)

    def excess(self, budget: Budget) -> float:
        """See `Budget.excess`; infinite if nothing was measured."""
        if not self.is_measured:
            return float("inf")
        assert self.accuracy_drop is not None and self.flips is not None  # noqa: S101, PT018 - it is measured
        return budget.excess(self.accuracy_drop, self.flips)

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Any) -> "Trial":
        """Read what `to_dict` wrote; raises SchemaError if it is something else."""
        return conform_to(cls, values)


def best_within(trials: Iterable[Trial], budget: Budget) -> Trial | None:
    """The smallest that keeps to `budget`; of equal size the one with the fewest flips; None if none does."""
    fitting = [trial for trial in trials if trial.is_measured and not trial.excess(budget)]
    return min(fitting, key=_size_then_flips, default=None)


def closest_to(trials: Iterable[Trial], budget: Budget) -> Trial | None:
    """The one that breaks `budget` least, the smaller first; None if nothing was measured."""
    measured = [trial for trial in trials if trial.is_measured]
    return min(measured, key=lambda trial: (trial.excess(budget), *_size_then_flips(trial)), default=None)


def frontier(trials: Iterable[Trial]) -> list[Trial]:
    """Those of which no other is at most as large and has fewer flips (or as many, and is smaller), smallest first.

    The Pareto front of size and flips: every further one buys fewer flips with more bytes.
    """
    front: list[Trial] = []
    for trial in sorted((each for each in trials if each.is_measured), key=_size_then_flips):
        if not front or (trial.flips or 0.0) < (front[-1].flips or 0.0):
            front.append(trial)
    return front


def _size_then_flips(trial: Trial) -> tuple[int, float, float]:
    return trial.size_bytes or 0, trial.flips or 0.0, trial.accuracy_drop or 0.0
