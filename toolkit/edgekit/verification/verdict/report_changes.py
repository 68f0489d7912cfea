"""What changed between two verifications of the same data, and whether it is worse. Runs nothing, renders nothing."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edgekit.foundation.errors import RunFolderError, UsageError, VerificationError
from edgekit.foundation.files.documents import read_json
from edgekit.foundation.grammar import counted, for_shell
from edgekit.foundation.results import Displayed, plain
from edgekit.tolerance import SLACK
from edgekit.verification.verdict.gate import looser_limits, reference_changes, unknown_reference
from edgekit.verification.verdict.matching import matched
from edgekit.verification.verdict.report import BEST_FIRST, COMPARED, CandidateReport, Verdict, VerificationReport

MAX_WORSENING = 0.5
"""Points that accuracy or agreement may fall from one report to the next."""

REPORT_NAME = "verification.json"


@dataclass(frozen=True, kw_only=True)
class Change:
    """One candidate in two reports; changes are new minus old, None if one of the two has no number.

    Attributes:
        artifact: The file, as both reports call it.
        runtime: The runtime's name.
        old_verdict: None if the candidate is new.
        new_verdict: None if it is gone.
        accuracy_change: Of its accuracy, -1 to 1.
        agreement_change: Of its agreement with the reference, -1 to 1.
        size_bytes_change: Of the file's size.
        size_bytes: The new size; None if it is gone.
        speed_ratio: New images per second over old ones; a measurement of the machine too, so never judged.
        same_file: Whether the file is the same, byte by byte.
        worse: Whole sentences: why it is worse than before; none if it is not.
        remarks: Whole sentences on the change.
    """

    artifact: str
    runtime: str
    old_verdict: Verdict | None
    new_verdict: Verdict | None
    accuracy_change: float | None = None
    agreement_change: float | None = None
    size_bytes_change: int | None = None
    size_bytes: int | None = None
    speed_ratio: float | None = None
    same_file: bool = False
    worse: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The candidate in words."""
        return f"{self.artifact} in {self.runtime}"


@dataclass(frozen=True, kw_only=True)
class ReportChanges(Displayed):
    """What changed between two reports.

    Attributes:
        max_worsening: Points that accuracy or agreement may fall.
        old_reference_accuracy: The reference's accuracy in the old report.
        new_reference_accuracy: And in the new one.
        candidates: Those of the new report in its order, then those that are gone.
        refused: Whole sentences: why the two reports may not be compared as they are; none if they may.
        remarks: Whole sentences on both reports.
    """

    max_worsening: float
    old_reference_accuracy: float
    new_reference_accuracy: float
    candidates: tuple[Change, ...]
    refused: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    def __repr__(self) -> str:
        worse = sum(bool(change.worse) for change in self.candidates)
        return f"<ReportChanges of {counted(len(self.candidates), 'candidate')}: {worse or 'none'} worse>"

    @property
    def is_worse(self) -> bool:
        """Whether any candidate got worse, or the reference or the limits changed."""
        return bool(self.refused) or any(change.worse for change in self.candidates)

    @property
    def exit_status(self) -> int:
        """0: not worse. 3: worse."""
        return 3 if self.is_worse else 0

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        document = {
            "is_worse": self.is_worse,
            "max_worsening": self.max_worsening,
            "reference": {
                "old_accuracy": self.old_reference_accuracy,
                "new_accuracy": self.new_reference_accuracy,
            },
            "refused": list(self.refused),
            "remarks": list(self.remarks),
            "candidates": [asdict(change) for change in self.candidates],
        }
        return plain(document)


def load_report(path: Path) -> VerificationReport:
    """The report in a verification.json, or in a run folder that holds one; raises RunFolderError."""
    file = path / REPORT_NAME if path.is_dir() else path
    if file.name == REPORT_NAME and not file.exists() and (file.parent / "manifest.json").is_file():
        raise RunFolderError(f"{file.parent} holds no {REPORT_NAME}. Make it: edgekit verify {for_shell(file.parent)}")
    try:
        return VerificationReport.from_dict(read_json(file, Any))
    except RunFolderError as error:
        raise RunFolderError(f"{file} is not a report of edgekit verify: {error}") from error


def compare_reports(
    old: VerificationReport,
    new: VerificationReport,
    *,
    max_worsening: float = MAX_WORSENING,
    allow_reference_change: bool = False,
    allow_looser_limits: bool = False,
) -> ReportChanges:
    """What changed from `old` to `new`.

    Candidates are matched by file name and runtime; if names differ, by format, precision, scheme and runtime, if
    these mean one file in each report.

    A candidate is worse if its verdict got worse (pass, not-compared, drift, outdated, error), if accuracy or
    agreement fell by more than `max_worsening` points. So is one that was compared and is gone, or a new one that
    drifts or fails. The whole is worse if the reference is another one or limits are looser.

    Args:
        old: The report before.
        new: The report after.
        max_worsening: Points that accuracy or agreement may fall.
        allow_reference_change: Say that the reference is another one, and do not count it.
        allow_looser_limits: Say that limits are looser, and do not count it.

    Raises:
        UsageError: `max_worsening` is not between 0 and 100.
        VerificationError: The reports are of other data, have no candidate in common, or name one twice.
    """
    if not 0 <= max_worsening <= 100:
        raise UsageError(f"The margin must be 0 to 100 points. Received {max_worsening:g}.")
    _check_same_data(old, new)
    after = _by_name(new, "new")
    before, renamed = matched(_by_name(old, "old"), after)
    if not before.keys() & after.keys():
        raise VerificationError(
            f"The two reports have no candidate in common: {_listed(before)} and {_listed(after)}. "
            f"Compare reports of the same run and runtimes."
        )
    changes = [
        _changed(before[name], row, max_worsening, renamed.get(name)) if name in before else _appeared(row)
        for name, row in after.items()
    ]
    refused: list[str] = []
    allowed: list[str] = []
    for found, is_allowed, option in (
        (reference_changes(old, new), allow_reference_change, "--allow-reference-change"),
        (looser_limits(old, new), allow_looser_limits, "--allow-looser-limits"),
    ):
        words = found if is_allowed or not found else (*found, f"If that is intended: {option}.")
        (allowed if is_allowed else refused).extend(words)
    gone = [_gone(row) for name, row in before.items() if name not in after]
    return ReportChanges(
        max_worsening=max_worsening,
        old_reference_accuracy=old.reference.accuracy,
        new_reference_accuracy=new.reference.accuracy,
        candidates=(*changes, *gone),
        refused=tuple(refused),
        remarks=(*allowed, *unknown_reference(old, new)),
    )


