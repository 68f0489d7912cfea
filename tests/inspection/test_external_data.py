"""Weights in other files: those in the model's folder are used, every other is refused before it is opened."""

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from support.tiny_models import mean_weights, onnx_model, onnx_scores, some_images

from edgekit.execution.file_inspection import FileInspector
from edgekit.execution.scoring import scores_of
from edgekit.foundation.errors import ArtifactError
from edgekit.inspection.external_data import check_external_data, external_bytes
from edgekit.inspection.model_file import inspect_file
from edgekit.runtimes import RUNTIMES, SessionSettings
from edgekit.verification.subjects.identification import identify

CONTENT = mean_weights().tobytes()


def move_out(tensor: Any, location: str, **entries: str) -> None:
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, "offset": "0", "length": str(len(CONTENT)), **entries}.items():
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value


def write(path: Path, location: str, **entries: str) -> Path:
    """A model whose matrix lies at `location`."""
    model = onnx_model()
    move_out(next(one for one in model.graph.initializer if one.name == "weights"), location, **entries)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(model.SerializeToString())
    return path


def scores(path: Path) -> NDArray[np.float32]:
    return scores_of(RUNTIMES.load("onnxruntime").open(path, SessionSettings()), some_images(4))


@pytest.mark.parametrize("location", ["w.bin", "below/w.bin", "below/../w.bin"])
def test_weights_in_the_folder_of_the_model_or_below_are_used(location: str, tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    for path in (tmp_path / "w.bin", tmp_path / "below" / "w.bin"):
        path.write_bytes(CONTENT)
    assert np.allclose(scores(write(tmp_path / "m.onnx", location)), onnx_scores(some_images(4)), atol=1e-4)


def test_the_size_is_that_of_all_files_of_the_model(tmp_path: Path) -> None:
    (tmp_path / "w.bin").write_bytes(CONTENT)
    path = write(tmp_path / "m.onnx", "w.bin")
    alone = path.stat().st_size
    assert inspect_file(path).size_bytes == alone + len(CONTENT)
    assert identify(path, FileInspector()).size_bytes == alone + len(CONTENT)
    (tmp_path / "w.bin").unlink()
    (tmp_path.parent / "elsewhere.bin").write_bytes(CONTENT)
    for location in ("w.bin", "../elsewhere.bin"):
        assert external_bytes(write(tmp_path / "m.onnx", location)) == 0


@pytest.mark.parametrize(
    ("location", "entries", "said"),
    [
        ("../secret.bin", {}, "leads out of the model's folder"),
        ("../" * 20 + "etc/passwd", {"length": "10"}, "leads out of the model's folder, to /etc/passwd"),
        ("/etc/passwd", {"length": "10"}, "not a path relative"),
        ("C:\\secret.bin", {}, "not a path relative"),
        ("link.bin", {}, "leads out of the model's folder"),
        ("zeros.bin", {}, "leads out of the model's folder"),
        ("pipe.bin", {}, "not a regular file"),
        ("nothing.bin", {}, "not there"),
        ("", {}, "not a path relative"),
        ("w.bin", {"offset": "-5"}, "needs bytes -5"),
        ("w.bin", {"length": "999"}, "it has 60"),
        ("w.bin", {"length": "many"}, "cannot be looked up"),
        ("circle.bin", {}, "cannot be looked up|not there"),
    ],
)
def test_everything_else_is_refused(location: str, entries: dict[str, str], said: str, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "secret.bin").write_bytes(CONTENT)
    (folder / "w.bin").write_bytes(CONTENT)
    (folder / "link.bin").symlink_to(tmp_path / "secret.bin")
    (folder / "zeros.bin").symlink_to("/dev/zero")
    (folder / "circle.bin").symlink_to(folder / "circle.bin")
    os.mkfifo(folder / "pipe.bin")
    path = write(folder / "m.onnx", location, **entries)
    with pytest.raises(ArtifactError, match=said) as refusal:
        RUNTIMES.load("onnxruntime").open(path, SessionSettings())
    assert "'weights'" in str(refusal.value)


def test_constants_branches_and_functions_are_looked_into(tmp_path: Path) -> None:
    tensor = numpy_helper.from_array(mean_weights(), "hidden")
    move_out(tensor, "../secret.bin")
    constant = helper.make_node("Constant", [], ["hidden"], value=tensor)
    branch = helper.make_graph([constant], "branch", [], [helper.make_tensor_value_info("hidden", 1, None)])
    function = helper.make_function("own", "F", [], ["hidden"], [constant], [helper.make_opsetid("", 18)])
    for place in ("node", "branch", "function"):
        model = onnx_model()
        if place == "node":
            model.graph.node.append(constant)
        elif place == "branch":
            model.graph.node.append(helper.make_node("If", ["c"], ["x"], then_branch=branch, else_branch=branch))
        else:
            model.functions.append(function)
        path = tmp_path / f"{place}.onnx"
        path.write_bytes(model.SerializeToString())
        with pytest.raises(ArtifactError, match="'hidden'"):
            check_external_data(path)


def test_a_model_without_other_files_is_not_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(onnx_model().SerializeToString())
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "onnx", None)
        check_external_data(path)
    path.write_bytes(b"a location, but no model")
    check_external_data(path)
