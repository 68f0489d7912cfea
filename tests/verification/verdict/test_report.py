"""The report: its order, its exit status, the file that it recommends, its JSON form."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from support.fakes import fake_dataset, fake_reference

from edgekit.artifact import Format, Precision
from edgekit.foundation.errors import RunFolderError
from edgekit.runtimes.base import Performance
from edgekit.verification.measuring.measurement import FlippedImage, Measurement
from edgekit.verification.measuring.score_comparison import compare_scores
from edgekit.verification.verdict.environment import this_environment
from edgekit.verification.verdict.report import (
    BEST_FIRST,
    CandidateReport,
    DatasetSummary,
    ReferenceSummary,
    Verdict,
    VerificationReport,
)
from edgekit.verification.verdict.targets import Target

CLASSES = ("ant", "bee", "cat", "dog")


def measured(num_lost: int = 0) -> Measurement:
    reference = fake_reference(fake_dataset(np.arange(40) % 4, CLASSES), accuracy=1.0)
    scores = reference.scores.copy()
    scores[:num_lost] = np.roll(scores[:num_lost], 1, axis=1)
    return compare_scores(reference.scores, scores, reference.labels, CLASSES).measurement


def row(name: str = "model-int8.tflite", **changes: Any) -> CandidateReport:
    values: dict[str, Any] = {
        "artifact": name,
        "sha256": "a" * 64,
        "size_bytes": 1000,
        "format": Format.TFLITE,
        "precision": Precision.INT8,
        "runtime": "litert-xnnpack",
        "runtime_version": "2",
        "verdict": Verdict.PASS,
    }
    return CandidateReport(**values | changes)


def at(speed: float) -> Performance:
    return Performance(
        seconds=1.0, images_per_second=speed, peak_rss_bytes=1, num_threads=1, batch_size=1, num_sessions=1
    )


def report(*rows: CandidateReport, **changes: Any) -> VerificationReport:
    data = DatasetSummary(name="digits", split="test", num_images=1500, sha256="d" * 64, class_names=CLASSES)
    reference = ReferenceSummary(runtime="keras", accuracy=0.9, report=())
    return VerificationReport(dataset=data, reference=reference, tolerance={}, candidates=rows, **changes)


def of(*verdicts: Verdict, **changes: Any) -> VerificationReport:
    return report(*(row(f"{place}.tflite", verdict=each) for place, each in enumerate(verdicts)), **changes)


@pytest.mark.parametrize(
    ("verdicts", "status"),
    [
        ((Verdict.PASS,), 0),
        ((Verdict.INCONCLUSIVE,), 0),
        ((Verdict.PASS, Verdict.NOT_COMPARED), 0),
        ((Verdict.PASS, Verdict.DRIFT), 3),
        ((Verdict.DRIFT,), 3),
        ((Verdict.DRIFT, Verdict.ERROR), 1),
        ((Verdict.PASS, Verdict.ERROR), 1),
        ((Verdict.NOT_COMPARED,), 1),
        ((Verdict.OUTDATED,), 1),
        ((), 1),
    ],
)
def test_the_exit_status(verdicts: tuple[Verdict, ...], status: int) -> None:
    assert of(*verdicts).exit_status == status


def test_where_only_certain_rows_do_an_inconclusive_one_counts_as_drift() -> None:
    assert of(Verdict.PASS, Verdict.INCONCLUSIVE, require_conclusive=True).exit_status == 3
    assert of(Verdict.PASS, require_conclusive=True).exit_status == 0
    assert not of(Verdict.PASS).require_conclusive


def test_the_worst_row_comes_first_and_of_equal_ones_the_lowest_agreement() -> None:
    assert BEST_FIRST == (
        Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.NOT_COMPARED, Verdict.DRIFT, Verdict.OUTDATED, Verdict.ERROR,
    )  # fmt: skip
    rows = of(*BEST_FIRST).worst_first
    assert [one.verdict for one in rows] == [*reversed(BEST_FIRST)]
    good, bad = row("good", measurement=measured(1)), row("bad", measurement=measured(9))
    assert [one.artifact for one in report(good, row("none"), bad).worst_first] == ["none", "bad", "good"]


def test_a_verdict_in_words() -> None:
    assert Verdict.OUTDATED.words == "not verified since it was exported"
    assert Verdict.NOT_COMPARED.words == "not-compared"


def best(*rows: CandidateReport, target: Target = Target.ANDROID) -> str | None:
    found = report(*rows).best_for(target)
    return found.artifact if found else None


def test_the_smallest_file_is_recommended_and_of_equally_small_ones_the_fastest() -> None:
    small, large = row("small", size_bytes=1000, performance=at(10)), row("large", size_bytes=1051, performance=at(99))
    assert best(large, small) == "small"
    assert best(replace(large, size_bytes=1050), small) == "large", "5 % are the same size"
    assert best(large, small, target=Target.SERVER) == "large", "there speed counts"
    assert best(replace(small, performance=None), replace(large, size_bytes=1001)) == "large"
    assert best(replace(small, performance=at(0.0)), replace(large, size_bytes=1001)) == "large"
    same = replace(large, performance=at(10), size_bytes=1001)
    assert best(same, small) == "small", "of equally fast ones the smaller"
    assert (
        best(replace(large, performance=at(0.5)), replace(small, performance=at(0.4)), target=Target.SERVER) == "large"
    )


def test_inconclusive_is_recommended_only_where_nothing_passes() -> None:
    doubtful = row("doubtful", size_bytes=1, verdict=Verdict.INCONCLUSIVE)
    assert best(doubtful, row("sure")) == "sure"
    assert best(doubtful) == "doubtful"
    assert best(row("x", verdict=Verdict.NOT_COMPARED)) is None


@pytest.mark.parametrize("verdict", [Verdict.DRIFT, Verdict.ERROR, Verdict.OUTDATED])
def test_a_file_that_fails_in_one_runtime_of_a_target_is_not_recommended_there(verdict: Verdict) -> None:
    rows = (row("x", runtime="litert-builtin"), row("x", runtime="litert-reference", verdict=verdict))
    assert best(*rows, target=Target.MCU) is None
    assert best(row("x"), *rows) == "x", "it is another target's runtime"


def test_recommendations_are_in_the_document() -> None:
    document = report(row("x", runtime="litert-builtin")).to_dict()
    assert document["recommended"] == {
        "android": None,
        "ios": None,
        "web": None,
        "mcu": {"artifact": "x", "runtime": "litert-builtin", "verdict": "pass"},
        "server": None,
    }


def test_a_report_comes_back_from_its_document_as_it_was() -> None:
    rows = (row(measurement=measured(3), performance=at(5.0), confidence=0.99), row("other", precision=None))
    made = report(*rows, environment=this_environment(), unlisted_files=("onnx/x.onnx",))
    document = made.to_dict()
    assert VerificationReport.from_dict(document) == made
    assert document["schema_version"] == 1
    assert document["environment"]["machine"]["num_cpus"] >= 1
    assert "pairwise" not in document
    assert document["candidates"][1]["accuracy"] is None
    assert document["candidates"][0]["accuracy"] == rows[0].accuracy


def test_a_document_of_another_version_or_none_is_refused() -> None:
    document = report(row()).to_dict()
    with pytest.raises(RunFolderError, match="has schema version 2; expected 1"):
        VerificationReport.from_dict(document | {"schema_version": 2})
    with pytest.raises(RunFolderError, match="has schema version 0; expected 1"):
        VerificationReport.from_dict(document | {"schema_version": 0})
    with pytest.raises(RunFolderError, match="not a verification that edgekit wrote"):
        VerificationReport.from_dict([])


@pytest.mark.parametrize("field", ["true_class", "reference_class", "candidate_class"])
def test_classes_that_the_data_lacks_are_refused(field: str) -> None:
    image = FlippedImage(
        index=0, true_class=3, reference_class=3, candidate_class=3, reference_probability=0.5,
        candidate_probability=0.5, is_tie=False,
    )  # fmt: skip
    good = report(row(measurement=replace(measured(), flipped_images=(image,)))).to_dict()
    VerificationReport.from_dict(good)
    good["candidates"][0]["flipped_images"][0][field] = 4
    with pytest.raises(RunFolderError, match=r"candidates\[0\]' must be classes below 4"):
        VerificationReport.from_dict(good)


def test_each_class_has_its_row() -> None:
    document = report(row("unmeasured"), row(measurement=measured())).to_dict()
    VerificationReport.from_dict(document)
    document["candidates"][1]["per_class"].pop()
    with pytest.raises(RunFolderError, match=r"candidates\[1\]\.per_class.*a row for each of 4 classes.*3"):
        VerificationReport.from_dict(document)


def test_what_a_row_and_a_report_say_of_themselves() -> None:
    with_numbers = row(measurement=measured(10))
    assert repr(with_numbers) == "<CandidateReport model-int8.tflite in litert-xnnpack: pass, accuracy 75.00%>"
    assert repr(row()) == "<CandidateReport model-int8.tflite in litert-xnnpack: pass>"
    assert (with_numbers.accuracy, with_numbers.accuracy_delta, with_numbers.agreement) == (0.75, -0.25, 0.75)
    assert (row().accuracy, row().accuracy_delta, row().agreement) == (None, None, None)
    assert (row().label, row("mine", precision=None).label) == ("int8", "mine")
    made = of(Verdict.PASS, Verdict.PASS, Verdict.DRIFT)
    assert repr(made) == "<VerificationReport on 1,500 test images of digits: 2 pass, 1 drift>"
    assert repr(report()) == "<VerificationReport on 1,500 test images of digits: no candidate>"
    assert (made.count(Verdict.PASS), made.count(Verdict.ERROR)) == (2, 0)
