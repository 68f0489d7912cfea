"""`verify`: runs every candidate, compares each with the reference, judges it, goes on after a failure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from edgekit.artifact import Artifact, Precision
from edgekit.datasets import Dataset
from edgekit.errors import UsageError, VerificationError
from edgekit.metrics import drift
from edgekit.progress import Progress, SilentProgress
from edgekit.run_folder import Reference
from edgekit.runtimes import Availability, Execution, ExecutionFailure
from edgekit.tolerance import Tolerance, Tolerances
from edgekit.verification.environment import this_environment
from edgekit.verification.execution import SLOW_RUNTIMES, Executor, IsolatedExecutor
from edgekit.verification.foreign import Interface
from edgekit.verification.images import Workload, open_workloads
from edgekit.verification.judge import broken_limits, subset_remark
from edgekit.verification.measure import class_results, measure
from edgekit.verification.pairwise import Answers, compare_pairs, keep_answers
from edgekit.verification.report import (
    CandidateReport,
    DatasetSummary,
    Measurement,
    Performance,
    ReferenceSummary,
    Verdict,
    VerificationReport,
)
from edgekit.verification.suspicions import suspicions
from edgekit.verification.words import in_words

REFERENCE_KERNEL_IMAGES = 200
"""Images for a slow runtime, unless asked otherwise."""

PRECISION_OF_UNKNOWN = Precision.FLOAT32
"""What a file that names no precision is judged as: the strictest, so that nothing passes by its name."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """An artifact in a runtime.

    Attributes:
        artifact: The file.
        runtime: A name in `edgekit.runtimes.RUNTIMES` that reads its format.
        name: What the report calls the file: its path in the run folder; "" for the file's own name.
        interface: How a model made elsewhere is fed and read; None for an artifact of a run.
        mistake: One sentence: how the model should clearly have been fed or read; see `input_check`.
        remark: One sentence that a reader of its row must know.
    """

    artifact: Artifact
    runtime: str
    name: str = ""
    interface: Interface | None = None
    mistake: str | None = None
    remark: str | None = None

    @property
    def title(self) -> str:
        """One word or two for a person: "tflite int8 in litert-xnnpack"."""
        what = f"{self.artifact.format} {self.artifact.precision}" if self.artifact.precision else self.shown_name
        return f"{what} in {self.runtime}"

    @property
    def shown_name(self) -> str:
        """What the report calls the file."""
        return self.name or self.artifact.path.name


def verify(
    candidates: Sequence[Candidate],
    *,
    reference: Reference,
    dataset: Dataset,
    reference_runtime: str = "keras",
    tolerances: Tolerances | None = None,
    reference_kernel_images: int = REFERENCE_KERNEL_IMAGES,
    time_limit: float | None = None,
    pairwise: bool = False,
    progress: Progress | None = None,
    executor: Executor | None = None,
) -> VerificationReport:
    """Run every candidate on the test split and compare its scores with the reference's.

    Args:
        candidates: What to run, at least one.
        reference: The float model's scores on the same test split.
        dataset: Its test split is run; nothing else of it is used.
        reference_runtime: What gave the reference's scores, for the report.
        tolerances: The limits; the defaults if None.
        reference_kernel_images: Images for a slow runtime (litert-reference), at least 1.
        time_limit: Seconds for one candidate, above 0; None: 600 and a tenth for each image.
        pairwise: Whether to compare the candidates with each other too.
        progress: Where it reports; silent if None.
        executor: What runs the candidates; a worker process for each if None.

    Returns:
        One row for each candidate, in their order, whatever became of it.

    Raises:
        VerificationError: There is no candidate, or reference and data set do not belong together.
        UsageError: A number is out of its range.
    """
    check_numbers(reference_kernel_images, time_limit)
    check_belongs(reference, dataset)
    if not candidates:
        raise VerificationError("There is nothing to verify: no artifact that a runtime here reads. Export one first.")
    verifier = _Verifier(
        reference=reference,
        tolerances=tolerances or Tolerances(),
        time_limit=time_limit,
        progress=progress or SilentProgress(),
        executor=executor or IsolatedExecutor(),
        answers=[] if pairwise else None,
    )
    availability = {name: verifier.executor.availability(name) for name in {one.runtime for one in candidates}}
    rows = []
    with open_workloads(dataset.test, reference, reference_kernel_images) as workloads:
        for number, candidate in enumerate(candidates, start=1):
            if availability[candidate.runtime].is_available:
                workload = workloads.slow if candidate.runtime in SLOW_RUNTIMES else workloads.whole
                rows.append(verifier.run(candidate, workload, f"{number}/{len(candidates)}"))
            else:
                rows.append(_not_compared(candidate, availability[candidate.runtime]))
    return VerificationReport(
        dataset=DatasetSummary(
            name=dataset.name,
            split="test",
            num_images=len(dataset.test),
            sha256=dataset.sha256,
            class_names=dataset.class_names,
        ),
        reference=summary_of(reference, reference_runtime),
        tolerance={one.value: verifier.tolerances.of(one).to_dict() for one in _precisions(candidates)},
        candidates=tuple(replace(row, summary=in_words(row)) for row in rows),
        pairwise=None if verifier.answers is None else compare_pairs(verifier.answers),
        environment=this_environment(),
    )


def check_belongs(reference: Reference, dataset: Dataset) -> None:
    """Raise VerificationError unless `reference` was made on the test split of `dataset` and is whole."""
    import numpy as np

    if len(dataset.test) == 0:
        raise VerificationError(f"Data set '{dataset.name}' has no test images. Expected at least one to verify on.")
    if dataset.sha256 != reference.dataset_sha256:
        raise VerificationError(
            f"The reference was made on another test split: expected the data with SHA-256 "
            f"{reference.dataset_sha256[:16]}…, received '{dataset.name}' with {dataset.sha256[:16]}… "
            f"({len(dataset.test):,} images, {len(dataset.class_names)} classes; the reference has "
            f"{len(reference.labels):,} and {len(reference.class_names)}). Name the data the model was trained "
            f"with in --data, or train again on this one."
        )
    same_names = dataset.class_names == reference.class_names
    if not same_names or not np.array_equal(dataset.test.labels, reference.labels):
        raise VerificationError(
            f"The reference names '{dataset.name}' as its data, but holds other labels or class names. "
            f"Restore the reference, or train again."
        )
    drift.check_comparable(reference.scores, reference.scores, reference.labels)


def summary_of(reference: Reference, runtime: str = "keras") -> ReferenceSummary:
    """The reference's own quality."""
    scores, labels = reference.scores, reference.labels
    return ReferenceSummary(
        runtime=runtime,
        accuracy=drift.accuracy(scores, labels),
        report=class_results(scores, scores, labels, reference.class_names),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Verifier:
    """What stays the same from candidate to candidate."""

    reference: Reference
    tolerances: Tolerances
    time_limit: float | None
    progress: Progress
    executor: Executor
    answers: list[Answers] | None

    def run(self, candidate: Candidate, workload: Workload, position: str) -> CandidateReport:
        """Run one candidate and judge it."""
        num_images = len(workload.labels)
        slow = ", slow kernels" if candidate.runtime in SLOW_RUNTIMES else ""
        with self.progress.task(f"{position} {candidate.title}{slow}", num_images) as advance:
            result = self.executor.execute(
                candidate.runtime,
                candidate.artifact.path,
                workload.images_npy,
                num_images=num_images,
                time_limit=self.time_limit or default_time_limit(num_images),
                advance=advance,
                encoding=candidate.interface.encoding if candidate.interface else None,
            )
        if isinstance(result, ExecutionFailure):
            return _row(candidate, verdict=Verdict.ERROR, reasons=(_sentence(result.reason), *_mistakes(candidate)))
        try:
            execution = _read(candidate, result)
            measurement = measure(
                workload.reference_scores,
                execution.scores,
                workload.labels,
                self.reference.class_names,
                workload.indices,
            )
        except VerificationError as error:
            reasons = (str(error), *_mistakes(candidate))
            return _row(candidate, verdict=Verdict.ERROR, reasons=reasons, execution=result)
        if self.answers is not None:
            self.answers.append(
                keep_answers(candidate.shown_name, candidate.runtime, workload.indices, execution.scores)
            )
        row = self._judged(candidate, workload, execution, measurement)
        return replace(row, remarks=(*row.remarks, *_foreign_remarks(candidate, result)))

    def _judged(
        self, candidate: Candidate, workload: Workload, execution: Execution, measurement: Measurement
    ) -> CandidateReport:
        tolerance = self.tolerances.of(_judged_as(candidate))
        broken = broken_limits(
            measurement,
            tolerance,
            is_subset=workload.is_subset,
            counted_flips=_counted_flips(workload, execution, tolerance),
        )
        mistakes = _mistakes(candidate)
        hints: tuple[str, ...] = ()
        if broken and not mistakes:
            hints = suspicions(workload.reference_scores, execution.scores, workload.labels, self.reference.class_names)
        return _row(
            candidate,
            verdict=Verdict.DRIFT if broken or mistakes else Verdict.PASS,
            reasons=mistakes + broken + hints,
            remarks=_remarks(candidate, workload, measurement),
            measurement=measurement,
            execution=execution,
        )


def _read(candidate: Candidate, execution: Execution) -> Execution:
    """The scores of a model made elsewhere as probabilities in the order of the data set; raises VerificationError."""
    if candidate.interface is None:
        return execution
    return replace(execution, scores=candidate.interface.probabilities(execution.scores))


def _mistakes(candidate: Candidate) -> tuple[str, ...]:
    return (candidate.mistake,) if candidate.mistake else ()


def _foreign_remarks(candidate: Candidate, execution: Execution) -> tuple[str, ...]:
    remarks = [candidate.remark] if candidate.remark else []
    if candidate.interface and candidate.interface.gives_logits(execution.scores):
        remarks.append("Its scores are logits; they are compared after a softmax.")
    if candidate.interface and candidate.interface.words:
        remarks.append(f"Made elsewhere, and run as asked for: {candidate.interface.words}.")
    return tuple(remarks)


def default_time_limit(num_images: int) -> float:
    """Seconds after which a candidate counts as hung: 600, and a tenth for each image."""
    return 600.0 + 0.1 * num_images


def _sentence(reason: str) -> str:
    """A failure's reason as a whole sentence: "crashed with SIGSEGV" has its worker as subject."""
    subject = "The worker process " if reason[:1].islower() else ""
    return f"{subject}{reason}{'' if reason.endswith('.') else '.'}"


def _counted_flips(workload: Workload, execution: Execution, tolerance: Tolerance) -> int | None:
    if tolerance.tie_margin is None:
        return None
    return drift.flips_beyond_margin(workload.reference_scores, execution.scores, tolerance.tie_margin)


def _remarks(candidate: Candidate, workload: Workload, measurement: Measurement) -> tuple[str, ...]:
    remarks = []
    if candidate.artifact.precision is None:
        remarks.append(
            f"Its name says no precision, so it is judged as {PRECISION_OF_UNKNOWN}; a name such as model-int8."
            f"{candidate.artifact.format} says one."
        )
    if workload.is_subset:
        remarks.append(subset_remark(measurement, workload.num_images_of_split))
    if count := measurement.tie_flips.total:
        differ = "prediction differs" if count == 1 else "predictions differ"
        remarks.append(
            f"{count:,} more {differ} only because several classes share the highest score there; not among the flips."
        )
    return tuple(remarks)


def _judged_as(candidate: Candidate) -> Precision:
    return candidate.artifact.precision or PRECISION_OF_UNKNOWN


def _precisions(candidates: Sequence[Candidate]) -> list[Precision]:
    present = {_judged_as(candidate) for candidate in candidates}
    return [precision for precision in Precision if precision in present]


def _not_compared(candidate: Candidate, availability: Availability) -> CandidateReport:
    reason = availability.reason or "The runtime does not work here."
    return _row(candidate, verdict=Verdict.NOT_COMPARED, reasons=(reason,), version=availability.version)


def _row(
    candidate: Candidate,
    *,
    verdict: Verdict,
    reasons: tuple[str, ...],
    remarks: tuple[str, ...] = (),
    measurement: Measurement | None = None,
    execution: Execution | None = None,
    version: str | None = None,
) -> CandidateReport:
    return CandidateReport(
        artifact=candidate.shown_name,
        sha256=candidate.artifact.sha256,
        size_bytes=candidate.artifact.size_bytes,
        format=candidate.artifact.format,
        precision=candidate.artifact.precision,
        runtime=candidate.runtime,
        runtime_version=execution.runtime_version if execution else version,
        verdict=verdict,
        reasons=reasons,
        remarks=remarks,
        measurement=measurement,
        performance=_performance(execution) if execution else None,
    )


def _performance(execution: Execution) -> Performance:
    return Performance(
        seconds=execution.seconds,
        images_per_second=execution.images_per_second,
        peak_rss_bytes=execution.peak_rss_bytes,
        num_threads=execution.settings.num_threads,
        batch_size=execution.settings.batch_size,
        num_sessions=execution.settings.num_sessions,
    )


def check_numbers(reference_kernel_images: int, time_limit: float | None) -> None:
    """Raise UsageError where one of them is out of its range; see `verify`."""
    if reference_kernel_images < 1:
        raise UsageError(f"The reference kernels need at least 1 image. Received {reference_kernel_images}.")
    if time_limit is not None and not time_limit > 0:
        raise UsageError(f"The time limit must be above 0 seconds. Received {time_limit}.")
