"""How much drift is accepted, by precision. Judges nothing: `edgekit.verification` does.

Defaults, each settable on the command line and in `[tool.edgekit.tolerance]`:

    precision                 accuracy     F1 of any class   agreement   score difference
    float32                   -            -                 100 % (*)   1e-4
    float16                   -0.1 point   -                 99 %        -
    dynamic, int8, int16x8    -1.0 point   -2 points         95 %        -

(*) An image whose two highest reference scores lie within 1e-5 does not count: rounding decides there. Nor does one
where the candidate's highest scores are exactly equal. But a network whose every score is the same is all ties: if
more than 1 % of the predictions differ so, or accuracy falls by more than chance, it is drift.

The limits on scores of float32 files count for networks whose rounding does not show. A deep one differs from itself
if Keras runs it in batches of another size; a file may differ from it by three times as much: see `beyond_noise`.

If F1 has no limit, a class is still lost when it loses half of its recall, and more than chance would have it.

A point is one percentage point. On the whole test split each limit applies to the value as it is, however
few images a class has; every row says n. A loss beyond a limit that may be chance is "inconclusive" rather than
drift, see `edgekit.verification.verdict.findings`. A slow runtime is run on a subset, where one image weighs so much
that chance alone would break limits made for the whole split. There

- a loss of accuracy or F1 is drift only if it is more than chance (p below SIGNIFICANCE), whatever its size;
- the F1 limit applies only to classes with at least MIN_CLASS_IMAGES images in the subset;

and the row says so.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from edgekit.artifact import Precision
from edgekit.foundation.errors import UnknownNameError, UsageError
from edgekit.foundation.files.given_path import given_path

SIGNIFICANCE = 0.05
"""A change of accuracy on a subset counts if McNemar's p is below this."""

SLACK = 1e-9
"""What rounding may add to a difference of two shares."""

MIN_CLASS_IMAGES = 100
"""Images that a class needs in a subset for its F1 to be judged: one flip then moves it by at most a point."""

NOISE_FACTOR = 3.0
"""How many times as far as a network differs from itself a float32 file may differ from it: the largest difference is
measured on a few dozen images, and is larger on more."""

MOST_NOISE = 0.02
"""No limit is raised further than this: a network that is so inexact is broken, or its manifest is not true."""

OWN_NOISE = "network's own noise"
"""Who has set a limit that was raised because the float network differs from itself."""

TABLE = "tool.edgekit.tolerance"


def beyond_noise(limit: float, own_noise: float) -> float:
    """`limit` on a difference of scores of float32 files, or what deep networks need, whichever is more.

    max(limit, min(NOISE_FACTOR * own_noise, MOST_NOISE)). Keras adds up in another order for another batch size, and a
    deep network magnifies what that rounds: EfficientNetB0 differs from itself by 0.0023 between batches of 32 and 1.

    Args:
        limit: Of the difference, for networks whose rounding does not show; at least 0.
        own_noise: Largest difference of the network's scores from its own between batch sizes; 0 if unknown.
    """
    return max(limit, min(NOISE_FACTOR * own_noise, MOST_NOISE))


def _check_limit(name: str, value: Any) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
        raise UsageError(f"The tolerance {name} must be a number of at least 0. Received {value!r}.")
    if name in ("max_accuracy_drop", "max_f1_drop", "min_agreement", "max_tie_flips") and value > 100:
        raise UsageError(f"The tolerance {name} is in points of a hundred: at most 100. Received {value}.")
    if name == "min_agreement" and 0 < value <= 1:
        raise UsageError(f"The tolerance min_agreement is in percent. Received {value}: did you mean {value * 100:g}?")


