"""What a verification found, and its JSON form: verification.json. Measures and judges nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from edgekit.artifact import Format, Precision
from edgekit.foundation.errors import RunFolderError
from edgekit.foundation.files.schema import Count, SchemaError, Share, conform, conform_to
from edgekit.foundation.results import Displayed, plain
from edgekit.metrics.own_noise import OwnNoise
from edgekit.runtimes.base import Performance
from edgekit.verification.measuring.measurement import ClassResult, Measurement
from edgekit.verification.measuring.pairwise import PairwiseAgreement
from edgekit.verification.measuring.resize_effect import ResizeCheck
from edgekit.verification.verdict.environment import Environment
from edgekit.verification.verdict.targets import Target

__all__ = [
    "BEST_FIRST",
    "COMPARED",
    "CandidateReport",
    "ClassResult",
    "DatasetSummary",
    "Measurement",
    "Performance",
    "ReferenceSummary",
    "Verdict",
    "VerificationReport",
]

SCHEMA_VERSION = 1


class Verdict(StrEnum):
    """The outcome of a candidate.

    Attributes:
        PASS: It ran on its images and every limit holds.
        INCONCLUSIVE: It ran, and a limit is broken by no more than chance may do on so few images.
        DRIFT: It ran, and at least one limit is broken, by more than chance or far.
        ERROR: It was tried and gave no scores that can be compared.
        NOT_COMPARED: It was not run, because the runtime does not work here or has no kernel for an operator.
        OUTDATED: The file was exported again since it was verified. Never written; a report that is read beside its
            files says so.
    """

    PASS = "pass"  # noqa: S105 - a verdict, no password
    INCONCLUSIVE = "inconclusive"
    DRIFT = "drift"
    ERROR = "error"
    NOT_COMPARED = "not-compared"
    OUTDATED = "outdated"

    @property
    def words(self) -> str:
        """For a person, in a table."""
        return "not verified since it was exported" if self is Verdict.OUTDATED else self.value


BEST_FIRST = (
    Verdict.PASS,
    Verdict.INCONCLUSIVE,
    Verdict.NOT_COMPARED,
    Verdict.DRIFT,
    Verdict.OUTDATED,
    Verdict.ERROR,
)
"""Verdicts, the best first."""

COMPARED = (Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.DRIFT)
"""Verdicts of candidates whose scores were compared."""

SAME_SIZE = 1.05
"""Sizes that differ by less than this factor count as equal."""


@dataclass(frozen=True, kw_only=True)
class CandidateReport:
    """One row: an artifact in a runtime.

    Attributes:
        artifact: The file, relative to its run folder; its name if it has none.
        sha256: Of the file.
        size_bytes: Of the file.
        format: Of the file.
        precision: What the file says it is; None if unknown.
        runtime: The runtime's name.
        runtime_version: Its version; None if it is not installed.
        verdict: Its outcome.
        reasons: Whole sentences: why it is not a pass.
        remarks: Whole sentences: notes on the row, whatever its verdict.
        summary: The verdict and what was measured, in words; see `edgekit.verification.verdict.summary`.
        measurement: How it differs; None if it gave no scores.
        performance: What it took; None if it gave no scores.
        input_type: Element type of an integer file's input: "uint8"; None for others.
        output_type: Of its output.
        verified_on: The day, as 2026-11-29; None in older reports.
        same_kernels_as: The runtime whose kernels run this file too: its row was measured there, and confirmed here on
            some images; None: it was measured here.
        confidence: The candidate was stopped early, and at this confidence its verdict is that of the whole split;
            None: every image that it was meant to run was run.
    """

    artifact: str
    sha256: str
    size_bytes: Count
    format: Format
    precision: Precision | None
    runtime: str
    runtime_version: str | None
    verdict: Verdict
    reasons: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    summary: str = ""
    measurement: Measurement | None = None
    performance: Performance | None = None
    confidence: float | None = None
    same_kernels_as: str | None = None
    input_type: str | None = None
    output_type: str | None = None
    verified_on: str | None = None

    def __repr__(self) -> str:
        accuracy = "" if self.accuracy is None else f", accuracy {self.accuracy:.2%}"
        return f"<CandidateReport {self.artifact} in {self.runtime}: {self.verdict}{accuracy}>"

    @property
    def accuracy(self) -> float | None:
        """Share of the images whose top class is right, 0 to 1; None if it gave no scores."""
        return self.measurement.accuracy if self.measurement else None

    @property
    def accuracy_delta(self) -> float | None:
        """Accuracy, candidate minus reference, -1 to 1; None if it gave no scores."""
        return self.measurement.accuracy_delta if self.measurement else None

    @property
    def agreement(self) -> float | None:
        """Share of the images with the reference's top class, 0 to 1; None if it gave no scores."""
        return self.measurement.agreement if self.measurement else None

    @property
    def label(self) -> str:
        """The precision, or the file's name if it is unknown: "int8"."""
        return self.precision.value if self.precision else self.artifact

    def to_dict(self) -> dict[str, Any]:
        """As a flat JSON object; what was not measured is null."""
        own = {name: getattr(self, name) for name in _ROW_FIELDS}
        measured = self.measurement.to_dict() if self.measurement else dict.fromkeys(Measurement.__dataclass_fields__)
        took = asdict(self.performance) if self.performance else dict.fromkeys(Performance.__dataclass_fields__)
        return plain({**own, **measured, **took})

    @classmethod
    def from_dict(cls, document: Any) -> "CandidateReport":
        """Read what `to_dict` wrote; raises SchemaError for anything else."""
        values = conform(dict[str, Any], document)
        row = {name: values[name] for name in _ROW_FIELDS if name in values}
        measurement = None if values.get("accuracy") is None else Measurement.from_dict(values)
        performance = None if values.get("seconds") is None else conform_to(Performance, values)
        return replace(conform_to(cls, row), measurement=measurement, performance=performance)


