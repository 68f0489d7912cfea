"""Which candidate of one report is which of another, if their files have other names."""

from collections.abc import Mapping
from pathlib import PurePosixPath

from edgekit.artifact import Precision
from edgekit.verification.verdict.report import CandidateReport

Name = tuple[str, str]
"""(artifact, runtime): the key of a candidate in a report."""

Rows = dict[Name, CandidateReport]


def matched(old: Rows, new: Mapping[Name, CandidateReport]) -> tuple[Rows, dict[Name, str]]:
    """The rows of `old` under the names that they have in `new`.

    A row of the same name is the same candidate. The others are matched by format, precision, scheme and runtime,
    if exactly one row of each report is left with these.

    Returns:
        The rows of `old`, and for those that have another name in `new` the name that they had.
    """
    left = {name: row for name, row in old.items() if name not in new}
    wanted = {name: row for name, row in new.items() if name not in old}
    new_names = {name: other for name, row in left.items() for other in [_only_match(row, left, wanted)] if other}
    rows = {new_names.get(name, name): row for name, row in old.items()}
    return rows, {other: name[0] for name, other in new_names.items() if other[0] != name[0]}


def _only_match(row: CandidateReport, left: Rows, wanted: Rows) -> Name | None:
    key = _kind(row)
    found = [name for name, other in wanted.items() if _kind(other) == key]
    is_only = sum(_kind(other) == key for other in left.values()) == 1
    return found[0] if len(found) == 1 and is_only and row.precision else None


def _kind(row: CandidateReport) -> tuple[str, ...]:
    """What two rows share that are the same candidate: format, precision, scheme, runtime."""
    return row.format.value, str(row.precision), scheme_of(row.artifact), row.runtime


def scheme_of(artifact: str) -> str:
    """The words between "model" and the precision in a name of edgekit's: "per-tensor"; "" if there are none."""
    words = PurePosixPath(artifact).stem.split("-")
    is_ours = words[0] == "model" and words[-1] in list(Precision)
    return "-".join(words[1:-1]) if is_ours else ""
