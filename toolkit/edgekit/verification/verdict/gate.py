"""Whether two reports use the same reference, and limits that are no looser.

A gate that compares only verdicts accepts a reference that was replaced by the candidate itself, and limits of 90
points. Reads no file.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from edgekit.tolerance import OWN_NOISE
from edgekit.verification.verdict.report import ReferenceSummary, VerificationReport

_HIGHER_IS_STRICTER = frozenset({"min_agreement"})


def reference_changes(old: VerificationReport, new: VerificationReport) -> tuple[str, ...]:
    """Whole sentences: how the reference of `new` is another one than that of `old`."""
    before, after = old.reference, new.reference
    if before.sha256 is None or after.sha256 is None:
        return ()
    return tuple(_differences(before, after))


def unknown_reference(old: VerificationReport, new: VerificationReport) -> tuple[str, ...]:
    """A whole sentence if one of the reports does not say which reference it used."""
    which = [name for name, report in (("old", old), ("new", new)) if report.reference.sha256 is None]
    if not which:
        return ()
    who = f"The {which[0]} report does" if len(which) == 1 else "The old and the new report do"
    return (
        f"{who} not say by SHA-256 which reference was used, so it cannot be "
        f"told whether it is the same. Verify again with this version of edgekit.",
    )


def looser_limits(old: VerificationReport, new: VerificationReport) -> tuple[str, ...]:
    """Whole sentences: which limits of `new` accept more than those of `old`, and who set them."""
    return tuple(
        f"The limit {limit} for {precision} is looser: it was {_shown(before.get(limit))} and is {_shown(after[limit])}"
        f"{_by(new, precision, limit)}."
        for precision, after in new.tolerance.items()
        for before in [old.tolerance.get(precision)]
        if before is not None
        for limit in after
        if _is_looser(limit, before.get(limit), after[limit]) and not _is_noise(old, new, precision, limit)
    )


def _differences(before: ReferenceSummary, after: ReferenceSummary) -> Iterator[str]:
    if before.sha256 != after.sha256:
        yield (
            f"The reference is another file: it was {_named(before)} and is {_named(after)}, so the reports do not "
            f"measure the same thing."
        )
    for what, first, second in (
        ("precision", before.precision, after.precision),
        ("input handling", before.input, after.input),
        ("runtime", before.runtime, after.runtime),
    ):
        if first != second:
            yield f"The {what} of the reference was {first or 'the default'} and is {second or 'the default'}."


def _named(reference: ReferenceSummary) -> str:
    return f"{reference.file or 'a file'} (SHA-256 {str(reference.sha256)[:12]}…)"


def _is_looser(limit: str, before: float | None, after: float | None) -> bool:
    """Whether `after` accepts more than `before`; None: no limit, but for the tie margin, where it excuses nothing."""
    if limit == "tie_margin":
        return (after or 0.0) > (before or 0.0)
    if after is None or before is None:
        return after is None and before is not None
    return after < before if limit in _HIGHER_IS_STRICTER else after > before


def _is_noise(old: VerificationReport, new: VerificationReport, precision: str, limit: str) -> bool:
    """Whether both have measured this limit: the noise of a network differs a little between machines."""
    if any(one.tolerance_origin.get(precision, {}).get(limit) != OWN_NOISE for one in (old, new)):
        return False
    return (new.tolerance[precision][limit] or 0.0) <= 2 * (old.tolerance[precision][limit] or 0.0)


def _shown(value: Any) -> str:
    return "no limit" if value is None else f"{value:g}"


def _by(report: VerificationReport, precision: str, limit: str) -> str:
    origins: Mapping[str, str] = report.tolerance_origin.get(precision, {})
    return f", set by the {origins[limit]}" if limit in origins else ""
