"""Which files an export makes: formats times precisions, less what a format does not know. Makes none."""

from collections.abc import Sequence
from dataclasses import dataclass

from edgekit.artifact import Format, Precision
from edgekit.errors import UsageError
from edgekit.exporters import CALIBRATED, EXPORTERS


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What will be made.

    Attributes:
        jobs: (format, precision) of every file, format by format.
        skipped: One line for each combination that was asked for and does not exist.
    """

    jobs: tuple[tuple[Format, Precision], ...]
    skipped: tuple[str, ...]

    @property
    def needs_calibration(self) -> bool:
        """Whether a file's activations are quantized."""
        return any(precision in CALIBRATED for _, precision in self.jobs)


def make_plan(precisions: Sequence[Precision] | None, formats: Sequence[Format] | None) -> Plan:
    """Decide what to make.

    Args:
        precisions: What the user asked for; None or empty: everything that each format can be.
        formats: None or empty: all.

    Raises:
        UsageError: A precision was asked for by name that none of the formats can be.
    """
    chosen = list(dict.fromkeys(formats or [Format(name) for name in EXPORTERS]))
    possible = {each: EXPORTERS.load(each.value).precisions for each in chosen}
    wanted = list(dict.fromkeys(precisions or ())) or [each for each in Precision if _exists(each)]
    for precision in precisions or ():
        if not any(precision in possible[each] for each in chosen):
            known = "; ".join(f"{each}: {', '.join(possible[each])}" for each in chosen)
            raise UsageError(
                f"No {' or '.join(chosen)} file of precision {precision} can be made yet. Possible: {known}."
            )
    pairs = [(each, precision) for each in chosen for precision in wanted]
    return Plan(
        jobs=tuple(pair for pair in pairs if pair[1] in possible[pair[0]]),
        skipped=tuple(
            f"{each} {precision}: left out, edgekit cannot make it yet."
            for each, precision in pairs
            if precision not in possible[each]
        ),
    )


def _exists(precision: Precision) -> bool:
    return any(precision in EXPORTERS.load(name).precisions for name in EXPORTERS)