_ROW_FIELDS = tuple(name for name in CandidateReport.__dataclass_fields__ if name not in ("measurement", "performance"))


@dataclass(frozen=True, kw_only=True)
class DatasetSummary:
    """What was verified on.

    Attributes:
        name: The data set.
        split: Which of its splits.
        num_images: Images in the split.
        sha256: `Dataset.sha256`.
        class_names: In the order of the scores.
        image_shape: (height, width, channels) of its images; empty in older reports.
        image_rule: How image files were resized, in words; "" if images have a fixed size.
        image_notes: Clauses on what else was done to them: "color images converted to grayscale …".
    """

    name: str
    split: str
    num_images: Count
    sha256: str
    class_names: tuple[str, ...]
    image_shape: tuple[Count, ...] = ()
    image_rule: str = ""
    image_notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ReferenceSummary:
    """What the candidates were compared with.

    Attributes:
        runtime: Where its scores come from.
        accuracy: On the whole split, 0 to 1.
        report: One result per class, deltas 0.
        file: Name of the model or of the file of scores, without its folder.
        sha256: Of that file.
        precision: Of that model, if it is known.
        input: How it is fed and read if that differs from edgekit's own files: "pixels as 0..1, channels as BGR".
        remarks: Whole sentences: notes on the reference that matter for every candidate.
        own_noise: How far the float network differs from itself; None if that was not measured.
    """

    runtime: str
    accuracy: Share
    report: tuple[ClassResult, ...]
    file: str | None = None
    sha256: str | None = None
    precision: Precision | None = None
    input: str = ""
    remarks: tuple[str, ...] = ()
    own_noise: OwnNoise | None = None


