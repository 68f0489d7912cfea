"""`edgekit compare-reports` on two reports that differ in one thing at a time."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.fakes import FakeExecutor, answer_with, fake_artifact, fake_dataset, fake_reference

from edgekit.artifact import Format, Precision
from edgekit.cli import run_command as edgekit
from edgekit.verification.candidate import Candidate
from edgekit.verification.job import verify

Document = dict[str, Any]


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Document:
    folder = tmp_path_factory.mktemp("artifacts")
    dataset = fake_dataset(np.arange(1000) % 4, ("cat", "dog", "bird", "frog"))
    reference = fake_reference(dataset)
    artifacts = [fake_artifact(folder, Format.TFLITE, one) for one in (Precision.FLOAT32, Precision.INT8)]
    report = verify(
        [Candidate(artifact=one, runtime="litert-xnnpack") for one in artifacts],
        reference=reference,
        dataset=dataset,
        executor=FakeExecutor({one.path.name: answer_with(reference.scores) for one in artifacts}),
    )
    return json.loads(json.dumps(report.to_dict()))


@pytest.fixture
def compare(tmp_path: Path, document: Document, capsys: pytest.CaptureFixture[str]):
    """`compare(change, *options)`: status, stdout and stderr where `change` was made to a copy of the new report."""

    def run(change: Callable[[Document], Any] = lambda _: None, *options: str) -> tuple[int, str, str]:
        new = copy.deepcopy(document)
        change(new)
        for name, content in (("old", document), ("new", new)):
            (tmp_path / f"{name}.json").write_text(json.dumps(content))
        status = edgekit(["compare-reports", str(tmp_path / "old.json"), str(tmp_path / "new.json"), *options])
        return status, *capsys.readouterr()

    return run


def set_row(number: int, **values: Any) -> Callable[[Document], None]:
    return lambda new: new["candidates"][number].update(values)


def test_two_equal_reports_are_not_worse(compare) -> None:
    status, out, err = compare()
    assert status == 0
    assert "None of 2 candidates got worse by more than 0.5 points." in out
    assert out.count("same file") == 2
    assert max(map(len, out.splitlines())) <= 100
    assert err == ""


@pytest.mark.parametrize(
    ("change", "options", "status"),
    [
        (set_row(1, accuracy=0.8951), (), 0),
        (set_row(1, accuracy=0.8950), (), 0),
        (set_row(1, accuracy=0.8949), (), 3),
        (set_row(1, accuracy=0.8949), ("--max-worsening", "1"), 0),
        (set_row(1, accuracy=0.8999), ("--max-worsening", "0"), 3),
        (set_row(1, accuracy=0.95, agreement=0.97), (), 3),
        (set_row(1, agreement=0.996, size_bytes=1_000_000, images_per_second=1.0), (), 0),
        (set_row(1, verdict="drift", reasons=["It drifts."]), ("--max-worsening", "100"), 3),
        (set_row(1, verdict="error"), (), 3),
        (lambda new: new["candidates"].pop(0), (), 3),
        (lambda new: new["candidates"].append({**new["candidates"][0], "artifact": "new.tflite"}), (), 0),
        (
            lambda new: new["candidates"].append({**new["candidates"][0], "artifact": "x.tflite", "verdict": "drift"}),
            (),
            3,
        ),
    ],
)
def test_what_is_worse(compare, change: Callable[[Document], Any], options: tuple[str, ...], status: int) -> None:
    assert compare(change, *options)[0] == status


def test_it_says_what_changed(compare) -> None:
    status, out, _ = compare(
        set_row(1, accuracy=0.87, verdict="drift", reasons=["Accuracy fell."], sha256="0" * 64, size_bytes=60)
    )
    text = " ".join(out.split())
    assert status == 3
    assert "pass -> drift" in text
    assert "-3.00" in text
    assert "Its verdict was pass and is drift. Accuracy fell." in text
    assert "Accuracy fell by 3.00 points; the margin is 0.5." in text
    assert "1 of 2 candidates got worse" in text


def test_json_is_one_document(compare) -> None:
    status, out, _ = compare(set_row(0, agreement=0.9), "--json")
    changes = json.loads(out)
    assert status == 3
    assert changes["is_worse"] is True
    assert changes["max_worsening"] == 0.5
    row = changes["candidates"][0]
    assert row["agreement_change"] == pytest.approx(-0.1)
    assert row["speed_ratio"] == 1.0
    assert (row["old_verdict"], row["new_verdict"]) == ("pass", "pass")
    assert len(row["worse"]) == 1


def test_other_numbers_of_images_compare_only_verdicts(compare) -> None:
    status, out, _ = compare(set_row(1, num_images=200, accuracy=0.5, agreement=0.5))
    assert status == 0
    assert "It ran on 200 images, before on 1,000" in " ".join(out.split())


def test_reports_from_before_the_newer_fields_are_read(compare, document: Document) -> None:
    newer = (
        *("summary", "accuracy_delta_interval", "significant_classes", "near_tie_flips", "flipped_images"),
        *("expected_calibration_error", "expected_calibration_error_delta", "mean_abs_score_difference"),
    )

    def strip(new: Document) -> None:
        for row in new["candidates"]:
            for name in newer:
                del row[name]
            for one in row["per_class"]:
                del one["recall_mcnemar_p"], one["recall_mcnemar_p_holm"]

    assert compare(strip)[0] == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda new: new["dataset"].update(sha256="f" * 64), "made on other data"),
        (lambda new: new["dataset"].update(class_names=["a", "b", "c", "d"]), "made on other data"),
        (lambda new: [row.update(runtime="onnxruntime") for row in new["candidates"]], "no candidate in common"),
        (lambda new: new["candidates"].append(new["candidates"][0]), "twice"),
        (lambda new: new.update(schema_version=2), "schema version 2"),
        (lambda new: new.pop("candidates"), "'candidates' is missing"),
        (
            lambda new: new["candidates"][0].update(accuracy="0.9"),
            "accuracy' must be a number from 0 to 1",
        ),
        (lambda new: new["candidates"][0].update(accuracy=float("nan")), "it holds NaN, which is not JSON"),
        (lambda new: new["candidates"][0].update(verdict="fine"), "not a report"),
        (lambda new: new["candidates"][0].update(flips=None), "not a report"),
        (lambda new: new.update(dataset=[]), "not a report"),
        (lambda new: new["candidates"].__setitem__(0, "row"), "not a report"),
    ],
)
def test_what_cannot_be_compared_costs_a_sentence(compare, change: Callable[[Document], Any], message: str) -> None:
    status, out, err = compare(change)
    assert status == 1
    assert message in err
    assert out == ""
    assert "Traceback" not in err


@pytest.mark.parametrize("content", ["", "{", "[]", "3", "null", '{"schema_version": 1}', "\x00\x01"])
def test_files_that_are_no_reports_cost_a_sentence(
    tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.json").write_text(content)
    assert edgekit(["compare-reports", str(tmp_path / "x.json"), str(tmp_path / "x.json")]) == 1
    assert "x.json" in capsys.readouterr().err
    assert edgekit(["compare-reports", str(tmp_path), str(tmp_path / "nowhere.json")]) == 1
    assert "There is no" in capsys.readouterr().err


@pytest.mark.parametrize("margin", ["-1", "101", "nan"])
def test_a_margin_out_of_range_is_wrong_usage(compare, margin: str) -> None:
    status, _, err = compare(lambda _: None, "--max-worsening", margin)
    assert status == 2
    assert "0 to 100" in err


def set_limits(**limits: float | None) -> Callable[[Document], None]:
    return lambda new: new["tolerance"]["int8"].update(limits)


@pytest.mark.parametrize(
    ("options", "status"), [((), 3), (("--allow-reference-change",), 3), (("--allow-looser-limits",), 0)]
)
def test_looser_limits_fail_unless_they_are_allowed(compare, options: tuple[str, ...], status: int) -> None:
    found, out, _ = compare(set_limits(max_accuracy_drop=90.0, min_agreement=10.0), *options)
    text = " ".join(out.split())
    assert found == status
    assert "The limit max_accuracy_drop for int8 is looser: it was 1 and is 90." in text
    assert "The limit min_agreement for int8 is looser: it was 95 and is 10." in text
    assert ("If that is intended: --allow-looser-limits." in text) is (status == 3)


def test_stricter_limits_are_no_fault(compare) -> None:
    assert compare(set_limits(max_accuracy_drop=0.5, min_agreement=99.0))[0] == 0


def test_json_says_why_it_refuses(compare) -> None:
    status, out, _ = compare(set_limits(max_accuracy_drop=90.0), "--json")
    changes = json.loads(out)
    assert (status, changes["is_worse"]) == (3, True)
    assert changes["refused"][0].startswith("The limit max_accuracy_drop for int8 is looser")
    assert not any(row["worse"] for row in changes["candidates"])


def test_a_file_with_another_name_is_compared_and_it_is_said(compare) -> None:
    status, out, _ = compare(set_row(1, artifact="renamed.tflite", accuracy=0.8))
    text = " ".join(out.split())
    assert status == 3
    assert "It is compared with" in text
    assert "the same format, precision and scheme" in text
    assert "Accuracy fell by 10.00 points" in text


def test_what_may_be_chance_is_not_worse_and_is_said(compare) -> None:
    doubt = set_row(1, verdict="inconclusive", reasons=["That may be chance: about 600 images would decide it."])
    status, out, _ = compare(doubt, "--json")
    changes = json.loads(out)["candidates"]
    assert status == 0
    assert changes[1]["new_verdict"] == "inconclusive"
    assert changes[1]["remarks"] == [
        "Its verdict was pass and is inconclusive, which is not worse. That may be chance: about 600 images would "
        "decide it."
    ]
