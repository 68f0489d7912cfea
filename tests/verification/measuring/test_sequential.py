"""Stopping early: the verdict is that of the whole split as often as said, and near a limit everything is run."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from support.fakes import FakeExecutor, answer_with, fake_artifact, fake_dataset, fake_reference

from edgekit.artifact import Format, Precision
from edgekit.datasets import Dataset
from edgekit.foundation.errors import UsageError
from edgekit.runs.reference import Reference
from edgekit.tolerance import DEFAULTS, Tolerance
from edgekit.verification.candidate import Candidate
from edgekit.verification.job import verify
from edgekit.verification.measuring.prediction_counts import PredictionCounts
from edgekit.verification.measuring.score_comparison import compare_scores
from edgekit.verification.measuring.sequential import SequentialTest
from edgekit.verification.sampling import Sampling
from edgekit.verification.verdict.limits import broken_limits
from edgekit.verification.verdict.report import CandidateReport, Verdict

CLASSES = ("cat", "dog", "bird", "frog")
NUM_IMAGES = 4000
INT8 = DEFAULTS[Precision.INT8]

Scores = NDArray[np.float32]


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return fake_dataset(np.arange(NUM_IMAGES) % 4, CLASSES)


@pytest.fixture(scope="module")
def reference(dataset: Dataset) -> Reference:
    return fake_reference(dataset)


def changed(reference: Reference, chosen: NDArray[np.int64]) -> Scores:
    """The reference's scores with first and second class of the `chosen` images exchanged."""
    scores = reference.scores.copy()
    first, second = np.argsort(scores[chosen], axis=1)[:, :-3:-1].T
    scores[chosen, first], scores[chosen, second] = reference.scores[chosen, second], reference.scores[chosen, first]
    return scores


def right_images(reference: Reference) -> NDArray[np.int64]:
    return np.flatnonzero(reference.scores.argmax(axis=1) == reference.labels)


def whole_verdict(reference: Reference, scores: Scores, tolerance: Tolerance) -> Verdict:
    measurement = compare_scores(reference.scores, scores, reference.labels, CLASSES).measurement
    return Verdict.DRIFT if broken_limits(measurement, tolerance, is_subset=False, counted_flips=None) else Verdict.PASS


def stopped(
    reference: Reference, scores: Scores, tolerance: Tolerance, seed: int, confidence: float = 0.99
) -> tuple[Verdict | None, int]:
    """(verdict, images), looking after every 50 images; None: not certain before the end."""
    order = np.random.default_rng(seed).permutation(NUM_IMAGES)
    follower = SequentialTest(
        reference=reference.scores,
        reference_counts=PredictionCounts.of_one(reference.labels, reference.scores),
        labels=reference.labels,
        class_names=CLASSES,
        order=order,
        tolerance=tolerance,
        confidence=confidence,
    )
    for start in range(0, NUM_IMAGES, 50):
        if follower.watch(scores[order[start : start + 50]]):
            assert follower.result is not None
            return Verdict.DRIFT if follower.result.broken else Verdict.PASS, start + 50
    return None, NUM_IMAGES


ACCURACY = Tolerance(max_accuracy_drop=1.0)
AGREEMENT = Tolerance(min_agreement=95.0)
F1 = Tolerance(max_f1_drop=2.0)


def near_limit(name: str, reference: Reference, side: int) -> Scores:
    """One image on this or that side of a limit: 0 just passes, 1 just drifts."""
    right = np.random.default_rng(5).permutation(right_images(reference))
    if name == "accuracy":
        return changed(reference, right[: 40 + side])
    if name == "agreement":
        return changed(reference, np.random.default_rng(6).permutation(NUM_IMAGES)[: 200 + side])
    cats = right[reference.labels[right] == 0]
    for count in range(1, len(cats)):
        if whole_verdict(reference, changed(reference, cats[:count]), F1) is Verdict.DRIFT:
            return changed(reference, cats[: count - 1 + side])
    raise AssertionError


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize(("name", "tolerance"), [("accuracy", ACCURACY), ("agreement", AGREEMENT), ("f1", F1)])
def test_at_a_limit_wrong_verdicts_are_rarer_than_said(
    reference: Reference, name: str, tolerance: Tolerance, side: int
) -> None:
    """The hardest case, at a low confidence, so that errors would show: of 60 orders 20 % may be wrong."""
    scores = near_limit(name, reference, side)
    expected = whole_verdict(reference, scores, tolerance)
    assert expected is (Verdict.DRIFT if side else Verdict.PASS)
    verdicts = [stopped(reference, scores, tolerance, seed, confidence=0.8)[0] for seed in range(60)]
    wrong = sum(verdict not in (expected, None) for verdict in verdicts)
    assert wrong <= 0.2 * 60 + 3 * (60 * 0.2 * 0.8) ** 0.5


@pytest.mark.parametrize("side", [0, 1])
def test_near_a_limit_nearly_everything_is_run(reference: Reference, side: int) -> None:
    scores = near_limit("accuracy", reference, side)
    runs = [stopped(reference, scores, INT8, seed) for seed in range(10)]
    early = [verdict for verdict, count in runs if count < NUM_IMAGES]
    assert len(early) <= 1, "an error of 1 % that shows once in ten orders is chance, twice is not"
    assert {verdict for verdict, count in runs if count == NUM_IMAGES} == {whole_verdict(reference, scores, INT8)}


def test_clear_cases_take_a_part_of_the_images(reference: Reference) -> None:
    right = right_images(reference)
    for scores, expected, at_most in [
        (reference.scores, Verdict.PASS, 0.5),
        (changed(reference, right[::10]), Verdict.DRIFT, 0.2),
        (reference.scores[:, [1, 0, 2, 3]], Verdict.DRIFT, 0.02),
    ]:
        runs = [stopped(reference, scores, INT8, seed) for seed in range(10)]
        assert {verdict for verdict, _ in runs} == {expected}
        assert max(count for _, count in runs) <= at_most * NUM_IMAGES


