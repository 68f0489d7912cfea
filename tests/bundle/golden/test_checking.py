"""`edgekit.check_golden`: what a bundle from a stranger may hold, and what a runtime may answer."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.bundles import ZipMaker, golden

import edgekit
from edgekit.cli import run_command

NAME = "made/golden/golden.json"


def edited(bundle_zip: Path, **changes: Any) -> bytes:
    document = golden(bundle_zip)
    document["models"][0] |= changes
    return json.dumps(document).encode()


def test_one_runtime_can_be_chosen_and_one_that_reads_no_file_is_an_error(bundle_zip: Path) -> None:
    report = edgekit.check_golden(bundle_zip, runtimes="onnxruntime")
    assert [(row.runtime, row.verdict, row.num_images) for row in report.rows] == [("onnxruntime", "pass", 32)]
    with pytest.raises(edgekit.UsageError, match="None of these runtimes reads a file"):
        edgekit.check_golden(bundle_zip, runtimes="litert-xnnpack")
    with pytest.raises(edgekit.UnknownNameError):
        edgekit.check_golden(bundle_zip, runtimes="onyxruntime")


def test_a_model_that_is_none_is_an_error_row(remade: ZipMaker, capsys: pytest.CaptureFixture[str]) -> None:
    path = remade({"made/onnx/model-float32.onnx": b"no model" * 100})
    report = edgekit.check_golden(path)
    assert {row.verdict for row in report.rows} == {"error"}
    assert report.exit_status == 1
    assert run_command(["check-golden", str(path)]) == 1
    assert "onnx/model-float32.onnx" in capsys.readouterr().out


def test_an_input_that_differs_gives_another_output(bundle_zip: Path, remade: ZipMaker) -> None:
    inputs = golden(bundle_zip)["models"][0]["inputs"]
    swapped = list(reversed(inputs))
    report = edgekit.check_golden(remade({NAME: edited(bundle_zip, inputs=swapped)}))
    assert {row.verdict for row in report.rows} == {"differs"}
    assert report.exit_status == 3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"file": "../../etc/passwd"}, "not in the bundle"),
        ({"file": "/etc/passwd"}, "not in the bundle"),
        ({"file": "README.md"}, "as a model"),
        ({"inputs": []}, "Expected 1 to"),
        ({"expected": "golden/none.bin"}, "not in the bundle"),
        ({"tolerance": "much"}, "tolerance"),
        ({"unit": "miles"}, "unit"),
    ],
)
def test_a_list_that_was_edited_is_a_sentence(
    bundle_zip: Path, remade: ZipMaker, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(edgekit.EdgekitError, match=message):
        edgekit.check_golden(remade({NAME: edited(bundle_zip, **changes)}))


def test_tensors_of_another_size_are_an_error_row(bundle_zip: Path, remade: ZipMaker) -> None:
    model = golden(bundle_zip)["models"][0]
    short = edgekit.check_golden(remade({f"made/{model['expected']}": b"short"}))
    assert all("Expected 1,280" in row.reason for row in short.rows)
    cut = edgekit.check_golden(remade({f"made/{model['inputs'][3]}": b"cut"}))
    assert all("golden inputs" in row.reason for row in cut.rows)
    assert short.exit_status == cut.exit_status == 1
