"""Whether one file is slower than another: the ratio of their latencies, and whether it is more than noise.

Each round measured a process of its own, so the medians of the rounds are what varies from run to run. The interval is
Welch's t interval of the difference of their logarithms (Welch 1947, Biometrika 34): the ratio of geometric means.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, variance
from typing import Any

from edgekit.foundation.errors import UsageError
from edgekit.foundation.results import Displayed, plain
from edgekit.speed.report import SpeedReport, SpeedRow, matching

CONFIDENCE = 0.95
MIN_ROUNDS = 3
"""Rounds that a comparison needs on each side: with two, an interval spans everything."""


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """New over old, above 0; more than 1 is slower.

    Attributes:
        value: The ratio of the geometric means of the rounds' medians.
        low: The lower end of its 95 % interval.
        high: The upper end.
    """

    value: float
    low: float
    high: float

    @property
    def is_beyond_noise(self) -> bool:
        """Whether the interval leaves 1 out."""
        return self.low > 1 or self.high < 1


@dataclass(frozen=True, kw_only=True)
class SpeedChange:
    """One file, before and after.

    Attributes:
        old: The row before.
        new: The row after.
        latency: Of one call at batch 1 with the fewest threads that were measured; None if one side did not run.
        is_too_slow: Whether it is slower by more than was allowed, beyond noise, or no longer runs.
    """

    old: SpeedRow
    new: SpeedRow
    latency: Ratio | None
    is_too_slow: bool


@dataclass(frozen=True, kw_only=True)
class SpeedComparison(Displayed):
    """What `edgekit bench --compare OLD NEW` found.

    Attributes:
        changes: One per pair of rows.
        max_slowdown: How much slower is accepted: 0.05 is 5 %.
        in_turn: Whether both were measured in turn, in the same minutes.
        only_old: Rows without a partner, "file in runtime".
        only_new: The same of the other side.
    """

    changes: tuple[SpeedChange, ...]
    max_slowdown: float
    in_turn: bool
    only_old: tuple[str, ...] = ()
    only_new: tuple[str, ...] = ()

    @property
    def exit_status(self) -> int:
        """3: a file is slower than accepted. 0: none is."""
        return 3 if any(change.is_too_slow for change in self.changes) else 0

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        return dict(plain(asdict(self)))


def compare_speed(old: SpeedReport, new: SpeedReport, *, max_slowdown: float, in_turn: bool) -> SpeedComparison:
    """Compare two reports row by row.

    Args:
        old: Before.
        new: After.
        max_slowdown: How much slower is accepted, at least 0: 0.05 is 5 %.
        in_turn: Whether both were measured in turn.

    Raises:
        UsageError: No rows go together, or a side has too few rounds.
    """
    pairs = matching(old.rows, new.rows)
    if not pairs:
        raise UsageError(
            "Nothing can be compared: no file of OLD and NEW has the same format, precision and runtime. "
            f"OLD has {_names(old.rows)}; NEW has {_names(new.rows)}."
        )
    changes = []
    for before, after in pairs:
        ratio = _ratio(before, after)
        stopped = bool(after.failure) and not before.failure
        slower = ratio is not None and ratio.low > 1 and ratio.value > 1 + max_slowdown
        changes.append(SpeedChange(old=before, new=after, latency=ratio, is_too_slow=stopped or slower))
    return SpeedComparison(
        changes=tuple(changes),
        max_slowdown=max_slowdown,
        in_turn=in_turn,
        only_old=tuple(_name(row) for row in old.rows if not any(row is before for before, _ in pairs)),
        only_new=tuple(_name(row) for row in new.rows if not any(row is after for _, after in pairs)),
    )


def ratio_of(old: Sequence[float], new: Sequence[float]) -> Ratio:
    """The ratio of two series of medians, each above 0 and of at least `MIN_ROUNDS` values.

    Raises:
        UsageError: There are fewer.
    """
    if min(len(old), len(new)) < MIN_ROUNDS:
        raise UsageError(
            f"A comparison needs {MIN_ROUNDS} rounds on each side. Received {len(old)} and {len(new)}: "
            f"edgekit bench --rounds {MIN_ROUNDS}"
        )
    before, after = [math.log(one) for one in old], [math.log(one) for one in new]
    difference = fmean(after) - fmean(before)
    parts = [variance(series) / len(series) for series in (before, after)]
    error = math.sqrt(sum(parts))
    if error == 0:
        return Ratio(value=math.exp(difference), low=math.exp(difference), high=math.exp(difference))
    freedom = sum(parts) ** 2 / sum(
        part**2 / (len(series) - 1) for part, series in zip(parts, (before, after), strict=True)
    )
    from scipy.stats import t

    margin = float(t.ppf((1 + CONFIDENCE) / 2, freedom)) * error
    return Ratio(value=math.exp(difference), low=math.exp(difference - margin), high=math.exp(difference + margin))


def _ratio(old: SpeedRow, new: SpeedRow) -> Ratio | None:
    before = {one.num_threads: one for one in old.latency}
    after = {one.num_threads: one for one in new.latency}
    common = sorted(before.keys() & after.keys())
    if not common:
        return None
    return ratio_of(before[common[0]].round_medians_ms, after[common[0]].round_medians_ms)


def _names(rows: Sequence[SpeedRow]) -> str:
    return ", ".join(_name(row) for row in rows) or "none"


def _name(row: SpeedRow) -> str:
    return f"{row.artifact} in {row.runtime}"
