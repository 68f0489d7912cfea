"""The whole of `edgekit verify`: one path through subjects, execution, measuring and verdict.

    resolve_request    subjects     who is compared with what, on which images; reads folders and files
    scoring_tasks      subjects     the images as files that worker processes read
    CandidateRunner    execution    each candidate's scores
    Measurer           measuring    how they differ from the reference's
    Judge              verdict      whether that is within the limits, and the row of the report

Each part hands a frozen dataclass to the next and calls none of the others. Candidates are run several at a time, and
each is measured and judged as soon as it has been run, so that only counts and sums of its scores are kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from edgekit.artifact import Precision
from edgekit.datasets import Dataset, Split
from edgekit.execution.candidates import CandidateRunner, ScoringResult, ScoringTask
from edgekit.execution.executor import Executor, IsolatedExecutor
from edgekit.foundation.atomic_files import write_json, write_text
from edgekit.foundation.errors import RunFolderError
from edgekit.foundation.files.folder_lock import folder_lock
from edgekit.foundation.grammar import for_shell
from edgekit.foundation.progress import Progress, SilentProgress
from edgekit.runs.folder import RunFolder
from edgekit.runs.reference import Reference
from edgekit.tolerance import Tolerance, Tolerances
from edgekit.verification.candidate import Candidate
from edgekit.verification.measuring.measurer import Measured, Measurer
from edgekit.verification.measuring.pairwise import PairwiseAgreement, TopClasses, compare_pairs
from edgekit.verification.measuring.resize_effect import ResizeCheck, ResizeRow, effects_of, models_of
from edgekit.verification.measuring.sequential import SequentialTest
from edgekit.verification.request import VerifyRequest
from edgekit.verification.sampling import Sampling
from edgekit.verification.shared_kernels import SharedKernels
from edgekit.verification.subjects.images import scoring_tasks
from edgekit.verification.subjects.resized_answers import answers_under_every_rule
from edgekit.verification.subjects.resolve import Subjects, given_subjects, resolve_request
from edgekit.verification.verdict.environment import this_environment
from edgekit.verification.verdict.judging import Evidence, Judge
from edgekit.verification.verdict.report import (
    CandidateReport,
    DatasetSummary,
    ReferenceSummary,
    VerificationReport,
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Verified:
    """A finished verification.

    Attributes:
        report: What was found.
        run: The run folder whose verification it is; None if single files were verified.
        notes: Whole sentences about the reference.
        test: The images that it was verified on.
    """

    report: VerificationReport
    run: RunFolder | None
    notes: tuple[str, ...] = ()
    test: Split

    @property
    def name(self) -> str:
        """What was verified: the name of the run; "" for single files."""
        return self.run.name if self.run else ""

    def save(self, markdown: str, html: str) -> list[Path]:
        """Write verification.json, verification.md and verification.html into the run folder, if there is one.

        Returns:
            The paths of what was written.

        Raises:
            RunFolderError: The folder cannot be written to.
        """
        if self.run is None:
            return []
        path = self.run.verification_path
        texts = {path.with_suffix(".md"): markdown, self.run.verification_page_path: html}
        try:
            with folder_lock(self.run.path):
                write_json(path, self.report.to_dict(), is_durable=True)
                for each, text in texts.items():
                    write_text(each, text)
        except RunFolderError as error:
            raise RunFolderError(
                f"{error} A run that is to stay as it is can be verified file by file: "
                f"edgekit verify FILE… --reference {for_shell(self.run.path)}"
            ) from error
        return [path, *texts]


def verify_request(
    request: VerifyRequest,
    *,
    progress: Progress | None = None,
    executor: Executor | None = None,
    meanwhile: Callable[[], None] = lambda: None,
) -> Verified:
    """Carry out `request`; writes nothing.

    Args:
        request: What is verified, on what, within which limits.
        progress: Where it reports; silent if None.
        executor: What runs the candidates; a worker process for each if None.
        meanwhile: Work that the caller has to do at some time. It is done once, while a worker reads the files.

    Raises:
        EdgekitError: Whatever is missing, changed, unknown or does not belong together; see `resolve_request`.
    """
    progress = progress or SilentProgress()
    executor = executor or IsolatedExecutor(request.jobs, search_again=request.search_again)
    subjects = resolve_request(request, progress, meanwhile)
    report = _verify_subjects(subjects, request, progress, executor)
    return Verified(report=report, run=subjects.run, notes=subjects.notes, test=subjects.dataset.test)


def verify(
    candidates: Sequence[Candidate],
    *,
    reference: Reference,
    dataset: Dataset,
    reference_runtime: str = "keras",
    tolerances: Tolerances | None = None,
    reference_kernel_images: int | None = None,
    sampling: Sampling | None = None,
    time_limit: float | None = None,
    pairwise: bool = False,
    progress: Progress | None = None,
    executor: Executor | None = None,
) -> VerificationReport:
    """Run candidates on the test split and compare their scores with the reference's; reads no run folder.

    Args:
        candidates: What to run, at least one.
        reference: The float model's scores on the same test split.
        dataset: Its test split is run; nothing else of it is used.
        reference_runtime: What gave the reference's scores, for the report.
        tolerances: The limits; the defaults if None.
        reference_kernel_images: Images for LiteRT's reference kernels, at least 1; None: as many as there is time for,
            or as it takes if `sampling` asks for certainty.
        sampling: How much of the test split is run; all of it if None.
        time_limit: Seconds for one candidate, above 0; None: 600 and a tenth for each image.
        pairwise: Whether to compare the candidates with each other too.
        progress: Where it reports; silent if None.
        executor: What runs the candidates; a worker process for each if None.

    Returns:
        One row for each candidate, in their order, whatever its outcome.

    Raises:
        VerificationError: There is no candidate, or reference and data set do not belong together.
        UsageError: A number is out of its range.
    """
    request = VerifyRequest(
        tolerances=tolerances or Tolerances(),
        reference_kernel_images=reference_kernel_images,
        sampling=sampling or Sampling(),
        time_limit=time_limit,
        pairwise=pairwise,
    )
    subjects = given_subjects(candidates, reference, dataset, reference_runtime)
    return _verify_subjects(subjects, request, progress or SilentProgress(), executor or IsolatedExecutor())


def _verify_subjects(
    subjects: Subjects, request: VerifyRequest, progress: Progress, executor: Executor
) -> VerificationReport:
    """Send every candidate along the path, and put the report together."""
    dataset, scored = subjects.dataset, subjects.scored
    noise = scored.own_noise.max_abs_score_difference if scored.own_noise else 0.0
    request = replace(request, tolerances=request.tolerances.beyond_noise(noise))
    measurer = Measurer(
        scores=scored.reference.scores,
        labels=dataset.test.labels,
        class_names=subjects.class_names,
        keeps_top_classes=request.pairwise,
    )
    judge = Judge(class_names=subjects.class_names, sampling=request.sampling)
    sampling, num_slow = request.sampling, request.reference_kernel_images
    with scoring_tasks(subjects.candidates, dataset.test, sampling, num_slow) as tasks:
        runner = CandidateRunner(tasks, executor=executor, time_limit=request.time_limit, progress=progress)
        pipeline = _Pipeline(runner=runner, measurer=measurer, judge=judge, request=request)
        shared = SharedKernels[_Finished](subjects.candidates, tasks, runner)
        finished = runner.for_each(
            lambda number: shared.run(
                number,
                lambda: pipeline.run(subjects.candidates[number], tasks[number]),
                lambda first, found: pipeline.run_once(subjects.candidates[number], first, found),
            )
        )
    return VerificationReport(
        dataset=DatasetSummary(
            name=dataset.name,
            split="test",
            num_images=len(dataset.test),
            sha256=dataset.sha256,
            class_names=subjects.class_names,
            image_shape=dataset.image_shape,
            image_rule="" if dataset.rule is None else str(dataset.rule),
            image_notes=dataset.image_notes,
        ),
        reference=ReferenceSummary(
            runtime=scored.runtime,
            accuracy=measurer.reference_accuracy,
            report=measurer.reference_classes,
            file=scored.file,
            sha256=scored.sha256,
            precision=scored.precision,
            input=scored.input,
            remarks=scored.remarks,
            own_noise=scored.own_noise,
        ),
        tolerance={one.value: request.tolerances.of(one).to_dict() for one in _precisions(subjects.candidates)},
        tolerance_origin=_origins(request.tolerances, subjects.candidates),
        unlisted_files=subjects.unlisted_files,
        candidates=tuple(one.row for one in finished),
        pairwise=_pairwise(finished) if request.pairwise else None,
        environment=this_environment(),
        resize_check=_resize_check(subjects, request, progress),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Finished:
    """A candidate at the end of its path: its row, and its top classes if it is compared with the others."""

    row: CandidateReport
    top_classes: TopClasses | None


@dataclass(frozen=True, kw_only=True, eq=False)
class _Pipeline:
    """The path of one candidate; several threads run it at once, each with its own candidate."""

    runner: CandidateRunner
    measurer: Measurer
    judge: Judge
    request: VerifyRequest

    def run(self, candidate: Candidate, task: ScoringTask) -> tuple[_Finished, ScoringResult]:
        """Execution, measuring, verdict; and what execution gave."""
        tolerance = self.request.tolerances.of(candidate.judged_as)
        test = self._sequential_test(task, tolerance)
        result = self.runner.run(task, watch=test.watch if test else None)
        with self.runner.while_no_worker_measures():
            measured = Measured(failure=result.failure)
            if result.scores is not None:
                measured = self.measurer.measure(result.scores, result.places, tolerance.tie_margin)
            row = self.judge.judge(candidate, _evidence(task, result, measured, test), tolerance)
        return _Finished(row=row, top_classes=measured.top_classes), result

    def run_once(self, candidate: Candidate, first: _Finished, found: ScoringResult) -> _Finished:
        """A candidate whose kernels are those of `first`, and which gave the same on some images: `found`."""
        num_confirmed = 0 if found.scores is None else len(found.scores)
        row = self.judge.shared(first.row, candidate, found.runtime_version, num_confirmed)
        return replace(first, row=row)

    def _sequential_test(self, task: ScoringTask, tolerance: Tolerance) -> SequentialTest | None:
        confidence, order = self.request.sampling.confidence, task.workload.indices
        if confidence is None or order is None:
            return None
        return self.measurer.sequential_test(order, tolerance, confidence, knows_differences=task.interface is None)


def _evidence(task: ScoringTask, result: ScoringResult, measured: Measured, test: SequentialTest | None) -> Evidence:
    """What the judge is to know; a certain result counts if images were left out because of it."""
    return Evidence(
        is_available=result.is_available,
        failure=measured.failure,
        comparison=measured.comparison,
        certain=test.result if test and result.places is not None else None,
        num_images_of_split=task.workload.num_images_of_split,
        why_a_part=task.workload.why_a_part,
        ran_for_a_time=task.workload.budget is not None,
        were_logits=result.were_logits,
        was_one_score=result.was_one_score,
        remark=result.remark,
        runtime_version=result.runtime_version,
        performance=result.performance,
    )


def _precisions(candidates: Sequence[Candidate]) -> list[Precision]:
    present = {candidate.judged_as for candidate in candidates}
    return [precision for precision in Precision if precision in present]


def _origins(tolerances: Tolerances, candidates: Sequence[Candidate]) -> dict[str, dict[str, str]]:
    found = {one.value: dict(tolerances.origins.get(one, {})) for one in _precisions(candidates)}
    return {name: limits for name, limits in found.items() if limits}


def _resize_check(subjects: Subjects, request: VerifyRequest, progress: Progress) -> ResizeCheck | None:
    """What it costs if an app resizes differently; None if that was not asked for."""
    resized, labels = subjects.resized, subjects.dataset.test.labels
    if resized is None:
        return None
    own, *others = answers_under_every_rule(resized, subjects.dataset, progress, request.time_limit)
    return ResizeCheck(
        rule=str(own.rule),
        options=own.rule.options,
        num_images=len(labels),
        models=models_of([(model.name, model.runtime) for model in resized.models], own.classes, labels),
        rows=tuple(
            ResizeRow(
                rule=str(one.rule),
                options=one.rule.options,
                same_pixels=one.same_pixels,
                effects=effects_of(own.classes, one.classes, labels),
            )
            for one in others
        ),
    )


def _pairwise(finished: Sequence[_Finished]) -> PairwiseAgreement:
    compared = [(one.row, one.top_classes) for one in finished if one.top_classes]
    names = [(row.artifact, row.runtime) for row, _ in compared]
    return compare_pairs(names, [top_classes for _, top_classes in compared])
