"""`verify`: runs every candidate, compares each with the reference, judges it, goes on after a failure."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from edgekit.artifact import Precision
from edgekit.datasets import Dataset
from edgekit.execution.executor import SLOW_RUNTIMES, Executor, IsolatedExecutor
from edgekit.foundation.errors import UsageError, VerificationError
from edgekit.foundation.grammar import counted
from edgekit.foundation.progress import Progress, SilentProgress
from edgekit.metrics import drift
from edgekit.runs.reference import Reference
from edgekit.tolerance import Tolerances
from edgekit.verification.candidate import Candidate
from edgekit.verification.measuring.pairwise import compare_pairs
from edgekit.verification.measuring.prediction_counts import PredictionCounts
from edgekit.verification.measuring.score_comparison import class_results
from edgekit.verification.sampling import Sampling
from edgekit.verification.subjects.images import Workload, open_workloads
from edgekit.verification.verdict.environment import this_environment
from edgekit.verification.verdict.judging import not_compared
from edgekit.verification.verdict.report import DatasetSummary, ReferenceSummary, VerificationReport
from edgekit.verification.verdict.summary import summary_sentence
from edgekit.verification.verifier import Judged, Verifier

REFERENCE_KERNEL_IMAGES = 200
"""Images for a slow runtime, unless asked otherwise."""


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
    """Run every candidate on the test split and compare its scores with the reference's.

    Args:
        candidates: What to run, at least one.
        reference: The float model's scores on the same test split.
        dataset: Its test split is run; nothing else of it is used.
        reference_runtime: What gave the reference's scores, for the report.
        tolerances: The limits; the defaults if None.
        reference_kernel_images: Images for a slow runtime (litert-reference), at least 1; None:
            REFERENCE_KERNEL_IMAGES, or as many as it takes where `sampling` asks for certainty.
        sampling: How much of the test split is run; all of it if None.
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
    sampling = sampling or Sampling()
    verifier = Verifier(
        reference=reference,
        tolerances=tolerances or Tolerances(),
        sampling=sampling,
        time_limit=time_limit,
        progress=progress or SilentProgress(),
        executor=executor or IsolatedExecutor(),
    )
    num_slow = reference_kernel_images or (len(dataset.test) if sampling.confidence else REFERENCE_KERNEL_IMAGES)
    with open_workloads(dataset.test, reference, num_slow, sampling) as workloads:
        judged = _run_all(verifier, [(one, workloads.of(one.runtime in SLOW_RUNTIMES)) for one in candidates])
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
        candidates=tuple(replace(one.row, summary=summary_sentence(one.row)) for one in judged),
        pairwise=compare_pairs([one.answers for one in judged if one.answers]) if pairwise else None,
        environment=this_environment(),
    )


def _run_all(verifier: Verifier, tasks: Sequence[tuple[Candidate, Workload]]) -> list[Judged]:
    """Run the candidates, several at a time, and return what became of them in their own order."""
    executor = verifier.executor
    availability = {name: executor.availability(name) for name in {candidate.runtime for candidate, _ in tasks}}

    def run(number: int) -> Judged:
        candidate, workload = tasks[number]
        if not availability[candidate.runtime].is_available:
            return Judged(row=not_compared(candidate, availability[candidate.runtime]))
        return verifier.run(candidate, workload, f"{number + 1}/{len(tasks)}")

    num_workers = executor.prepare(sum(availability[candidate.runtime].is_available for candidate, _ in tasks))
    if num_workers == 1:
        return [run(number) for number in range(len(tasks))]
    with ThreadPoolExecutor(num_workers, thread_name_prefix="verify") as pool:
        running = [pool.submit(run, number) for number in range(len(tasks))]
        try:
            return [one.result() for one in running]
        except BaseException:  # Ctrl-C above all: the workers must end before anybody waits for them
            executor.cancel()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def check_belongs(reference: Reference, dataset: Dataset) -> None:
    """Raise VerificationError unless `reference` was made on the test split of `dataset` and is whole."""
    import numpy as np

    if len(dataset.test) == 0:
        raise VerificationError(f"Data set '{dataset.name}' has no test images. Expected at least one to verify on.")
    if dataset.sha256 != reference.dataset_sha256:
        raise VerificationError(
            f"The reference was made on another test split: expected the data with SHA-256 "
            f"{reference.dataset_sha256[:16]}…, received '{dataset.name}' with {dataset.sha256[:16]}… "
            f"({counted(len(dataset.test), 'image')}, {counted(len(dataset.class_names), 'class')}; "
            f"the reference has {len(reference.labels):,} and {len(reference.class_names)}). "
            f"Name the data the model was trained with in --data, or train again on this one."
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
        report=class_results(PredictionCounts.of_one(labels, scores), reference.class_names),
    )


def _precisions(candidates: Sequence[Candidate]) -> list[Precision]:
    present = {candidate.judged_as for candidate in candidates}
    return [precision for precision in Precision if precision in present]


def check_numbers(reference_kernel_images: int | None, time_limit: float | None) -> None:
    """Raise UsageError where one of them is out of its range; see `verify`."""
    if reference_kernel_images is not None and reference_kernel_images < 1:
        raise UsageError(f"The reference kernels need at least 1 image. Received {reference_kernel_images}.")
    if time_limit is not None and not time_limit > 0:
        raise UsageError(f"The time limit must be above 0 seconds. Received {time_limit}.")