@dataclass(frozen=True, kw_only=True)
class VerificationReport(Displayed):
    """Every candidate of one verification, in the order in which they were run.

    Attributes:
        dataset: What was verified on.
        reference: What the candidates were compared with.
        tolerance: Precision -> limit -> number, for the precisions that occur.
        candidates: One row each.
        pairwise: How often the candidates agree with each other; None if that was not asked for.
        environment: What it ran on; None in older reports.
        unlisted_files: Model files in the run folder that its manifest does not list: they were not verified.
        tolerance_origin: Precision -> limit -> who set it, for limits that are not the defaults: "options of verify".
        resize_check: What it costs if an app resizes images by another rule; None if that was not asked for.
        notes: Whole sentences about the reference; not kept.
        files: Where the report was written; not kept.
        require_conclusive: Whether an inconclusive row counts as drift for `exit_status`; not kept.
    """

    dataset: DatasetSummary
    reference: ReferenceSummary
    tolerance: Mapping[str, Mapping[str, Any]]
    candidates: tuple[CandidateReport, ...]
    pairwise: PairwiseAgreement | None = None
    environment: Environment | None = None
    tolerance_origin: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    unlisted_files: tuple[str, ...] = ()
    resize_check: ResizeCheck | None = None
    notes: tuple[str, ...] = field(default=(), compare=False)
    files: tuple[Path, ...] = field(default=(), compare=False)
    require_conclusive: bool = field(default=False, compare=False)

    def __repr__(self) -> str:
        verdicts = [f"{self.count(verdict)} {verdict}" for verdict in Verdict if self.count(verdict)]
        data = f"{self.dataset.num_images:,} {self.dataset.split} images of {self.dataset.name}"
        return f"<VerificationReport on {data}: {', '.join(verdicts) or 'no candidate'}>"

    @property
    def worst_first(self) -> list[CandidateReport]:
        """Errors, drift, not compared, inconclusive, passes; within each the lowest agreement first."""
        return sorted(
            self.candidates,
            key=lambda row: (-BEST_FIRST.index(row.verdict), row.measurement.agreement if row.measurement else 0.0),
        )

    def best_for(self, target: Target) -> CandidateReport | None:
        """The row of the file to ship to `target`: the smallest, on a server the fastest, of those that pass there.

        Files at most 5 % larger than the smallest count as equally small; of these it is the fastest.
        If none passes, one that is inconclusive; None if there is no such file either. A file that drifts in any
        runtime of the target is none.
        """
        rows = [row for row in self.candidates if target.runs(row.format, row.precision, row.runtime)]
        bad = {row.artifact for row in rows if row.verdict in (Verdict.DRIFT, Verdict.ERROR, Verdict.OUTDATED)}
        for verdict in (Verdict.PASS, Verdict.INCONCLUSIVE):
            good = [row for row in rows if row.verdict is verdict and row.artifact not in bad]
            if good:
                limit = SAME_SIZE * min(row.size_bytes for row in good)
                small = [row for row in good if target.wants_speed or row.size_bytes <= limit]
                return min(small, key=lambda row: (_slowness(row), row.size_bytes))
        return None

    def _recommended(self, target: Target) -> dict[str, str] | None:
        row = self.best_for(target)
        return {"artifact": row.artifact, "runtime": row.runtime, "verdict": row.verdict.value} if row else None

    def count(self, verdict: Verdict) -> int:
        """How many candidates have it."""
        return sum(row.verdict is verdict for row in self.candidates)

    @property
    def exit_status(self) -> int:
        """0: none drifts. 1: an error, or nothing was compared. 3: drift, or inconclusive if that does not do."""
        if self.count(Verdict.ERROR) or not any(map(self.count, COMPARED)):
            return 1
        is_refused = self.require_conclusive and self.count(Verdict.INCONCLUSIVE)
        return 3 if self.count(Verdict.DRIFT) or is_refused else 0

    def to_dict(self) -> dict[str, Any]:
        """verification.json, as ARCHITECTURE.md describes it."""
        document = {
            "schema_version": SCHEMA_VERSION,
            "dataset": asdict(self.dataset),
            "reference": asdict(self.reference)
            | {
                "report": [result.to_dict() for result in self.reference.report],
                "remarks": list(self.reference.remarks),
            },
            "tolerance": {precision: dict(limits) for precision, limits in self.tolerance.items()},
            "tolerance_origin": {precision: dict(limits) for precision, limits in self.tolerance_origin.items()},
            "unlisted_files": list(self.unlisted_files),
            "candidates": [row.to_dict() for row in self.candidates],
            "recommended": {target.value: self._recommended(target) for target in Target},
        }
        optional = {
            "pairwise": self.pairwise,
            "environment": self.environment,
            "resize_check": self.resize_check,
        }
        document |= {name: part.to_dict() for name, part in optional.items() if part}
        return plain(document)

    @classmethod
    def from_dict(cls, document: Any) -> "VerificationReport":
        """Read what `to_dict` wrote; raises RunFolderError for any other document."""
        try:
            return cls._read(document)
        except SchemaError as error:
            raise RunFolderError(f"This is not a verification that edgekit wrote: {error}. Verify again.") from error

    @classmethod
    def _read(cls, document: Any) -> "VerificationReport":
        version = conform_to(_Versioned, document).schema_version
        if version != SCHEMA_VERSION:
            raise RunFolderError(
                f"This verification has schema version {version}; expected {SCHEMA_VERSION}. Verify again with this "
                f"version of edgekit."
            )
        values = conform(_Document, document)
        pairwise = values.get("pairwise")
        report = cls(
            dataset=values["dataset"],
            reference=values["reference"],
            tolerance=values["tolerance"],
            candidates=tuple(_read_rows(values["candidates"])),
            pairwise=None if pairwise is None else PairwiseAgreement.from_dict(pairwise),
            environment=values.get("environment"),
            tolerance_origin=values.get("tolerance_origin", {}),
            unlisted_files=values.get("unlisted_files", ()),
            resize_check=values.get("resize_check"),
        )
        check_consistent(report)
        return report