def test_no_pass_before_the_end_where_single_images_count(reference: Reference) -> None:
    for tolerance in (Tolerance(max_score_difference=1e-4), Tolerance(min_agreement=100.0)):
        assert stopped(reference, reference.scores, tolerance, 0)[1] == NUM_IMAGES
    moved = reference.scores.copy()
    moved[::400, 0] += 0.01
    verdict, count = stopped(reference, moved, Tolerance(max_score_difference=1e-4), 0)
    assert verdict is Verdict.DRIFT
    assert count < NUM_IMAGES
    flip = changed(reference, np.array([3]))
    assert stopped(reference, flip, Tolerance(min_agreement=100.0), 0)[0] is Verdict.DRIFT


@pytest.fixture
def verify_one(tmp_path: Path, dataset: Dataset, reference: Reference):
    def run(scores: Scores, precision: Precision = Precision.INT8, runtime: str = "litert-xnnpack", **options):
        artifact = fake_artifact(tmp_path, Format.TFLITE, precision)
        report = verify(
            [Candidate(artifact=artifact, runtime=runtime)],
            reference=reference,
            dataset=dataset,
            executor=FakeExecutor({artifact.path.name: answer_with(scores)}),
            sampling=Sampling(confidence=0.99, **options),
        )
        return report.candidates[0]

    return run


def said(row: CandidateReport) -> str:
    return " ".join((*row.reasons, *row.remarks))


def test_a_row_says_after_how_many_images_and_how_certain(verify_one, reference: Reference) -> None:
    row = verify_one(reference.scores)
    assert row.verdict is Verdict.PASS
    assert row.confidence == 0.99
    assert row.measurement.num_images < NUM_IMAGES / 2
    assert f"Stopped after {row.measurement.num_images:,} of 4,000 images" in said(row)
    assert "0.99 confidence" in said(row)
    ruined = changed(reference, right_images(reference)[::5])
    row = verify_one(ruined)
    assert row.verdict is Verdict.DRIFT
    assert "certain at 0.99 confidence after" in row.reasons[0]


def test_one_order_for_one_seed(verify_one, reference: Reference) -> None:
    scores = changed(reference, right_images(reference)[::40])
    first, again, other = verify_one(scores), verify_one(scores), verify_one(scores, seed=1)
    assert first == again
    assert first.measurement != other.measurement


def test_where_it_is_never_certain_the_row_is_that_of_a_whole_run(
    verify_one, reference: Reference, dataset: Dataset, tmp_path: Path
) -> None:
    row = verify_one(reference.scores, Precision.FLOAT32)
    assert row.confidence is None
    assert row.measurement == compare_scores(reference.scores, reference.scores, reference.labels, CLASSES).measurement
    assert "no earlier verdict was certain" in said(row)


def test_flipped_images_are_named_by_their_place_in_the_split(verify_one, reference: Reference) -> None:
    chosen = right_images(reference)[::5]
    row = verify_one(changed(reference, chosen))
    places = [one.index for one in row.measurement.flipped_images]
    assert places
    assert places == sorted(places)
    assert set(places) <= set(chosen.tolist())


def test_a_nan_ends_it_with_an_error(verify_one, reference: Reference) -> None:
    broken = reference.scores.copy()
    broken[::50] = np.nan
    row = verify_one(broken)
    assert row.verdict is Verdict.ERROR
    assert "NaN" in row.reasons[0]


def test_slow_kernels_go_on_until_it_is_certain(verify_one, reference: Reference) -> None:
    row = verify_one(reference.scores, runtime="litert-reference")
    assert row.confidence == 0.99
    assert row.measurement.num_images > 200


@pytest.mark.parametrize(
    "options",
    [
        {"confidence": 0.5},
        {"confidence": 1.0},
        {"confidence": 99.0},
        {"confidence": float("nan")},
        {"num_images": 0},
        {"seed": -1},
        {"num_images": 5, "confidence": 0.9},
    ],
)
def test_what_makes_no_sense_is_refused(options) -> None:
    with pytest.raises(UsageError):
        Sampling(**options)


def test_a_sample_is_class_balanced_seeded_and_said(dataset: Dataset, reference: Reference, tmp_path: Path) -> None:
    artifact = fake_artifact(tmp_path, Format.TFLITE, Precision.INT8)
    candidates = [Candidate(artifact=artifact, runtime=name) for name in ("litert-xnnpack", "litert-reference")]

    def rows(seed: int, count: int = 400) -> tuple[CandidateReport, ...]:
        executor = FakeExecutor({artifact.path.name: answer_with(changed(reference, right_images(reference)[:600]))})
        sampling = Sampling(num_images=count, seed=seed)
        report = verify(
            candidates,
            reference=reference,
            dataset=dataset,
            executor=executor,
            sampling=sampling,
            reference_kernel_images=40,
            pairwise=True,
        )
        assert report.pairwise is not None
        assert report.pairwise.num_images[0][1] == min(count, 40)
        return report.candidates

    usual, slow = rows(0)
    assert [one.support for one in usual.measurement.per_class] == [100] * 4
    assert [one.support for one in slow.measurement.per_class] == [10] * 4
    assert "400 of 4,000 images" in usual.remarks[0]
    assert "--sample, seed 0" in usual.remarks[0]
    assert usual.measurement == rows(0)[0].measurement
    assert usual.measurement != rows(1)[0].measurement
    assert rows(0, NUM_IMAGES)[0].measurement.num_images == NUM_IMAGES
