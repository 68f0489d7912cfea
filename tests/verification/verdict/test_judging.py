"""From evidence to a row: which verdict, which reasons, which remarks, in which order."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.fakes import fake_dataset, fake_reference

from edgekit.artifact import Artifact, Format, Precision
from edgekit.runtimes.base import Performance
from edgekit.tolerance import Tolerance
from edgekit.verification.candidate import Candidate
from edgekit.verification.measuring.score_comparison import ScoreComparison, compare_scores
from edgekit.verification.measuring.sequential import BrokenLimit, CertainResult
from edgekit.verification.sampling import Sampling
from edgekit.verification.verdict.judging import Evidence, Judge
from edgekit.verification.verdict.remarks import OVERFLOWS_HERE
from edgekit.verification.verdict.report import CandidateReport, Verdict

CLASSES = ("ant", "bee", "cat", "dog")
NUM_IMAGES = 400
CANDIDATE = Candidate(
    artifact=Artifact(
        path=Path("model-int8.onnx"), format=Format.ONNX, precision=Precision.INT8, size_bytes=9, sha256="0" * 64
    ),
    runtime="onnxruntime",
    name="onnx/model-int8.onnx",
    input_type="uint8",
    output_type="int8",
)
STRICT = Tolerance(max_accuracy_drop=1.0, min_agreement=95.0)
TOOK = Performance(seconds=2.0, images_per_second=200.0, peak_rss_bytes=1, num_threads=1, batch_size=8, num_sessions=1)


def compared(num_lost: int, num_images: int = NUM_IMAGES, shift: int = 1) -> ScoreComparison:
    """The first `num_images`, on `num_lost` of which the candidate is wrong and the reference right."""
    reference = fake_reference(fake_dataset(np.arange(NUM_IMAGES) % 4, CLASSES))
    before, labels = reference.scores[:num_images], reference.labels[:num_images]
    right = np.flatnonzero(before.argmax(axis=1) == labels)[:num_lost]
    after = before.copy()
    after[right] = np.roll(after[right], shift, axis=1)
    return compare_scores(before, after, labels, CLASSES)


def evidence(comparison: ScoreComparison | None, **changes: Any) -> Evidence:
    return replace(
        Evidence(
            is_available=True,
            failure=None,
            comparison=comparison,
            certain=None,
            num_images_of_split=NUM_IMAGES,
            why_a_part="because it is slow",
            were_logits=False,
            was_one_score=False,
            ran_for_a_time=False,
            remark="",
            runtime_version="1.31",
            performance=TOOK,
        ),
        **changes,
    )


def judged(
    given: Evidence, candidate: Candidate = CANDIDATE, tolerance: Tolerance = STRICT, sampling: Sampling | None = None
) -> CandidateReport:
    return Judge(class_names=CLASSES, sampling=sampling or Sampling()).judge(candidate, given, tolerance)


@pytest.mark.parametrize(
    ("num_lost", "verdict"),
    [(0, Verdict.PASS), (4, Verdict.PASS), (5, Verdict.INCONCLUSIVE), (6, Verdict.DRIFT)],
)
def test_the_verdict_of_lost_images(num_lost: int, verdict: Verdict) -> None:
    """Of 400: 4 are the limit of 1 point, 5 may be chance (p = 0.0625), 6 are not (p = 0.031)."""
    row = judged(evidence(compared(num_lost)))
    assert row.verdict is verdict
    assert len(row.reasons) == (verdict is not Verdict.PASS)
    assert row.summary.startswith(f"int8 in onnxruntime: {verdict.value}. ")
    assert row.measurement == compared(num_lost).measurement
    assert row.confidence is None


def test_a_row_holds_what_is_known_of_its_file() -> None:
    row = judged(evidence(compared(0)))
    assert (row.artifact, row.sha256, row.size_bytes) == ("onnx/model-int8.onnx", "0" * 64, 9)
    assert (row.format, row.precision, row.runtime, row.runtime_version) == (
        Format.ONNX, Precision.INT8, "onnxruntime", "1.31",
    )  # fmt: skip
    assert (row.input_type, row.output_type, row.performance) == ("uint8", "int8", TOOK)
    assert row.verified_on is not None
    assert len(row.verified_on) == len("2026-11-30")
    assert row.remarks == ()


def test_what_was_not_run_is_not_compared_and_what_failed_is_an_error() -> None:
    absent = judged(evidence(None, is_available=False, failure="It is not installed.", performance=None))
    assert (absent.verdict, absent.reasons) == (Verdict.NOT_COMPARED, ("It is not installed.",))
    assert absent.summary == "int8 in onnxruntime: not-compared. It is not installed."
    failed = judged(evidence(None, failure="It crashed."), replace(CANDIDATE, mistake="It wants 0 to 1."))
    assert (failed.verdict, failed.reasons) == (Verdict.ERROR, ("It crashed.", "It wants 0 to 1."))
    assert failed.measurement is None
    assert judged(evidence(None)).reasons == ("It gave no scores.",)


def test_a_mistake_is_drift_even_where_every_limit_holds() -> None:
    wrong = replace(CANDIDATE, input_fault="Its input holds 0 to 127.", mistake="It wants BGR.")
    row = judged(evidence(compared(0)), wrong)
    assert row.verdict is Verdict.DRIFT
    assert row.reasons == ("Its input holds 0 to 127.", "It wants BGR.")
    worse = judged(evidence(compared(300)), wrong)
    assert worse.reasons[:2] == row.reasons
    assert worse.reasons[2].startswith("Accuracy fell")
    assert worse.reasons[3].startswith("Only ")
    assert not any("another order" in reason for reason in worse.reasons), "the mistake explains it"


def test_causes_are_given_for_drift_alone() -> None:
    renamed = compared(300)  # most images are one class further
    assert "another order" in judged(evidence(renamed)).reasons[-1]
    lenient = Tolerance(max_accuracy_drop=100.0, max_f1_drop=100.0)
    assert judged(evidence(renamed), tolerance=lenient).reasons == ()
    here = judged(evidence(renamed), replace(CANDIDATE, can_overflow=True, overflows_here=True))
    assert here.reasons[-1] == OVERFLOWS_HERE
    assert not any("another order" in reason for reason in here.reasons)
    may_be_chance = judged(evidence(compared(5)), replace(CANDIDATE, can_overflow=True, overflows_here=True))
    assert may_be_chance.verdict is Verdict.INCONCLUSIVE
    assert OVERFLOWS_HERE not in may_be_chance.reasons


def test_what_is_certain_is_named_before_what_may_be_chance() -> None:
    """On 100 images 5 lost: 5 points may be chance in accuracy; 95 % agreement against 100 % is certain."""
    row = judged(evidence(compared(5)), tolerance=Tolerance(max_accuracy_drop=1.0, min_agreement=100.0))
    assert row.verdict is Verdict.DRIFT
    assert [reason.split()[0] for reason in row.reasons] == ["Only", "Accuracy"]


def test_on_a_part_of_the_split_size_alone_is_no_evidence_and_the_row_says_that_it_is_one() -> None:
    part = compared(5, num_images=60)  # 8 points, p = 0.0625
    row = judged(evidence(part), tolerance=Tolerance(max_accuracy_drop=1.0))
    assert row.verdict is Verdict.INCONCLUSIVE
    assert row.remarks[0].startswith("Run on 60 of 400 images, because it is slow. ")
    timed = judged(evidence(part, ran_for_a_time=True), tolerance=Tolerance(max_accuracy_drop=1.0))
    assert timed.remarks[0].startswith("Run on a part of 400 images, because it is slow. ")
    whole = judged(evidence(part, num_images_of_split=60), tolerance=Tolerance(max_accuracy_drop=1.0))
    assert (whole.verdict, whole.remarks) == (Verdict.DRIFT, ())


def certain(*names: str) -> CertainResult:
    broken = tuple(BrokenLimit(name=name) for name in names)
    return CertainResult(broken=broken, num_images=100, num_images_of_split=NUM_IMAGES, confidence=0.99)


def test_a_verdict_that_was_certain_early_rests_on_what_was_certain() -> None:
    early = evidence(compared(0, num_images=100), certain=certain())
    row = judged(early, sampling=Sampling(confidence=0.99, seed=7))
    assert (row.verdict, row.confidence) == (Verdict.PASS, 0.99)
    assert len(row.remarks) == 1
    assert row.remarks[0].startswith("Stopped after 100 of 400 images, taken at random (seed 7)")
    broken = replace(early, comparison=compared(50, num_images=100), certain=certain("max_accuracy_drop"))
    worse = judged(broken, sampling=Sampling(confidence=0.99))
    assert worse.verdict is Verdict.DRIFT
    assert worse.reasons[0].startswith("Accuracy falls by more than 1 points: certain at 0.99 confidence after 100")


def test_a_class_that_is_lost_counts_beside_what_was_certain() -> None:
    reference = fake_reference(fake_dataset(np.arange(NUM_IMAGES) % 4, CLASSES), accuracy=1.0)
    scores = reference.scores.copy()
    ants = np.flatnonzero(reference.labels == 0)[:60]
    scores[ants] = np.roll(scores[ants], 1, axis=1)
    comparison = compare_scores(reference.scores, scores, reference.labels, CLASSES)
    row = judged(evidence(comparison, certain=certain()), tolerance=Tolerance(max_accuracy_drop=50.0))
    assert row.verdict is Verdict.DRIFT
    assert row.reasons[0].startswith("Class 'ant'")


def test_a_sequential_row_that_was_never_certain_says_so_first() -> None:
    whole = judged(evidence(compared(0), remark="Opened without its delegate."), sampling=Sampling(confidence=0.95))
    assert whole.remarks == (
        "Run on 400 of 400 images in random order (seed 0): at 0.95 confidence no earlier verdict was certain.",
        "Opened without its delegate.",
    )
    assert whole.confidence is None


def test_remarks_on_scores() -> None:
    (said,) = judged(evidence(compared(0), were_logits=True)).remarks
    assert said == "Its scores are logits; they are compared after a softmax."
    (one,) = judged(evidence(compared(0), was_one_score=True)).remarks
    assert one == "It gives one score, of class 'bee', which is read as a probability of each class."
    (both,) = judged(evidence(compared(0), was_one_score=True, were_logits=True)).remarks
    assert both.endswith("It is a logit: a sigmoid makes the probability.")


def test_remarks_on_files() -> None:
    risky = judged(evidence(compared(0), remark="Opened slowly."), replace(CANDIDATE, can_overflow=True, remark="Odd."))
    assert risky.verdict is Verdict.PASS
    assert [remark.split()[0] for remark in risky.remarks] == ["Its", "Opened", "Odd."]
    assert "without VNNI" in risky.remarks[0]


def test_a_row_of_the_same_kernels_is_the_first_row_under_another_name() -> None:
    judge = Judge(class_names=CLASSES, sampling=Sampling())
    first = judge.judge(CANDIDATE, evidence(compared(6)), STRICT)
    other = replace(CANDIDATE, runtime="onnxruntime-unoptimized")
    row = judge.shared(first, other, "1.32", 32)
    assert (row.runtime, row.runtime_version, row.same_kernels_as) == ("onnxruntime-unoptimized", "1.32", "onnxruntime")
    assert (row.verdict, row.reasons, row.measurement) == (first.verdict, first.reasons, first.measurement)
    assert row.summary.startswith("int8 in onnxruntime-unoptimized: drift. ")
    assert row.remarks[: len(first.remarks)] == first.remarks
    assert len(row.remarks) == len(first.remarks) + 1
    assert "32" in row.remarks[-1]


def test_how_far_a_row_went_is_the_first_of_its_remarks() -> None:
    artifact = replace(CANDIDATE.artifact, path=Path("model-float16.onnx"))
    risky = replace(CANDIDATE, artifact=artifact, can_overflow=True)
    remarks = judged(evidence(compared(0)), risky, sampling=Sampling(confidence=0.9)).remarks
    assert [remark.split()[0] for remark in remarks] == ["Run", "Its", "Its"]
    assert remarks[1].startswith("Its name says float16, its content is int8")
