"""Planted faults on a real, if small, network: noise in its weights, a ruined class, another model, equality."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from support.fakes import FakeExecutor, answer_with, fake_artifact, fake_dataset

from edgekit.artifact import Format, Precision
from edgekit.datasets import Dataset
from edgekit.metrics.drift import softmax
from edgekit.runs.reference import Reference
from edgekit.verification.candidate import Candidate
from edgekit.verification.job import verify
from edgekit.verification.verdict.report import CandidateReport, Verdict, VerificationReport

CLASSES = ("cat", "dog", "bird", "frog", "ship")
NUM_IMAGES = 4000
FEATURES = 12

Floats = NDArray[np.float64]


class Network:
    """A linear classifier of points around five centres: scores are probabilities, float32 (N, C)."""

    def __init__(self, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.labels = np.arange(NUM_IMAGES) % len(CLASSES)
        centres = rng.normal(size=(len(CLASSES), FEATURES))
        self.inputs = centres[self.labels] + rng.normal(scale=1.2, size=(NUM_IMAGES, FEATURES))
        self.weights = 1.5 * centres.T + rng.normal(scale=0.3, size=centres.T.shape)
        self.biases = -0.75 * (centres**2).sum(axis=1)

    def scores(self, weights: Floats | None = None, biases: Floats | None = None) -> NDArray[np.float32]:
        logits = self.inputs @ (self.weights if weights is None else weights)
        return softmax(logits + (self.biases if biases is None else biases)).astype(np.float32)

    def noisy(self, amount: float, seed: int) -> NDArray[np.float32]:
        noise = np.random.default_rng(seed).normal(scale=amount, size=self.weights.shape)
        return self.scores(self.weights + noise)


@pytest.fixture(scope="module")
def network() -> Network:
    return Network()


@pytest.fixture(scope="module")
def dataset(network: Network) -> Dataset:
    return fake_dataset(network.labels, CLASSES)


@pytest.fixture
def verify_all(tmp_path: Path, network: Network, dataset: Dataset):
    """`verify_all(int8=scores, ...)`: the report on planted candidates; names are file names or precisions."""
    reference = Reference(
        scores=network.scores(), labels=dataset.test.labels, dataset_sha256=dataset.sha256, class_names=CLASSES
    )

    def run(precision: Precision = Precision.INT8, **planted: NDArray[np.float32]) -> VerificationReport:
        artifacts = {name: fake_artifact(tmp_path, Format.TFLITE, precision, name=name) for name in planted}
        return verify(
            [Candidate(artifact=artifact, runtime="litert-xnnpack") for artifact in artifacts.values()],
            reference=reference,
            dataset=dataset,
            executor=FakeExecutor(
                {artifact.path.name: answer_with(planted[name]) for name, artifact in artifacts.items()}
            ),
            pairwise=True,
        )

    return run


def said(row: CandidateReport) -> str:
    return " ".join(row.reasons)


def test_equality_passes(verify_all, network: Network) -> None:
    report = verify_all(Precision.FLOAT32, copy=network.scores(), exported=network.scores() + np.float32(1e-6))
    assert [row.verdict for row in report.candidates] == [Verdict.PASS, Verdict.PASS]
    one = report.candidates[0].measurement
    assert one.accuracy_delta_interval == (0.0, 0.0)
    assert one.significant_classes == ()
    assert one.flipped_images == ()
    assert one.expected_calibration_error_delta == 0.0
    assert one.mean_abs_score_difference == 0.0
    assert report.candidates[0].summary == (
        "float32 in litert-xnnpack: pass. The same prediction on all 4,000 images; the largest score difference is 0."
    )
    assert report.pairwise.agreement == ((1.0, 1.0), (1.0, 1.0))


def test_an_honest_rounding_passes_and_flips_only_where_the_float_model_is_unsure(verify_all, network: Network) -> None:
    step = np.abs(network.weights).max() / 127
    row = verify_all(int8=network.scores(np.round(network.weights / step) * step)).candidates[0]
    assert row.verdict is Verdict.PASS
    assert 0 < row.measurement.flips.total < 60
    assert row.measurement.near_tie_flips.total > 0.8 * row.measurement.flips.total
    assert row.measurement.significant_classes == ()
    low, high = row.measurement.accuracy_delta_interval
    assert low <= row.measurement.accuracy_delta <= high


def test_noise_in_the_weights_that_leaves_accuracy_alone_but_flips_five_percent_is_caught_by_name(
    verify_all, network: Network
) -> None:
    row = verify_all(noise=network.noisy(0.27, 55)).candidates[0]
    assert 0.94 < row.measurement.agreement < 0.95
    assert abs(row.measurement.accuracy_delta) < 0.001
    assert row.measurement.mcnemar_p > 0.5
    assert row.verdict is Verdict.DRIFT
    assert "of the predictions agree with the reference" in said(row)
    assert "Accuracy hides it" in said(row)
    assert "Noise in the weights" in said(row)


def test_one_ruined_class_is_caught_by_name_and_is_the_only_significant_one(verify_all, network: Network) -> None:
    biases = network.biases.copy()
    biases[2] -= 4
    row = verify_all(ruined=network.scores(biases=biases)).candidates[0]
    assert row.verdict is Verdict.DRIFT
    assert "F1 of class 'bird' fell" in said(row)
    bird = row.measurement.per_class[2]
    assert bird.recall_delta < -0.1
    assert bird.recall_mcnemar_p < bird.recall_mcnemar_p_holm < 1e-6
    assert "bird" in row.measurement.significant_classes
    lost = {one.class_name for one in row.measurement.per_class if one.recall_delta < 0}
    assert lost == {"bird"}
    assert "'bird' loses" in row.summary
    assert "(significant, p < 0.0001)" in row.summary


def test_scores_of_another_model_of_the_same_quality_are_caught_by_name(verify_all, network: Network) -> None:
    other = Network(seed=9)
    scores = other.scores()
    row = verify_all(other=scores).candidates[0]
    assert row.verdict is Verdict.DRIFT
    assert "another model" in said(row)


def test_scores_of_other_images_are_caught_by_name(verify_all, network: Network) -> None:
    shuffled = network.scores()[np.random.default_rng(0).permutation(NUM_IMAGES)]
    row = verify_all(shuffled=shuffled).candidates[0]
    assert row.verdict is Verdict.DRIFT
    assert "unrelated to the reference's" in said(row)
    assert "other images" in said(row)


def test_swapped_classes_are_an_order_and_not_another_model(verify_all, network: Network) -> None:
    row = verify_all(swapped=network.scores()[:, [1, 0, 2, 3, 4]], rotated=network.scores()[:, [1, 2, 3, 4, 0]])
    for one in row.candidates:
        assert one.verdict is Verdict.DRIFT
        assert "in another order" in said(one)
        assert "nothing to do" not in said(one)


def test_constant_output_is_caught_by_name(verify_all, network: Network) -> None:
    row = verify_all(constant=np.repeat(network.scores()[:1], NUM_IMAGES, axis=0)).candidates[0]
    assert row.verdict is Verdict.DRIFT
    assert "same scores for every image" in said(row)


def test_a_nan_in_one_image_is_an_error_and_no_part_of_the_matrix(verify_all, network: Network) -> None:
    broken = network.scores()
    broken[17, 3] = np.nan
    report = verify_all(broken=broken, good=network.scores())
    assert [row.verdict for row in report.candidates] == [Verdict.ERROR, Verdict.PASS]
    assert "image 17" in said(report.candidates[0])
    assert report.candidates[0].summary.startswith("int8 in litert-xnnpack: error. The candidate's scores hold NaN")
    assert report.pairwise.candidates == (("good-int8.tflite", "litert-xnnpack"),)


def test_two_that_pass_and_differ_from_each_other_are_shown(verify_all, network: Network) -> None:
    pairs = [network.noisy(0.03, seed) for seed in (1, 2)]
    report = verify_all(one=pairs[0], two=pairs[1])
    assert [row.verdict for row in report.candidates] == [Verdict.PASS, Verdict.PASS]
    between = report.pairwise.agreement[0][1]
    assert between == float((pairs[0].argmax(axis=1) == pairs[1].argmax(axis=1)).mean())
    assert between < min(row.measurement.agreement for row in report.candidates)


def test_flipped_images_are_named_with_both_scores_and_capped(verify_all, network: Network) -> None:
    scores, reference = network.noisy(0.3, 3), network.scores()
    one = verify_all(noise=scores).candidates[0].measurement
    flipped = np.flatnonzero(scores.argmax(axis=1) != reference.argmax(axis=1))
    assert len(flipped) > 100
    assert [image.index for image in one.flipped_images] == flipped[:100].tolist()
    first = one.flipped_images[0]
    assert first.true_class == network.labels[first.index]
    assert first.reference_class == reference[first.index].argmax()
    assert first.candidate_class == scores[first.index].argmax()
    assert first.reference_probability == pytest.approx(float(reference[first.index].max()))
    assert first.candidate_probability == pytest.approx(float(scores[first.index].max()))


def test_a_report_with_all_this_survives_json(verify_all, network: Network) -> None:
    import json

    report = verify_all(noise=network.noisy(0.1, 3), copy=network.scores())
    assert VerificationReport.from_dict(json.loads(json.dumps(report.to_dict(), allow_nan=False))) == report
