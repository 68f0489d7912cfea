"""The artifacts that this project ships do on real photographs what their verification.json says."""

import json
from pathlib import Path

import pytest
from support.helpers import ROOT, EdgekitCommand

SHIPPED = sorted(path.parent for path in (ROOT / "exported").glob("*/verification.json"))


@pytest.mark.cifar10
@pytest.mark.parametrize("run", [run for run in SHIPPED if run.name == "resnet8"], ids=lambda run: run.name)
def test_a_shipped_run_verifies_again(
    run: Path, cifar10_folder: Path, tmp_path: Path, edgekit_command: EdgekitCommand
) -> None:
    import shutil

    copy = Path(shutil.copytree(run, tmp_path / run.name))
    arguments = [
        "--data",
        f"cifar10:{cifar10_folder}",
        "--runtime",
        "litert-xnnpack",
        "--runtime",
        "onnxruntime",
        "--json",
    ]
    result = edgekit_command("verify", copy, *arguments)
    assert result.returncode == 0, result.stdout + result.stderr
    told = {
        (row["artifact"], row["runtime"]): row
        for row in json.loads((run / "verification.json").read_text())["candidates"]
    }
    for row in json.loads(result.stdout)["candidates"]:
        assert row["accuracy"] == pytest.approx(told[row["artifact"], row["runtime"]]["accuracy"], abs=0.002)


def test_there_are_shipped_runs() -> None:
    assert "resnet8" in {run.name for run in SHIPPED}