@dataclass(frozen=True, kw_only=True)
class _Versioned:
    """Any document of any version."""

    schema_version: int


class _Document(TypedDict):
    """verification.json."""

    schema_version: int
    dataset: DatasetSummary
    reference: ReferenceSummary
    tolerance: dict[str, dict[str, float | bool | None]]
    candidates: list[Any]
    pairwise: NotRequired[Any]
    environment: NotRequired[Environment | None]
    tolerance_origin: NotRequired[dict[str, dict[str, str]]]
    unlisted_files: NotRequired[tuple[str, ...]]
    resize_check: NotRequired[ResizeCheck | None]


def _slowness(row: CandidateReport) -> float:
    """Seconds per image; infinite if no speed was measured."""
    speed = row.performance.images_per_second if row.performance else 0.0
    return 1 / speed if speed > 0 else float("inf")


def _read_rows(rows: list[Any]) -> Iterator[CandidateReport]:
    for place, row in enumerate(rows):
        try:
            yield CandidateReport.from_dict(row)
        except SchemaError as error:
            raise error.under(place).under("candidates") from error.__cause__


def check_consistent(report: VerificationReport) -> None:
    """Raise SchemaError if numbers of one report do not belong together: classes that do not exist, missing rows."""
    num_classes = len(report.dataset.class_names)
    for place, row in enumerate(report.candidates):
        if row.measurement is None:
            continue
        if len(row.measurement.per_class) != num_classes:
            expected = f"a row for each of {num_classes} classes"
            raise SchemaError(expected, str(len(row.measurement.per_class))).under(f"candidates[{place}].per_class")
        if _largest_class(row.measurement) >= num_classes:
            raise SchemaError(f"classes below {num_classes}", "a larger one").under(f"candidates[{place}]")


def _largest_class(measurement: Measurement) -> int:
    """The largest class that a measurement speaks of; -1 for none."""
    flipped = ((each.true_class, each.reference_class, each.candidate_class) for each in measurement.flipped_images)
    cells = ((each.true_class, each.predicted_class) for each in measurement.confusion)
    flips = ((each.reference_class, each.candidate_class) for each in measurement.class_flips)
    return max((number for numbers in chain(flipped, cells, flips) for number in numbers), default=-1)
