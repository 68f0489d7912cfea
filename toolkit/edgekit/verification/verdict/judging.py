"""From what is known of a candidate to its verdict and its row in the report. Runs and measures nothing."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from edgekit.runtimes.base import Performance
from edgekit.tolerance import Tolerance
from edgekit.verification.candidate import Candidate
from edgekit.verification.measuring.score_comparison import ScoreComparison
from edgekit.verification.measuring.sequential import CertainResult
from edgekit.verification.sampling import Sampling
from edgekit.verification.verdict.certain_limits import certainly_broken
from edgekit.verification.verdict.findings import Finding
from edgekit.verification.verdict.likely_causes import likely_causes
from edgekit.verification.verdict.limits import broken_limits, lost_classes
from edgekit.verification.verdict.remarks import (
    OVERFLOWS_HERE,
    input_output_remarks,
    one_score_remark,
    overflow_remarks,
    precision_remarks,
    same_kernels_remark,
    sequential_remark,
    subset_remark,
)
from edgekit.verification.verdict.report import CandidateReport, Verdict
from edgekit.verification.verdict.summary import summary_sentence


@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """What is known of a candidate after it was run and measured.

    Attributes:
        is_available: Whether its runtime works here and has a kernel for every operator; else it was not run.
        failure: Why it gave no scores that can be compared, as a whole sentence; None if it did.
        comparison: How it differs from the reference; None if `failure` says why not.
        certain: What was certain before the last image; None if all images were run.
        num_images_of_split: Images of the whole split.
        why_a_part: Why images are left out, as half a sentence.
        ran_for_a_time: Whether there was a limit of time, so that rows differ in how many images they are of.
        were_logits: Whether a softmax, or a sigmoid, made probabilities of its scores.
        was_one_score: Whether it gave one score for two classes.
        remark: How its file was opened, as a whole sentence; "" for nothing.
        runtime_version: Version of its runtime; None if it did not get so far.
        performance: What running took; None if it did not get so far.
    """

    is_available: bool
    failure: str | None
    comparison: ScoreComparison | None
    certain: CertainResult | None
    num_images_of_split: int
    why_a_part: str
    ran_for_a_time: bool
    were_logits: bool
    was_one_score: bool
    remark: str
    runtime_version: str | None
    performance: Performance | None


@dataclass(frozen=True, kw_only=True)
class Judge:
    """Judges the candidates of one verification.

    Attributes:
        class_names: C names.
        sampling: How much of the split was to be run.
    """

    class_names: tuple[str, ...]
    sampling: Sampling

    def judge(self, candidate: Candidate, evidence: Evidence, tolerance: Tolerance) -> CandidateReport:
        """The row of a candidate, judged by `tolerance`."""
        row = _row(candidate, evidence)
        if evidence.comparison is None:
            return _with_summary(_failed(row, candidate, evidence))
        broken, mistakes = self._broken(evidence.comparison, evidence, tolerance), _mistakes_of(candidate)
        is_drift = bool(mistakes) or any(one.is_certain for one in broken)
        causes = self._causes(candidate, evidence.comparison) if is_drift and not mistakes else ()
        sentences = tuple(one.sentence for one in sorted(broken, key=lambda one: not one.is_certain))
        return _with_summary(
            replace(
                row,
                verdict=Verdict.DRIFT if is_drift else Verdict.INCONCLUSIVE if broken else Verdict.PASS,
                reasons=(*mistakes, *sentences, *causes),
                remarks=self._remarks(candidate, evidence.comparison, evidence),
                measurement=evidence.comparison.measurement,
                confidence=evidence.certain.confidence if evidence.certain else None,
            )
        )

    def shared(
        self, first: CandidateReport, candidate: Candidate, runtime_version: str | None, num_confirmed: int
    ) -> CandidateReport:
        """The row of a candidate that has the kernels of another one, whose row is `first`.

        Args:
            first: What was measured with these kernels.
            candidate: The other one's file in another runtime.
            runtime_version: Of that runtime.
            num_confirmed: Images on which both gave the same scores, bit by bit.
        """
        row = replace(first, runtime=candidate.runtime, runtime_version=runtime_version)
        remark = same_kernels_remark(candidate.runtime, first.runtime, num_confirmed)
        return _with_summary(replace(row, same_kernels_as=first.runtime, remarks=(*first.remarks, remark)))

    def _causes(self, candidate: Candidate, comparison: ScoreComparison) -> tuple[str, ...]:
        """Why it drifts, as far as that can be told."""
        return (OVERFLOWS_HERE,) if candidate.overflows_here else likely_causes(comparison.symptoms, self.class_names)

    def _broken(self, comparison: ScoreComparison, evidence: Evidence, tolerance: Tolerance) -> tuple[Finding, ...]:
        measurement = comparison.measurement
        found = broken_limits(
            measurement,
            tolerance,
            is_subset=measurement.num_images < evidence.num_images_of_split and not evidence.certain,
            counted_flips=comparison.num_flips_beyond_margin,
        )
        if evidence.certain:
            return (*certainly_broken(evidence.certain, tolerance, found), *lost_classes(measurement, tolerance))
        return found

    def _remarks(self, candidate: Candidate, comparison: ScoreComparison, evidence: Evidence) -> tuple[str, ...]:
        measurement, num_images, is_certain = (
            comparison.measurement,
            evidence.num_images_of_split,
            bool(evidence.certain),
        )
        remarks = [*precision_remarks(candidate), *overflow_remarks(candidate)]
        if self.sampling.confidence is not None:
            remarks.insert(0, sequential_remark(measurement, num_images, self.sampling, is_certain))
        if measurement.num_images < num_images and not is_certain:
            count = None if evidence.ran_for_a_time else measurement.num_images
            remarks.append(subset_remark(count, num_images, evidence.why_a_part))
        if evidence.remark:
            remarks.append(evidence.remark)
        if evidence.was_one_score:
            remarks.append(one_score_remark(candidate, self.class_names, are_logits=evidence.were_logits))
        were_logits = evidence.were_logits and not evidence.was_one_score
        return (*remarks, *input_output_remarks(candidate, were_logits=were_logits))


def _row(candidate: Candidate, evidence: Evidence) -> CandidateReport:
    """The row without its verdict."""
    return CandidateReport(
        artifact=candidate.shown_name,
        sha256=candidate.artifact.sha256,
        size_bytes=candidate.artifact.size_bytes,
        format=candidate.artifact.format,
        precision=candidate.artifact.precision,
        runtime=candidate.runtime,
        runtime_version=evidence.runtime_version,
        verdict=Verdict.ERROR,
        input_type=candidate.input_type,
        output_type=candidate.output_type,
        verified_on=datetime.now(UTC).date().isoformat(),
        performance=evidence.performance,
    )


def _failed(row: CandidateReport, candidate: Candidate, evidence: Evidence) -> CandidateReport:
    failure = evidence.failure or "It gave no scores."
    if not evidence.is_available:
        return replace(row, verdict=Verdict.NOT_COMPARED, reasons=(failure,))
    return replace(row, reasons=(failure, *_mistakes_of(candidate)))


def _mistakes_of(candidate: Candidate) -> tuple[str, ...]:
    """How it should have been made, fed or read, if that is known."""
    return tuple(filter(None, (candidate.input_fault, candidate.mistake)))


def _with_summary(row: CandidateReport) -> CandidateReport:
    return replace(row, summary=summary_sentence(row))
