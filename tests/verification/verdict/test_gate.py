"""A gate sees its reference and its limits."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from support.fakes import FakeExecutor, answer_with, fake_artifact, fake_dataset, fake_reference

from edgekit.artifact import Format, Precision
from edgekit.tolerance import OWN_NOISE, Tolerances
from edgekit.verification.candidate import Candidate
from edgekit.verification.job import verify
from edgekit.verification.verdict.gate import looser_limits, reference_changes, unknown_reference
from edgekit.verification.verdict.report import VerificationReport


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> VerificationReport:
    dataset = fake_dataset(np.arange(100) % 4, ("cat", "dog", "bird", "frog"))
    reference = fake_reference(dataset)
    artifact = fake_artifact(tmp_path_factory.mktemp("gate"), Format.TFLITE, Precision.INT8)
    made = verify(
        [Candidate(artifact=artifact, runtime="litert-xnnpack")],
        reference=reference,
        dataset=dataset,
        executor=FakeExecutor({artifact.path.name: answer_with(reference.scores)}),
        tolerances=Tolerances().updated({"max_f1_drop": 3}, origin="command line"),
    )
    known = replace(made.reference, file="model.keras", sha256="a" * 64, precision=Precision.FLOAT32)
    return replace(made, reference=known)


def with_reference(report: VerificationReport, **changes: Any) -> VerificationReport:
    return replace(report, reference=replace(report.reference, **changes))


def with_limits(report: VerificationReport, **limits: float | None) -> VerificationReport:
    return replace(report, tolerance={"int8": {**report.tolerance["int8"], **limits}})


def test_equal_reports_have_nothing_to_say(report: VerificationReport) -> None:
    assert reference_changes(report, report) == looser_limits(report, report) == unknown_reference(report, report) == ()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"sha256": "b" * 64, "file": "model-int8.tflite"},
            "it was model.keras (SHA-256 aaaaaaaaaaaa…) and is model-int8.tflite (SHA-256 bbbbbbbbbbbb…)",
        ),
        ({"precision": Precision.INT8}, "The precision of the reference was float32 and is int8."),
        ({"input": "pixels as 0..1"}, "The input handling of the reference was the default and is pixels as 0..1."),
        ({"runtime": "onnxruntime"}, "The runtime of the reference was keras and is onnxruntime."),
    ],
)
def test_another_reference_is_told(report: VerificationReport, changes: dict[str, Any], words: str) -> None:
    (said,) = reference_changes(report, with_reference(report, **changes))
    assert words in said


def test_a_new_name_of_the_same_file_is_no_change(report: VerificationReport) -> None:
    assert reference_changes(report, with_reference(report, file="copy.keras")) == ()


def test_a_report_of_before_the_reference_was_kept_is_told(report: VerificationReport) -> None:
    old = with_reference(report, sha256=None)
    assert reference_changes(old, report) == ()
    (said,) = unknown_reference(old, report)
    assert said.startswith("The old report does not say")
    assert unknown_reference(old, old)[0].startswith("The old and the new report")


@pytest.mark.parametrize(
    ("before", "after", "is_looser"),
    [
        ({"max_accuracy_drop": 1.0}, {"max_accuracy_drop": 90.0}, True),
        ({"max_accuracy_drop": 1.0}, {"max_accuracy_drop": 1.0001}, True),
        ({"max_accuracy_drop": 1.0}, {"max_accuracy_drop": 0.5}, False),
        ({"max_accuracy_drop": 1.0}, {"max_accuracy_drop": None}, True),
        ({"max_accuracy_drop": None}, {"max_accuracy_drop": 50.0}, False),
        ({"max_f1_drop": 2.0}, {"max_f1_drop": 3.0}, True),
        ({"min_agreement": 95.0}, {"min_agreement": 94.0}, True),
        ({"min_agreement": 95.0}, {"min_agreement": 96.0}, False),
        ({"min_agreement": 95.0}, {"min_agreement": None}, True),
        ({"min_agreement": None}, {"min_agreement": 50.0}, False),
        ({"max_score_difference": 1e-4}, {"max_score_difference": 1e-3}, True),
        ({"tie_margin": None}, {"tie_margin": 1e-5}, True),
        ({"tie_margin": 1e-5}, {"tie_margin": None}, False),
        ({"max_tie_flips": 1.0}, {"max_tie_flips": None}, True),
        ({"max_tie_flips": 1.0}, {"max_tie_flips": 1.0}, False),
    ],
)
def test_a_limit_that_accepts_more_is_looser(
    report: VerificationReport, before: dict[str, Any], after: dict[str, Any], is_looser: bool
) -> None:
    said = looser_limits(with_limits(report, **before), with_limits(report, **after))
    assert bool(said) is is_looser


def test_who_set_the_limit_is_told(report: VerificationReport) -> None:
    (said,) = looser_limits(with_limits(report, max_f1_drop=2.0), report)
    assert said == "The limit max_f1_drop for int8 is looser: it was 2 and is 3, set by the command line."


def test_limits_of_a_precision_that_only_one_report_has_are_not_compared(report: VerificationReport) -> None:
    assert looser_limits(replace(report, tolerance={"float32": {}}), report) == ()


def test_the_document_keeps_reference_and_origin(report: VerificationReport) -> None:
    document = report.to_dict()
    assert document["reference"]["file"] == "model.keras"
    assert document["reference"]["sha256"] == "a" * 64
    assert document["reference"]["precision"] == "float32"
    assert document["tolerance_origin"] == {"int8": {"max_f1_drop": "command line"}}
    assert VerificationReport.from_dict(document) == report
    for name in ("file", "sha256", "precision", "input"):  # a document of before they were kept
        del document["reference"][name]
    del document["tolerance_origin"]
    assert VerificationReport.from_dict(document).reference.sha256 is None


def test_a_network_whose_noise_was_measured_twice_is_no_looser_gate(report: VerificationReport) -> None:
    """Another processor rounds otherwise; noise that has doubled, or that takes the place of a limit, is told."""

    def measured(limit: float) -> VerificationReport:
        origins = {"int8": {**report.tolerance_origin["int8"], "max_score_difference": OWN_NOISE}}
        return replace(with_limits(report, max_score_difference=limit), tolerance_origin=origins)

    assert looser_limits(measured(0.0060), measured(0.0069)) == ()
    assert "max_score_difference" in looser_limits(measured(0.0030), measured(0.0069))[0]
    assert "network's own noise" in looser_limits(with_limits(report, max_score_difference=1e-4), measured(0.0069))[0]


def test_a_reference_with_a_smaller_checksum_is_another_one_too(report: VerificationReport) -> None:
    (said,) = reference_changes(with_reference(report, sha256="b" * 64), report)
    assert "another file" in said
    (new,) = unknown_reference(report, with_reference(report, sha256=None))
    assert new.startswith("The new report does not say")


def test_noise_may_double_and_not_more(report: VerificationReport) -> None:
    def measured(limit: float) -> VerificationReport:
        origins = {"int8": {"max_score_difference": OWN_NOISE}}
        return replace(with_limits(report, max_score_difference=limit), tolerance_origin=origins)

    assert looser_limits(measured(0.5), measured(1.0)) == ()
    assert looser_limits(measured(0.5), measured(1.0001)) != ()
    assert looser_limits(measured(0.0), measured(0.5)) != ()
