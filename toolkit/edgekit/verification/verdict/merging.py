"""Rows of an earlier report that a filtered verification did not run again, beside the new ones. Reads no file."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from edgekit.verification.verdict.report import CandidateReport, VerificationReport

_KEPT = "Not run again: verified on "
"""How the remark of a kept row begins."""


@dataclass(frozen=True, kw_only=True)
class Merged:
    """Two reports as one.

    Attributes:
        report: With the new rows and the kept ones, in the order of the old report, then what is new.
        notes: Whole sentences: why rows of the old report were dropped.
    """

    report: VerificationReport
    notes: tuple[str, ...] = ()


def merged(old: VerificationReport, new: VerificationReport, files: Mapping[str, str]) -> Merged:
    """`new` with those rows of `old` that it has not run again, by file and runtime.

    Rows are kept if both reports measured on the same data against the same reference, and judged by the same
    limits, and if the file is still the one that was verified.

    Args:
        old: What the run folder holds.
        new: Of a part of the files or runtimes.
        files: The artifacts of the run: name in reports -> SHA-256.
    """
    if reason := _why_not(old, new):
        return Merged(report=new, notes=(f"The rows of the earlier verification are gone: {reason}.",))
    rows = {_name(row): row for row in new.candidates}
    notes = []
    for row in old.candidates:
        if _name(row) in rows or row.artifact not in files:
            continue
        if reason := _why_gone(row, old, new, files):
            notes.append(f"{row.label} in {row.runtime} is gone from the report: {reason}. Verify it again.")
        else:
            rows[_name(row)] = _kept(row)
    order = dict.fromkeys(map(_name, [*old.candidates, *new.candidates]))
    report = replace(
        new,
        candidates=tuple(rows[name] for name in order if name in rows),
        tolerance={**old.tolerance, **new.tolerance},
        tolerance_origin={**old.tolerance_origin, **new.tolerance_origin},
    )
    return Merged(report=report, notes=tuple(notes))


def _name(row: CandidateReport) -> tuple[str, str]:
    """What a row is known by in both reports: its file and its runtime."""
    return row.artifact, row.runtime


def _why_not(old: VerificationReport, new: VerificationReport) -> str:
    """Why no row can be kept, as half a sentence; "" if some may."""
    if (old.dataset.sha256, old.dataset.class_names) != (new.dataset.sha256, new.dataset.class_names):
        return "they were measured on other images"
    before, after = old.reference, new.reference
    if (before.sha256, before.accuracy, before.report) != (after.sha256, after.accuracy, after.report):
        return "they were compared with another reference"
    return ""


def _why_gone(row: CandidateReport, old: VerificationReport, new: VerificationReport, files: Mapping[str, str]) -> str:
    """Why a row that was not run again cannot be kept, as half a sentence; "" if it can."""
    if row.sha256 != files[row.artifact]:
        return "the file was exported again since"
    return "" if _has_same_limits(row, old, new) else "it was judged by other limits"


def _has_same_limits(row: CandidateReport, old: VerificationReport, new: VerificationReport) -> bool:
    """Whether the new report judges the row's precision as the old one did, or not at all."""
    precision = row.precision.value if row.precision else "float32"
    return precision not in new.tolerance or dict(old.tolerance.get(precision, {})) == dict(new.tolerance[precision])


def _kept(row: CandidateReport) -> CandidateReport:
    """The row, with a remark that says when it was verified."""
    others = tuple(remark for remark in row.remarks if not remark.startswith(_KEPT))
    return replace(row, remarks=(*others, f"{_KEPT}{row.verified_on or 'an earlier day'}."))
