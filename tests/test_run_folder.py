"""A run folder: what its manifest says is checked."""

from pathlib import Path

import pytest

from edgekit.errors import RunFolderError
from edgekit.run_folder import RunFolder
from edgekit.whole_files import write_json, write_text


def test_a_run_whose_manifest_leads_outside_is_refused(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "run", {})
    write_text(tmp_path / "onnx" / "model-float32.onnx", "x")
    entry = {"size_bytes": 1, "sha256": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"}
    write_json(run.manifest_path, {"files": {"../onnx/model-float32.onnx": entry}})
    with pytest.raises(RunFolderError, match="outside"):
        RunFolder(run.path)


def test_a_changed_file_is_found_out(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "run", {})
    path = run.path / "onnx" / "model-int8.onnx"
    write_text(path, "before")
    run.record(path)
    assert [artifact.path for artifact in RunFolder(run.path).artifacts()] == [path]
    path.write_text("after!")
    with pytest.raises(RunFolderError, match="was changed after its run's manifest was written"):
        RunFolder(run.path).artifacts()