def _check_same_data(old: VerificationReport, new: VerificationReport) -> None:
    first, second = old.dataset, new.dataset
    if (first.sha256, first.split, first.class_names) != (second.sha256, second.split, second.class_names):
        raise VerificationError(
            f"The two reports were made on other data: '{first.name}' "
            f"({counted(first.num_images, f'{first.split} image')}, SHA-256 {first.sha256[:16]}…) and '{second.name}' "
            f"({counted(second.num_images, f'{second.split} image')}, SHA-256 {second.sha256[:16]}…). "
            f"Verify both on the same images."
        )


def _by_name(report: VerificationReport, which: str) -> dict[tuple[str, str], CandidateReport]:
    rows: dict[tuple[str, str], CandidateReport] = {}
    for row in report.candidates:
        if (row.artifact, row.runtime) in rows:
            raise VerificationError(
                f"The {which} report names {row.artifact} in {row.runtime} twice. Expected one row for each file and "
                f"runtime: verify again with the files under different names."
            )
        rows[row.artifact, row.runtime] = row
    return rows


def _listed(rows: dict[tuple[str, str], CandidateReport]) -> str:
    names = [f"{artifact} in {runtime}" for artifact, runtime in rows]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "") or "none"


def _changed(old: CandidateReport, new: CandidateReport, max_worsening: float, renamed: str | None) -> Change:
    accuracy = agreement = None
    remarks = [f"It is compared with {renamed}: the same format, precision and scheme."] if renamed else []
    if old.measurement and new.measurement:
        counts = old.measurement.num_images, new.measurement.num_images
        if counts[0] == counts[1]:
            accuracy = new.measurement.accuracy - old.measurement.accuracy
            agreement = new.measurement.agreement - old.measurement.agreement
        else:
            remarks.append(
                f"It ran on {counted(counts[1], 'image')}, before on {counts[0]:,}, so only its verdict is compared."
            )
    worse = list(_outdated(new))
    if old.verdict is Verdict.OUTDATED:
        remarks.append(" ".join(["In the old report:", *old.reasons]))
    if (old.verdict, new.verdict) == (Verdict.PASS, Verdict.INCONCLUSIVE):
        remarks.append(" ".join(["Its verdict was pass and is inconclusive, which is not worse.", *new.reasons]))
    elif not worse and BEST_FIRST.index(new.verdict) > BEST_FIRST.index(old.verdict):
        worse.append(" ".join([f"Its verdict was {old.verdict} and is {new.verdict}.", *new.reasons]))
    for name, change in (("Accuracy", accuracy), ("Agreement with the reference", agreement)):
        if change is not None and -100 * change > max_worsening + SLACK:
            worse.append(f"{name} fell by {-100 * change:.2f} points; the margin is {max_worsening:g}.")
    return Change(
        artifact=new.artifact,
        runtime=new.runtime,
        old_verdict=old.verdict,
        new_verdict=new.verdict,
        accuracy_change=accuracy,
        agreement_change=agreement,
        size_bytes_change=new.size_bytes - old.size_bytes,
        size_bytes=new.size_bytes,
        speed_ratio=_speed_ratio(old, new),
        same_file=old.sha256 == new.sha256,
        worse=tuple(worse),
        remarks=tuple(remarks),
    )


def _speed_ratio(old: CandidateReport, new: CandidateReport) -> float | None:
    if not (old.performance and new.performance and old.performance.images_per_second > 0):
        return None
    return new.performance.images_per_second / old.performance.images_per_second


def _outdated(row: CandidateReport) -> tuple[str, ...]:
    """Why the row of a file that was exported again since counts as worse: its behaviour is unknown."""
    return row.reasons if row.verdict is Verdict.OUTDATED else ()


def _appeared(row: CandidateReport) -> Change:
    is_bad = row.verdict in (Verdict.DRIFT, Verdict.ERROR, Verdict.OUTDATED)
    return Change(
        artifact=row.artifact,
        runtime=row.runtime,
        old_verdict=None,
        new_verdict=row.verdict,
        size_bytes=row.size_bytes,
        worse=(" ".join([f"It is new, and its verdict is {row.verdict}.", *row.reasons]),) if is_bad else (),
    )


def _gone(row: CandidateReport) -> Change:
    was_compared = row.verdict in COMPARED
    return Change(
        artifact=row.artifact,
        runtime=row.runtime,
        old_verdict=row.verdict,
        new_verdict=None,
        worse=(f"Its verdict was {row.verdict}, and the new report does not hold it.",) if was_compared else (),
    )