@dataclass(frozen=True, kw_only=True)
class Tolerance:
    """The limits for one precision; None: no limit. Checked when made.

    Attributes:
        max_accuracy_drop: Points that accuracy may fall, 0 to 100.
        max_f1_drop: Points that the F1 of any class may fall, 0 to 100.
        min_agreement: Percent of images with the same top class, above 1, at most 100.
        max_score_difference: Largest difference of any score, at least 0.
        tie_margin: Images whose two highest reference scores lie within this do not count against
            agreement, nor do exact ties; None: every image counts.
        max_tie_flips: Percent of the images that may so be left out though their top class differs, at most 100.
    """

    max_accuracy_drop: float | None = None
    max_f1_drop: float | None = None
    min_agreement: float | None = None
    max_score_difference: float | None = None
    tie_margin: float | None = None
    max_tie_flips: float | None = None

    def __post_init__(self) -> None:
        for limit in fields(self):
            _check_limit(limit.name, getattr(self, limit.name))

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object: limit -> number or null."""
        return asdict(self)


_QUANTIZED = Tolerance(max_accuracy_drop=1.0, max_f1_drop=2.0, min_agreement=95.0)

DEFAULTS: Mapping[Precision, Tolerance] = {
    Precision.FLOAT32: Tolerance(min_agreement=100.0, max_score_difference=1e-4, tie_margin=1e-5, max_tie_flips=1.0),
    Precision.FLOAT16: Tolerance(max_accuracy_drop=0.1, min_agreement=99.0),
    Precision.DYNAMIC: _QUANTIZED,
    Precision.INT8: _QUANTIZED,
    Precision.INT16X8: _QUANTIZED,
}

LIMITS = tuple(limit.name for limit in fields(Tolerance))


@dataclass(frozen=True, kw_only=True)
class Tolerances:
    """One tolerance for every precision.

    Attributes:
        by_precision: Precision -> its limits; complete.
        origins: Precision -> limit -> who set it, for limits that are not the defaults.
    """

    by_precision: Mapping[Precision, Tolerance] = field(default_factory=lambda: dict(DEFAULTS))
    origins: Mapping[Precision, Mapping[str, str]] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        missing = set(Precision) - set(self.by_precision)
        if missing:
            raise UsageError(f"Tolerances are missing for {', '.join(sorted(missing))}. Expected every precision.")

    def of(self, precision: Precision) -> Tolerance:
        """The limits of `precision`."""
        return self.by_precision[precision]

    def beyond_noise(self, own_noise: float) -> "Tolerances":
        """The same for a network that differs from itself by `own_noise`, at least 0: see `beyond_noise`.

        Only limits on scores of float32 files change, and none that the user has set.
        """
        tolerance, said = self.of(Precision.FLOAT32), self.origins.get(Precision.FLOAT32, {})
        raised = {
            name: beyond_noise(limit, own_noise)
            for name, limit in (
                ("max_score_difference", tolerance.max_score_difference),
                ("tie_margin", tolerance.tie_margin),
            )
            if limit is not None and name not in said and beyond_noise(limit, own_noise) > limit
        }
        return self.updated({Precision.FLOAT32.value: raised}, origin=OWN_NOISE) if raised else self

    def updated(self, changes: Mapping[str, Any], *, origin: str = "caller") -> "Tolerances":
        """With other limits: `{"max_f1_drop": 3}` for all precisions, `{"int8": {"max_f1_drop": 3}}` for one.

        What is said for one precision wins. A limit that is `False` (TOML has no null) is lifted. `origin` says, for
        the report, who set these limits.

        Raises:
            UsageError: A limit is not a number or out of its range.
            UnknownNameError: There is no such limit or precision; suggests the closest.
        """
        tables = {name: value for name, value in changes.items() if isinstance(value, Mapping)}
        for_all = {name: value for name, value in changes.items() if name not in tables}
        _check_names(for_all, [*LIMITS, *Precision])
        if misplaced := [name for name in for_all if name not in LIMITS]:
            raise UsageError(f"The tolerance of {misplaced[0]} must be a table of limits. Received a single value.")
        _check_names(tables, list(Precision))
        for table in tables.values():
            _check_names(table, LIMITS)
        own = {precision: {**for_all, **tables.get(precision.value, {})} for precision in self.by_precision}
        return Tolerances(
            by_precision={
                precision: _replaced(tolerance, own[precision]) for precision, tolerance in self.by_precision.items()
            },
            origins={
                precision: {**self.origins.get(precision, {}), **dict.fromkeys(limits, origin)}
                for precision, limits in own.items()
            },
        )

    @classmethod
    def from_pyproject(cls, path: str | os.PathLike[str]) -> "Tolerances":
        """The defaults with the changes in `[tool.edgekit.tolerance]` of `path`; a missing file changes nothing.

        Raises:
            UsageError: The file is not TOML, or the table holds what `updated` refuses.
        """
        path = given_path(path)
        if not path.is_file():
            return cls()
        try:
            document = tomllib.loads(path.read_text())
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UsageError(f"{path} cannot be read as TOML: {error}.") from error
        table: Any = document
        for key in TABLE.split("."):
            table = table.get(key, {}) if isinstance(table, dict) else None
        if not isinstance(table, dict):
            raise UsageError(f"[{TABLE}] in {path} must be a table of limits.")
        try:
            return cls().updated(table, origin="pyproject.toml")
        except UsageError as error:
            raise UsageError(f"[{TABLE}] in {path}: {error}") from error


def _replaced(tolerance: Tolerance, changes: Mapping[str, Any]) -> Tolerance:
    return replace(tolerance, **{name: None if value is False else value for name, value in changes.items()})


def _check_names(given: Mapping[str, Any], known: Any) -> None:
    for name in given:
        if name not in known:
            raise UnknownNameError("tolerance", name, known)
