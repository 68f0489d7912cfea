"""What changed from one report to the next, by numbers that were counted by hand."""

from dataclasses import replace

import numpy as np
import pytest
from support.fakes import fake_dataset, fake_reference

from edgekit.artifact import Format, Precision
from edgekit.verification.measuring.score_comparison import compare_scores
from edgekit.verification.verdict.report import (
    CandidateReport,
    DatasetSummary,
    ReferenceSummary,
    Verdict,
    VerificationReport,
)
from edgekit.verification.verdict.report_changes import Change, compare_reports

CLASSES = ("ant", "bee", "cat", "dog")
NUM_IMAGES = 400


def row(num_lost: int, num_images: int = NUM_IMAGES) -> CandidateReport:
    """A candidate that ran on the first `num_images` and is wrong on `num_lost` more of them than the reference."""
    reference = fake_reference(fake_dataset(np.arange(NUM_IMAGES) % 4, CLASSES))
    before, labels = reference.scores[:num_images], reference.labels[:num_images]
    right = np.flatnonzero(before.argmax(axis=1) == labels)[:num_lost]
    after = before.copy()
    after[right] = np.roll(after[right], 1, axis=1)
    return CandidateReport(
        artifact="tflite/model-int8.tflite",
        sha256="a" * 64,
        size_bytes=1_000,
        format=Format.TFLITE,
        precision=Precision.INT8,
        runtime="litert-xnnpack",
        runtime_version="2",
        verdict=Verdict.PASS,
        measurement=compare_scores(before, after, labels, CLASSES).measurement,
    )


def report(*rows: CandidateReport) -> VerificationReport:
    data = DatasetSummary(name="digits", split="test", num_images=NUM_IMAGES, sha256="d" * 64, class_names=CLASSES)
    reference = ReferenceSummary(runtime="keras", accuracy=0.9, report=(), file="model.keras", sha256="r" * 64)
    return VerificationReport(dataset=data, reference=reference, tolerance={}, candidates=rows)


def change(old: CandidateReport, new: CandidateReport, **options: float) -> Change:
    [found] = compare_reports(report(old), report(new), **options).candidates
    return found


def test_equal_numbers_of_images_are_compared() -> None:
    found = change(row(2), row(6))
    assert found.accuracy_change == pytest.approx(-4 / NUM_IMAGES)
    assert found.agreement_change == pytest.approx(-4 / NUM_IMAGES)
    assert found.remarks == ()
    assert len(found.worse) == 2
    assert found.worse[0] == "Accuracy fell by 1.00 points; the margin is 0.5."
    assert change(row(2), row(6), max_worsening=1.0).worse == ()
    assert change(row(6), row(2)).accuracy_change == pytest.approx(4 / NUM_IMAGES)


def test_of_other_numbers_of_images_only_the_verdict_is_compared() -> None:
    found = change(row(0), row(40, num_images=200))
    assert (found.accuracy_change, found.agreement_change) == (None, None)
    assert found.worse == ()
    assert found.remarks == ("It ran on 200 images, before on 400, so only its verdict is compared.",)
    worse = change(row(0), replace(row(40, num_images=200), verdict=Verdict.DRIFT, reasons=("It drifts.",)))
    assert worse.worse == ("Its verdict was pass and is drift. It drifts.",)


def test_a_row_without_a_measurement_has_no_changes() -> None:
    found = change(row(0), replace(row(0), measurement=None, verdict=Verdict.ERROR, reasons=("It crashed.",)))
    assert (found.accuracy_change, found.agreement_change) == (None, None)
    assert found.worse == ("Its verdict was pass and is error. It crashed.",)
    assert found.remarks == ()
