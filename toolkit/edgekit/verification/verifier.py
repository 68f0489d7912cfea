"""One candidate after the other: runs it, compares it with the reference, judges it. Chooses no candidates."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgekit.execution.executor import SLOW_RUNTIMES, Executor
from edgekit.foundation.errors import VerificationError
from edgekit.foundation.progress import Progress
from edgekit.metrics import drift
from edgekit.runs.reference import Reference
from edgekit.runtimes import Execution, ExecutionFailure
from edgekit.tolerance import Tolerance, Tolerances
from edgekit.verification.candidate import Candidate
from edgekit.verification.measuring.pairwise import TopClasses, top_classes_of
from edgekit.verification.measuring.score_comparison import measure
from edgekit.verification.measuring.sequential import SequentialVerdict
from edgekit.verification.sampling import Sampling
from edgekit.verification.subjects.images import Workload
from edgekit.verification.verdict.judging import external_remarks, failed, mistakes_of, remarks_on, row_of
from edgekit.verification.verdict.likely_causes import likely_causes
from edgekit.verification.verdict.limits import broken_limits, lost_classes, sequential_remark
from edgekit.verification.verdict.report import CandidateReport, Measurement, Verdict

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Judged:
    """What became of a candidate.

    Attributes:
        row: Its row.
        answers: Its top classes, for the comparison with the other candidates; None where it gave none.
    """

    row: CandidateReport
    answers: TopClasses | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Verifier:
    """What stays the same from candidate to candidate; `run` may be called by several threads.

    Attributes:
        reference: The reference's scores of the whole split.
        tolerances: The limits.
        sampling: How much is run.
        time_limit: Seconds for one candidate; None: by the number of images.
        progress: Where it reports.
        executor: What runs the candidates.
    """

    reference: Reference
    tolerances: Tolerances
    sampling: Sampling
    time_limit: float | None
    progress: Progress
    executor: Executor

    def run(self, candidate: Candidate, workload: Workload, position: str) -> Judged:
        """Run one candidate and judge it."""
        num_images = workload.num_images
        slow = ", slow kernels" if candidate.runtime in SLOW_RUNTIMES else ""
        follower = self._follower(candidate, workload)
        with self.progress.task(f"{position} {candidate.title}{slow}", num_images) as advance:
            result = self.executor.execute(
                candidate.runtime,
                candidate.artifact.path,
                workload.images_npy,
                num_images=num_images,
                time_limit=self.time_limit or default_time_limit(num_images),
                advance=advance,
                encoding=candidate.interface.encoding if candidate.interface else None,
                order=workload.order_npy,
                watch=follower.watch if follower else None,
            )
        if isinstance(result, ExecutionFailure):
            return Judged(row=failed(candidate, result))
        with self.executor.while_no_worker_measures():
            return self._compared(candidate, workload, result, follower)

    def _follower(self, candidate: Candidate, workload: Workload) -> SequentialVerdict | None:
        if self.sampling.confidence is None or workload.order_npy is None or workload.indices is None:
            return None
        return SequentialVerdict(
            reference=workload.split_scores,
            labels=workload.split_labels,
            class_names=self.reference.class_names,
            order=workload.indices,
            tolerance=self.tolerances.of(candidate.judged_as),
            confidence=self.sampling.confidence,
            read=candidate.interface.probabilities if candidate.interface else None,
        )

    def _compared(
        self, candidate: Candidate, workload: Workload, result: Execution, follower: SequentialVerdict | None
    ) -> Judged:
        part = workload.first(len(result.scores)) if follower else workload
        try:
            scores = _read(candidate, part.in_order_of_the_split(result.scores))
            measurement = measure(
                part.reference_scores, scores, part.labels, self.reference.class_names, part.sorted_indices
            )
        except VerificationError as error:
            reasons = (str(error), *mistakes_of(candidate))
            return Judged(row=row_of(candidate, verdict=Verdict.ERROR, reasons=reasons, execution=result))
        row = self._judged(candidate, part, scores, measurement, result, follower)
        row = replace(row, remarks=(*row.remarks, *external_remarks(candidate, result)))
        return Judged(
            row=row, answers=top_classes_of(candidate.shown_name, candidate.runtime, part.sorted_indices, scores)
        )

    def _judged(
        self,
        candidate: Candidate,
        workload: Workload,
        scores: "NDArray[np.float32]",
        measurement: Measurement,
        result: Execution,
        follower: SequentialVerdict | None,
    ) -> CandidateReport:
        is_certain = follower is not None and follower.verdict is not None and workload.is_subset
        if follower and is_certain:
            broken = (*follower.broken, *lost_classes(measurement, self.tolerances.of(candidate.judged_as)))
        else:
            broken = self._broken(candidate, workload, scores, measurement)
        mistakes = mistakes_of(candidate)
        hints: tuple[str, ...] = ()
        if broken and not mistakes:
            hints = likely_causes(workload.reference_scores, scores, workload.labels, self.reference.class_names)
        remarks = remarks_on(candidate, workload, measurement, is_certain=is_certain)
        if follower and self.sampling.confidence:
            remarks = (
                sequential_remark(measurement, workload.num_images_of_split, self.sampling, is_certain),
                *remarks,
            )
        return row_of(
            candidate,
            verdict=Verdict.DRIFT if broken or mistakes else Verdict.PASS,
            reasons=mistakes + broken + hints,
            remarks=remarks,
            measurement=measurement,
            execution=result,
            confidence=self.sampling.confidence if is_certain else None,
        )

    def _broken(
        self, candidate: Candidate, workload: Workload, scores: "NDArray[np.float32]", measurement: Measurement
    ) -> tuple[str, ...]:
        tolerance = self.tolerances.of(candidate.judged_as)
        return broken_limits(
            measurement,
            tolerance,
            is_subset=workload.is_subset,
            counted_flips=_counted_flips(workload, scores, tolerance),
        )


def default_time_limit(num_images: int) -> float:
    """Seconds after which a candidate counts as hung: 600, and a tenth for each image."""
    return 600.0 + 0.1 * num_images


def _read(candidate: Candidate, scores: "NDArray[np.float32]") -> "NDArray[np.float32]":
    """The scores of a model made elsewhere as probabilities in the order of the data set; raises VerificationError."""
    return candidate.interface.probabilities(scores) if candidate.interface else scores


def _counted_flips(workload: Workload, scores: "NDArray[np.float32]", tolerance: Tolerance) -> int | None:
    if tolerance.tie_margin is None:
        return None
    return drift.flips_beyond_margin(workload.reference_scores, scores, tolerance.tie_margin)
