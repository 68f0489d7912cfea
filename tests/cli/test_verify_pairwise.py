"""`edgekit verify --pairwise` on real files in real worker processes."""

import json
from pathlib import Path

import pytest
from support.linear_run import digits, make_run, nearest_mean, write_onnx

from edgekit.cli import run_command as edgekit

SWAPPED = [1, 0, *range(2, 10)]


def test_every_candidate_is_compared_with_every_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = make_run(tmp_path / "made")
    weights, biases = nearest_mean(digits())
    run.record(write_onnx(run.path / "onnx" / "model-int8.onnx", weights[:, SWAPPED], biases[SWAPPED]))
    assert edgekit(["verify", str(run.path), "--runtime", "onnxruntime", "--pairwise"]) == 3
    out = " ".join(capsys.readouterr().out.split())
    document = json.loads((run.path / "verification.json").read_text())
    pairwise = document["pairwise"]
    names = [(one["artifact"], one["runtime"]) for one in pairwise["candidates"]]
    assert names == [("onnx/model-float32.onnx", "onnxruntime"), ("onnx/model-int8.onnx", "onnxruntime")]
    assert pairwise["num_images"] == [[359, 359], [359, 359]]
    between = pairwise["agreement"][0][1]
    assert between == pairwise["agreement"][1][0] == pytest.approx(document["candidates"][1]["agreement"])
    assert f"({1 - between:.1%})" in out
    summary = document["candidates"][1]["summary"]
    assert summary.startswith("int8 in onnxruntime: drift. ")
    assert "predictions flipped" in summary
    assert all(reason in out for reason in document["candidates"][1]["reasons"])
    assert "## Agreement of the candidates" in (run.path / "verification.md").read_text()
    assert document["candidates"][1]["flipped_images"][0]["index"] >= 0
