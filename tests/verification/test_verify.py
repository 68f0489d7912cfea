"""`verify` on planted candidates: each fault is caught, equality passes, one failure stops nobody else."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from support.fakes import Answer, FakeExecutor, answer_with, fake_artifact, fake_dataset, fake_reference, peaked_scores

from edgekit.artifact import Format, Precision
from edgekit.datasets import Dataset
from edgekit.foundation.errors import UsageError, VerificationError
from edgekit.runs.reference import Reference
from edgekit.runtimes import ExecutionFailure
from edgekit.verification.candidate import Candidate
from edgekit.verification.job import verify
from edgekit.verification.verdict.report import CandidateReport, Verdict, VerificationReport

CLASSES = ("cat", "dog", "bird", "frog")
NUM_IMAGES = 2000
XNNPACK = "litert-xnnpack"

Scores = NDArray[np.float32]


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return fake_dataset(np.arange(NUM_IMAGES) % 4, CLASSES)


@pytest.fixture(scope="module")
def reference(dataset: Dataset) -> Reference:
    return fake_reference(dataset)


@pytest.fixture
def verify_one(tmp_path: Path, dataset: Dataset, reference: Reference):
    def run(answer: Answer | Scores, precision: Precision | None = Precision.INT8, runtime: str = XNNPACK, **options):
        artifact = fake_artifact(tmp_path, Format.TFLITE, precision)
        answers = {artifact.path.name: answer_with(answer) if isinstance(answer, np.ndarray) else answer}
        candidate = Candidate(artifact=artifact, runtime=runtime)
        executor = FakeExecutor(answers)
        report = verify([candidate], reference=reference, dataset=dataset, executor=executor, **options)
        return report.candidates[0]

    return run


def flipped(scores: Scores, images: NDArray[np.int64]) -> Scores:
    """`scores` with first and second class of these images exchanged."""
    changed = scores.copy()
    order = np.argsort(scores[images], axis=1)
    first, second = order[:, -1], order[:, -2]
    changed[images, first], changed[images, second] = scores[images, second], scores[images, first]
    return changed


def sentences(row: CandidateReport) -> str:
    return " ".join(row.reasons)


@pytest.mark.parametrize("precision", [*Precision, None])
def test_equality_passes(verify_one, reference: Reference, precision: Precision | None) -> None:
    row = verify_one(reference.scores, precision)
    assert row.verdict is Verdict.PASS
    assert row.reasons == ()
    assert row.measurement is not None
    assert row.measurement.agreement == 1.0
    assert row.measurement.accuracy_delta == 0.0
    assert row.measurement.flips.total == 0
    assert row.measurement.mcnemar_p == 1.0
    assert row.measurement.mean_kl_divergence == 0.0
    assert row.measurement.num_images == NUM_IMAGES
    assert row.performance is not None
    assert row.performance.images_per_second == NUM_IMAGES / 2


def test_swapped_classes_are_caught_by_name(verify_one, reference: Reference) -> None:
    row = verify_one(reference.scores[:, [1, 0, 2, 3]])
    assert row.verdict is Verdict.DRIFT
    assert "another order" in sentences(row)
    assert "'cat' as 'dog'" in sentences(row)
    assert "'dog' as 'cat'" in sentences(row)


def test_constant_output_is_caught_by_name(verify_one, reference: Reference) -> None:
    row = verify_one(np.repeat(reference.scores[:1], NUM_IMAGES, axis=0))
    assert row.verdict is Verdict.DRIFT
    assert "same scores for every image" in sentences(row)


def test_a_nan_in_one_image_is_an_error(verify_one, reference: Reference) -> None:
    broken = reference.scores.copy()
    broken[1234, 2] = np.nan
    row = verify_one(broken)
    assert row.verdict is Verdict.ERROR
    assert "NaN" in sentences(row)
    assert "image 1234" in sentences(row)
    assert row.measurement is None


def test_one_ruined_class_is_caught_by_name(verify_one, reference: Reference, dataset: Dataset) -> None:
    birds = np.flatnonzero(dataset.test.labels == 2)
    row = verify_one(flipped(reference.scores, birds))
    assert row.verdict is Verdict.DRIFT
    assert "F1 of class 'bird' fell by" in sentences(row)
    assert row.measurement.worst_class.class_name == "bird"


def test_a_ruined_class_that_hardly_moves_accuracy_is_caught(
    verify_one, reference: Reference, dataset: Dataset
) -> None:
    right = np.flatnonzero((dataset.test.labels == 2) & (reference.scores.argmax(axis=1) == 2))
    row = verify_one(flipped(reference.scores, right[:18]))
    assert row.measurement.accuracy_delta == pytest.approx(-0.009)
    assert row.verdict is Verdict.DRIFT
    assert len(row.reasons) == 1
    assert "'bird'" in sentences(row)


def test_noise_that_leaves_accuracy_alone_but_flips_six_percent_is_caught(
    verify_one, reference: Reference, dataset: Dataset
) -> None:
    rng = np.random.default_rng(1)
    labels, top = dataset.test.labels, reference.scores.argmax(axis=1)
    right, wrong = np.flatnonzero(top == labels), np.flatnonzero(top != labels)
    lost, gained = rng.permutation(right)[:60], rng.permutation(wrong)[:60]
    noisy = flipped(reference.scores, lost)
    noisy[gained] = peaked_scores(labels[gained], 4, rng)
    row = verify_one(noisy)
    assert row.measurement.accuracy_delta == 0.0
    assert row.measurement.mcnemar_p == 1.0
    assert row.measurement.flips.right_to_wrong == row.measurement.flips.wrong_to_right == 60
    assert row.verdict is Verdict.DRIFT
    assert "Only 94.00% of the predictions agree" in sentences(row)
    assert "120 of 2,000" in sentences(row)


def test_scores_of_another_model_are_caught(verify_one, dataset: Dataset) -> None:
    other = peaked_scores((dataset.test.labels * 7 + np.arange(NUM_IMAGES) // 3) % 4, 4, np.random.default_rng(5))
    assert verify_one(other).verdict is Verdict.DRIFT


@pytest.mark.parametrize(
    ("precision", "num_lost", "verdict"),
    [
        (Precision.FLOAT32, 1, Verdict.DRIFT),
        (Precision.FLOAT16, 2, Verdict.PASS),
        (Precision.FLOAT16, 3, Verdict.INCONCLUSIVE),
        (Precision.FLOAT16, 6, Verdict.DRIFT),
        (Precision.INT8, 20, Verdict.PASS),
        (Precision.INT8, 21, Verdict.DRIFT),
        (None, 1, Verdict.DRIFT),
    ],
)
def test_the_limit_itself_still_passes(
    verify_one, reference: Reference, dataset: Dataset, precision: Precision | None, num_lost: int, verdict: Verdict
) -> None:
    right = np.flatnonzero(reference.scores.argmax(axis=1) == dataset.test.labels)
    row = verify_one(flipped(reference.scores, right[:num_lost]), precision)
    assert row.verdict is verdict, row.reasons


def test_a_float_file_may_not_differ_by_more_than_a_rounding(verify_one, reference: Reference) -> None:
    assert verify_one(reference.scores + np.float32(5e-5), Precision.FLOAT32).verdict is Verdict.PASS
    row = verify_one(reference.scores + np.float32(2e-4), Precision.FLOAT32)
    assert row.verdict is Verdict.DRIFT
    assert "largest score difference is 0.0002" in sentences(row)


def test_a_near_tie_of_the_reference_does_not_count_against_a_float_file(
    tmp_path: Path, dataset: Dataset, reference: Reference
) -> None:
    scores = reference.scores.copy()
    scores[7] = [0.4, 0.400001, 0.1, 0.099999]
    tied = Reference(**{**vars(reference), "scores": scores})
    candidate = scores.copy()
    candidate[7] = [0.400001, 0.4, 0.1, 0.099999]
    artifact = fake_artifact(tmp_path, Format.TFLITE, Precision.FLOAT32)
    report = verify(
        [Candidate(artifact=artifact, runtime=XNNPACK)],
        reference=tied,
        dataset=dataset,
        executor=FakeExecutor({artifact.path.name: answer_with(candidate)}),
    )
    row = report.candidates[0]
    assert row.verdict is Verdict.PASS
    assert row.measurement.flips.total == 1


def test_ties_are_counted_and_reported_apart(verify_one, reference: Reference, dataset: Dataset) -> None:
    dogs = np.flatnonzero((dataset.test.labels == 1) & (reference.scores.argmax(axis=1) == 1))[:3]
    tied = reference.scores.copy()
    tied[dogs] = [0.45, 0.45, 0.05, 0.05]
    row = verify_one(tied)
    assert row.measurement.ties == 3
    assert row.measurement.flips.total == 0
    assert row.measurement.tie_flips.right_to_wrong == 3
    assert row.measurement.agreement == pytest.approx(1 - 3 / NUM_IMAGES)
    assert f"3 of {NUM_IMAGES:,} predictions differ, only by a tie for the highest score" in row.summary


def test_another_number_of_classes_is_an_error_with_both_numbers(verify_one, reference: Reference) -> None:
    row = verify_one(reference.scores[:, :3])
    assert row.verdict is Verdict.ERROR
    assert "gives 3 scores per image. Expected 4, one for each class" in sentences(row)


def test_too_few_rows_are_an_error(verify_one, reference: Reference) -> None:
    row = verify_one(lambda images: reference.scores[: len(images) - 1])
    assert row.verdict is Verdict.ERROR
    assert "counts differ" in sentences(row)


def test_logits_for_probabilities_are_an_error(verify_one, reference: Reference) -> None:
    row = verify_one(np.log(reference.scores))
    assert row.verdict is Verdict.ERROR
    assert "softmax" in sentences(row)


def test_a_crash_is_a_row_and_the_others_go_on(tmp_path: Path, dataset: Dataset, reference: Reference) -> None:
    good, bad = (fake_artifact(tmp_path, Format.TFLITE, one) for one in (Precision.FLOAT32, Precision.INT8))
    executor = FakeExecutor(
        {
            good.path.name: answer_with(reference.scores),
            bad.path.name: ExecutionFailure(reason="crashed with SIGSEGV"),
        },
        unavailable={"litert-builtin": "It is not installed here."},
    )
    candidates = [
        Candidate(artifact=artifact, runtime=runtime)
        for artifact in (bad, good)
        for runtime in (XNNPACK, "litert-builtin")
    ]
    report = verify(candidates, reference=reference, dataset=dataset, executor=executor)
    verdicts = [row.verdict for row in report.candidates]
    assert verdicts == [Verdict.ERROR, Verdict.NOT_COMPARED, Verdict.PASS, Verdict.NOT_COMPARED]
    assert report.candidates[0].reasons == ("The worker process crashed with SIGSEGV.",)
    assert report.candidates[1].reasons == ("It is not installed here.",)
    assert report.exit_status == 1
    assert len(executor.calls) == 2


def test_slow_kernels_run_on_a_part_spread_over_the_classes(verify_one, reference: Reference) -> None:
    seen: list[NDArray[np.uint8]] = []

    def answer(images: NDArray[np.uint8]) -> Scores:
        seen.append(np.array(images))
        return answer_with(reference.scores)(images)  # type: ignore[operator]

    row = verify_one(answer, runtime="litert-reference", reference_kernel_images=40)
    assert row.verdict is Verdict.PASS
    assert row.measurement.num_images == 40
    assert [one.support for one in row.measurement.per_class] == [10, 10, 10, 10]
    assert "40 of 2,000 images" in row.remarks[0]
    assert len(seen[0]) == 40


def test_slow_kernels_run_on_everything_where_there_is_little(verify_one, reference: Reference) -> None:
    row = verify_one(reference.scores, runtime="litert-reference", reference_kernel_images=NUM_IMAGES + 1)
    assert row.measurement.num_images == NUM_IMAGES
    assert row.remarks == ()


def test_on_a_part_chance_is_no_drift_but_ruin_is(verify_one, reference: Reference, dataset: Dataset) -> None:
    from edgekit.datasets.splits import spread_over_classes

    chosen = spread_over_classes(dataset.test.labels, 100)
    right = chosen[reference.scores[chosen].argmax(axis=1) == dataset.test.labels[chosen]]
    options = {"runtime": "litert-reference", "reference_kernel_images": 100}
    row = verify_one(flipped(reference.scores, right[:3]), **options)
    assert row.measurement.accuracy_delta == pytest.approx(-0.03)
    assert row.verdict is Verdict.INCONCLUSIVE, row.reasons
    row = verify_one(flipped(reference.scores, right[:12]), **options)
    assert row.verdict is Verdict.DRIFT
    assert "Accuracy fell by 12.00 points" in sentences(row)


def test_data_of_another_hash_is_refused_with_both(dataset: Dataset, reference: Reference, tmp_path: Path) -> None:
    other = fake_dataset((np.arange(NUM_IMAGES) + 1) % 4, CLASSES)
    artifact = fake_artifact(tmp_path, Format.TFLITE, Precision.INT8)
    candidate = Candidate(artifact=artifact, runtime=XNNPACK)
    with pytest.raises(VerificationError) as caught:
        verify([candidate], reference=reference, dataset=other, executor=FakeExecutor({}))
    assert dataset.sha256[:16] in str(caught.value)
    assert other.sha256[:16] in str(caught.value)
    assert "--data" in str(caught.value)


def test_a_reference_with_other_labels_or_names_or_nan_is_refused(dataset: Dataset, reference: Reference) -> None:
    from edgekit.verification.subjects.reference import check_belongs

    swapped = reference.labels.copy()
    swapped[[0, 1]] = swapped[[1, 0]]
    broken = reference.scores.copy()
    broken[0, 0] = np.nan
    for change, message in (
        ({"labels": swapped}, "labels"),
        ({"class_names": ("dog", "cat", "bird", "frog")}, "class names"),
        ({"scores": broken}, "NaN"),
    ):
        with pytest.raises(VerificationError, match=message):
            check_belongs(Reference(**{**vars(reference), **change}), dataset)
    check_belongs(reference, dataset)


def test_nothing_to_verify_is_an_error_and_never_a_pass(dataset: Dataset, reference: Reference, tmp_path: Path) -> None:
    with pytest.raises(VerificationError, match="nothing to verify"):
        verify([], reference=reference, dataset=dataset, executor=FakeExecutor({}))
    artifact = fake_artifact(tmp_path, Format.TFLITE, Precision.INT8)
    report = verify(
        [Candidate(artifact=artifact, runtime=XNNPACK)],
        reference=reference,
        dataset=dataset,
        executor=FakeExecutor({}, unavailable={XNNPACK: "It is not here."}),
    )
    assert report.exit_status == 1


@pytest.mark.parametrize("options", [{"reference_kernel_images": 0}, {"time_limit": 0.0}, {"time_limit": float("nan")}])
def test_numbers_out_of_range_are_refused(verify_one, reference: Reference, options: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="Received"):
        verify_one(reference.scores, **options)


def test_the_report_survives_json(tmp_path: Path, dataset: Dataset, reference: Reference) -> None:
    import json

    artifacts = [fake_artifact(tmp_path, Format.TFLITE, one) for one in (Precision.FLOAT32, Precision.INT8)]
    artifacts.append(fake_artifact(tmp_path, Format.ONNX, None, name="elsewhere"))
    answers: dict[str, Answer] = {one.path.name: answer_with(reference.scores) for one in artifacts}
    answers[artifacts[1].path.name] = ExecutionFailure(reason="hung")
    runtimes = (XNNPACK, XNNPACK, "onnxruntime")
    candidates = [Candidate(artifact=a, runtime=r) for a, r in zip(artifacts, runtimes, strict=True)]
    report = verify(candidates, reference=reference, dataset=dataset, executor=FakeExecutor(answers))
    document = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert VerificationReport.from_dict(document) == report
    own = {"schema_version", "dataset", "reference", "tolerance", "tolerance_origin", "unlisted_files", "candidates"}
    assert set(document) == own | {"recommended", "environment"}
    promised = {
        *("artifact", "sha256", "size_bytes", "format", "precision", "runtime", "runtime_version", "verdict"),
        *("reasons", "accuracy", "accuracy_delta", "agreement", "flips", "mcnemar_p", "per_class"),
        *("max_abs_score_difference", "mean_confidence_drift", "mean_kl_divergence", "ties", "num_images"),
        *("seconds", "images_per_second", "peak_rss_bytes"),
        *("summary", "accuracy_delta_interval", "significant_classes", "near_tie_flips", "flipped_images"),
        *("expected_calibration_error", "expected_calibration_error_delta", "mean_abs_score_difference"),
        *("confusion", "class_flips", "reliability", "reference_reliability"),
    }
    for row in document["candidates"]:
        assert promised <= set(row)
    assert document["candidates"][0]["per_class"][0] == {
        "class": "cat",
        "support": 500,
        "f1_delta": 0.0,
        "recall_delta": 0.0,
        "recall_mcnemar_p": 1.0,
        "recall_mcnemar_p_holm": 1.0,
        **{name: document["reference"]["report"][0][name] for name in ("precision", "recall", "f1")},
        "new_errors": 0,
        "mended_errors": 0,
        "error_mcnemar_p_holm": 1.0,
    }
    assert document["candidates"][1]["accuracy"] is None
    assert set(document["tolerance"]) == {"float32", "int8"}


def test_other_documents_are_no_reports() -> None:
    from edgekit.foundation.errors import RunFolderError

    for document in ({}, {"schema_version": 2}, {"schema_version": 1, "dataset": {}}, []):
        with pytest.raises(RunFolderError, match=r"[Vv]erif"):
            VerificationReport.from_dict(document)
