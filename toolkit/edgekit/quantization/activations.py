"""What the activations of a float file are on calibration images. Knows no format: one file per format looks at them.

Memory is constant: smallest and largest values in a first pass, histograms between them in a second. How ranges come
from that is the same for every format and quantizer; see `edgekit.quantization.ranges`.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from edgekit.quantization.ranges import Histogram, Range, range_of
from edgekit.quantization.scheme import CalibrationMethod, QuantizationScheme

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SILENT: Range = (0.0, 1.0)
"""Of an activation that is 0 on every image, as after a ReLU that died. Any step says 0 exactly, but quantizers make
one near 0 of a range without width. XNNPACK refuses a file whose scales lie so far apart."""


class Activations(ABC):
    """The activations of one file on one calibration set; each pass is made when its result is first asked for.

    Attributes:
        input_name: The input tensor, whose range stays 0 to 255, so that no pixel is rounded.
    """

    input_name: str

    @abstractmethod
    def seen(self) -> "Iterator[tuple[str, NDArray[np.float32]]]":
        """Name and values of the input and of every float activation, batch by batch: one pass."""

    @property
    def learned(self) -> Mapping[str, Range]:
        """Tensor name -> range that goes before what is seen."""
        return {}

    @cached_property
    def extremes(self) -> dict[str, Range]:
        """Tensor name -> smallest and largest value."""
        found: dict[str, Range] = {}
        for name, values in self.seen():
            low, high = float(values.min()), float(values.max())
            before = found.get(name, (low, high))
            found[name] = min(before[0], low), max(before[1], high)
        return found

    @cached_property
    def histograms(self) -> dict[str, Histogram]:
        """Tensor name -> histogram; without tensors that are 0 throughout."""
        made = {
            name: Histogram(low=min(low, 0.0), high=max(high, 0.0))
            for name, (low, high) in self.extremes.items()
            if low < 0 or high > 0
        }
        for name, values in self.seen():
            if name in made:
                made[name].add(values)
        return made

    def ranges(self, scheme: QuantizationScheme) -> dict[str, Range]:
        """Tensor name -> range: what training has learned, else as `scheme` has it. The input keeps 0 to 255."""
        seen = {name: SILENT if ends == (0.0, 0.0) else ends for name, ends in self.extremes.items()}
        if scheme.calibration is CalibrationMethod.MINMAX:
            return {**seen, **self.learned}
        cut = {name: range_of(histogram, scheme) for name, histogram in self.histograms.items()}
        return {**seen, **cut, **self.learned, self.input_name: seen[self.input_name]}
