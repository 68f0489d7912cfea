"""How much accuracy and agreement a smaller file may lose: the limits of a search. Measures nothing."""

from dataclasses import dataclass
from typing import Any

from edgekit.foundation.errors import UsageError
from edgekit.tolerance import SLACK


@dataclass(frozen=True, kw_only=True)
class Budget:
    """The limits; checked when made.

    Attributes:
        max_accuracy_drop: Points that accuracy may fall below the float model's, 0 to 100.
        max_flips: Percent of the images whose top class may differ from the float model's, 0 to 100.
    """

    max_accuracy_drop: float = 0.5
    max_flips: float = 2.0

    def __post_init__(self) -> None:
        for name, value in (("accuracy drop", self.max_accuracy_drop), ("flips", self.max_flips)):
            if not 0 <= value <= 100:
                raise UsageError(f"The limit of {name} must lie between 0 and 100. Received {value:g}.")

    def excess(self, accuracy_drop: float, flips: float) -> float:
        """By how much the limits are broken, in points, the larger excess counting; 0 if both hold.

        Args:
            accuracy_drop: Points, negative if the candidate is better.
            flips: Percent, 0 to 100.
        """
        worst = max(accuracy_drop - self.max_accuracy_drop, flips - self.max_flips)
        return worst if worst > SLACK else 0.0

    @property
    def text(self) -> str:
        """For a person: "accuracy at most 0.1 points lower, at most 0.5 % flips"."""
        return f"accuracy at most {self.max_accuracy_drop:g} points lower, at most {self.max_flips:g} % flips"

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        return {"max_accuracy_drop": self.max_accuracy_drop, "max_flips": self.max_flips}
