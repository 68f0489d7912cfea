"""From what became of a candidate to its row in the report. Runs and judges nothing."""

from edgekit.runtimes import Availability, Execution, ExecutionFailure
from edgekit.verification.candidate import PRECISION_OF_UNKNOWN, Candidate
from edgekit.verification.subjects.images import Workload
from edgekit.verification.verdict.limits import subset_remark
from edgekit.verification.verdict.report import CandidateReport, Measurement, Performance, Verdict


def mistakes_of(candidate: Candidate) -> tuple[str, ...]:
    """How it should have been fed or read, if that is known."""
    return (candidate.mistake,) if candidate.mistake else ()


def external_remarks(candidate: Candidate, execution: Execution) -> tuple[str, ...]:
    """What a reader must know of a model made elsewhere; `execution` holds its scores as it gave them."""
    remarks = [candidate.remark] if candidate.remark else []
    if candidate.interface and candidate.interface.gives_logits(execution.scores):
        remarks.append("Its scores are logits; they are compared after a softmax.")
    if candidate.interface and candidate.interface.words:
        remarks.append(f"Made elsewhere, and run as asked for: {candidate.interface.words}.")
    return tuple(remarks)


def failed(candidate: Candidate, failure: ExecutionFailure) -> CandidateReport:
    """The row of a candidate that could not be run."""
    reasons = (failure.sentence, *mistakes_of(candidate))
    return row_of(candidate, verdict=Verdict.ERROR, reasons=reasons)


def remarks_on(
    candidate: Candidate, workload: Workload, measurement: Measurement, *, is_certain: bool
) -> tuple[str, ...]:
    """What a reader must know of what was measured."""
    remarks = []
    if candidate.artifact.precision is None:
        remarks.append(
            f"Its name says no precision, so it is judged as {PRECISION_OF_UNKNOWN}; a name such as model-int8."
            f"{candidate.artifact.format} says one."
        )
    if workload.is_subset and not is_certain:
        remarks.append(subset_remark(measurement, workload.num_images_of_split, workload.why_a_part))
    return tuple(remarks)


def not_compared(candidate: Candidate, availability: Availability) -> CandidateReport:
    """The row of a candidate whose runtime does not work here."""
    reason = availability.reason or "The runtime does not work here."
    return row_of(candidate, verdict=Verdict.NOT_COMPARED, reasons=(reason,), version=availability.version)


def row_of(
    candidate: Candidate,
    *,
    verdict: Verdict,
    reasons: tuple[str, ...],
    remarks: tuple[str, ...] = (),
    measurement: Measurement | None = None,
    execution: Execution | None = None,
    version: str | None = None,
    confidence: float | None = None,
) -> CandidateReport:
    """A row of the report."""
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
        confidence=confidence,
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
