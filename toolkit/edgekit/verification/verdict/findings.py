"""A broken limit: certainly, or perhaps by chance. Measures nothing, reads no limit by itself.

A loss beyond a limit is certain if it is more than chance (p below SIGNIFICANCE), or more than FAR_BEYOND times the
limit. A single image is no such loss if the limit is worth less than one. Otherwise it is open.
"""

import math
from dataclasses import dataclass

from edgekit.foundation.grammar import counted
from edgekit.tolerance import SIGNIFICANCE

FAR_BEYOND = 3.0
"""A loss of more than so many times its limit is drift, however few images there are."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One broken limit.

    Attributes:
        limit: The field of `Tolerance`; "" for what has none.
        sentence: What is broken, as a whole sentence.
        is_certain: Whether it is drift for certain; False: it may be chance.
    """

    limit: str
    sentence: str
    is_certain: bool = True


@dataclass(frozen=True, kw_only=True)
class Loss:
    """How much was lost, and the evidence that it is more than chance.

    Attributes:
        change: How much, in the unit of `limit`, above `limit`.
        limit: What was accepted, at least 0.
        one_image: What one image is worth, in the same unit.
        p_value: That chance alone gives such a change.
        num_images: Images that would decide it; None if unknown.
        of_class: The class that these images show; None if any image counts.
        counts_by_size: Whether a loss far beyond the limit is certain by its size alone.
    """

    change: float
    limit: float
    one_image: float
    p_value: float
    num_images: int | None
    of_class: str | None = None
    counts_by_size: bool = True

    @property
    def is_certain(self) -> bool:
        """Whether it is drift, whatever the number of images."""
        return self.p_value < SIGNIFICANCE or (self.counts_by_size and self._is_far_beyond)

    @property
    def _is_far_beyond(self) -> bool:
        is_single_image = 0 < self.limit < self.one_image and self.change < 1.5 * self.one_image
        return self.change > FAR_BEYOND * self.limit and not is_single_image

    @property
    def doubt(self) -> str:
        """The sentence that follows that of a finding that is not certain."""
        if self.num_images is None:
            return "That may be chance, and no number of images like these would decide it."
        images = counted(_rounded(self.num_images), "image") + (f" of '{self.of_class}'" if self.of_class else "")
        return f"That may be chance: about {images} would decide it."


def finding(limit: str, sentence: str, loss: Loss) -> Finding:
    """A broken limit whose loss may be chance."""
    if loss.is_certain:
        return Finding(limit=limit, sentence=sentence)
    return Finding(limit=limit, sentence=f"{sentence} {loss.doubt}", is_certain=False)


def _rounded(number: int) -> int:
    """Up to two digits: 1,083 is 1,100."""
    unit = 10 ** max(0, len(str(number)) - 2)
    return math.ceil(number / unit) * unit
