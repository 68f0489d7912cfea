"""From numbers to places in a drawing: one axis with its ticks. Knows no markup."""

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Axis:
    """A scale from `low` to `high`, drawn from pixel `start` to pixel `end`.

    Attributes:
        low: Value at `start`.
        high: Value at `end`, above `low`.
        start: Pixel.
        end: Pixel; below `start` for an axis that goes up.
        is_log: Whether equal factors, not equal differences, stand equally far apart; then `low` is above 0.
        is_whole: Whether only whole numbers are ticks.
    """

    low: float
    high: float
    start: float
    end: float
    is_log: bool = False
    is_whole: bool = False

    def at(self, value: float) -> float:
        """The pixel of `value`, which may lie outside of the axis."""
        low, high, place = (math.log(one) if self.is_log else one for one in (self.low, self.high, value))
        return self.start + (self.end - self.start) * (place - low) / (high - low)

    @property
    def ticks(self) -> list[float]:
        """Round values on the axis, about five; of a wide logarithmic one 1, 2 and 5 times powers of ten."""
        if self.is_log:
            return _log_ticks(self.low, self.high)
        return _linear_ticks(self.low, self.high, least=1.0 if self.is_whole else 0.0)


def axis_over(
    values: Iterable[float],
    start: float,
    end: float,
    *,
    is_log: bool = False,
    is_whole: bool = False,
    limits: tuple[float, float] | None = None,
) -> Axis:
    """An axis on which all finite `values` lie with a little room; over `limits` exactly, if given."""
    if limits is not None:
        return Axis(low=limits[0], high=limits[1], start=start, end=end, is_log=is_log, is_whole=is_whole)
    finite = [value for value in values if math.isfinite(value) and not (is_log and value <= 0)]
    low, high = min(finite, default=1.0), max(finite, default=2.0)
    if is_log:
        return Axis(low=low / 1.25, high=high * 1.25, start=start, end=end, is_log=True)
    room = 0.04 * (high - low) or 0.5 * abs(high) or 0.5
    return Axis(low=low - room, high=high + room, start=start, end=end, is_whole=is_whole)


def shown(value: float) -> str:
    """A tick in few characters: "0.25", "1.5k", "30k", "2M", "0.0008", "1e-05"."""
    if value != 0 and not 1e-4 <= abs(value) < 1e9:
        return f"{value:.0e}"
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.10g}{letter}"
    return f"{value:.10g}"


def _linear_ticks(low: float, high: float, *, least: float = 0.0) -> list[float]:
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    factors = (1, 2, 5, 10) if least else (1, 2, 2.5, 5, 10)
    step = max(least, next(factor * power for factor in factors if factor * power >= rough * 0.999))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(number * step, 12) for number in range(first, last + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1, 2, 5), (1, 3), (1,)):
        found = [factor * 10.0**power for power in powers for factor in factors if low <= factor * 10.0**power <= high]
        if len(found) <= 6:
            break
    return found if len(found) > 3 else _linear_ticks(low, high)
