"""What the files of a search are measured on: the validation images, and training images if these are too few.

One image must not be worth more than a limit of the budget. The set does not depend on the budget, so that a search
with another one repeats no trial. Runs nothing.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.datasets import Dataset, Split
from edgekit.datasets.splits import spread_over_classes
from edgekit.foundation.errors import UsageError
from edgekit.foundation.grammar import counted
from edgekit.search.budget import Budget
from edgekit.tolerance import SLACK

if TYPE_CHECKING:
    from edgekit.quantization import CalibrationSet

ENOUGH_IMAGES = 200
"""So many are measured, if there are so many: one is worth 0.5 points, the limit of accuracy by default."""


@dataclass(frozen=True, kw_only=True, eq=False)
class MeasuringImages:
    """The images of a search.

    Attributes:
        split: They and their classes.
        num_training: How many of them are training images that calibrate nothing; the others are all validation images.
    """

    split: Split
    num_training: int = 0

    @property
    def text(self) -> str:
        """For a person: "143 validation images and 57 training images"."""
        validation = counted(len(self.split) - self.num_training, "validation image")
        return f"{validation} and {counted(self.num_training, 'training image')}" if self.num_training else validation

    @classmethod
    def choose(cls, dataset: Dataset, calibration: "CalibrationSet") -> "MeasuringImages":
        """The validation images, and training images up to ENOUGH_IMAGES, every class in proportion.

        Args:
            dataset: Has a validation split.
            calibration: Images that are not measured, because the files fit them best.
        """
        import numpy as np

        validation, train = dataset.validation, dataset.train
        others = np.setdiff1d(np.arange(len(train)), calibration.indices)
        num_training = min(max(0, ENOUGH_IMAGES - len(validation)), len(others))
        if num_training == 0:
            return cls(split=validation)
        chosen = others[spread_over_classes(train.labels[others], num_training)]
        both = Split(
            images=np.concatenate([validation.images, train.images[chosen]]),
            labels=np.concatenate([validation.labels, train.labels[chosen]]),
        )
        return cls(split=both, num_training=num_training)

    def check_resolves(self, budget: Budget) -> None:
        """Raise UsageError if a single image breaks a limit, unless none may change at all."""
        if faults := list(self._faults(budget)):
            wanted = max(needed for _, needed in faults)
            raise UsageError(
                f"There are too few images for this budget: {self.text}, of which one is {self._one_image:.2g} %. "
                f"{' and '.join(words for words, _ in faults)} takes {wanted:,} images. Give more images, or a budget "
                f"of at least {self._one_image:.2g}; 0 lets no image change. Images that calibrate are not measured: "
                f"fewer of them (--calibration-images N) leave more."
            )

    @property
    def _one_image(self) -> float:
        """What an image is worth, in percent, rounded up so that a budget of it is enough."""
        return math.ceil(1e4 / len(self.split)) / 100

    def _faults(self, budget: Budget) -> Iterator[tuple[str, int]]:
        """The limits that one image breaks, in words, with the images that each takes."""
        limits = {"--max-accuracy-drop": budget.max_accuracy_drop, "--max-flips": budget.max_flips}
        for name, limit in limits.items():
            if 0 < limit < 100 / len(self.split) - SLACK:
                yield f"{name} {limit:g}", math.ceil(100 / limit - SLACK)
