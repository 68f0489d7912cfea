"""A run folder: what its manifest says is checked."""

import os
from pathlib import Path

import pytest

from edgekit.exporting.source import check_source
from edgekit.foundation.atomic_files import write_json, write_text
from edgekit.foundation.errors import RunFolderError
from edgekit.runs.folder import RunFolder


def test_a_run_whose_manifest_leads_outside_is_refused(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "run", {})
    write_text(tmp_path / "onnx" / "model-float32.onnx", "x")
    entry = {"size_bytes": 1, "sha256": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"}
    write_json(run.manifest_path, {"files": {"../onnx/model-float32.onnx": entry}})
    with pytest.raises(RunFolderError, match="outside"):
        RunFolder(run.path)


def test_a_folder_that_is_no_run_is_not_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edgekit.runs.folder.check_links", lambda _: pytest.fail("a whole disk would be gone through"))
    with pytest.raises(RunFolderError, match=r"has no manifest\.json"):
        RunFolder(tmp_path)


def test_a_changed_file_is_found_out(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "run", {})
    path = run.path / "onnx" / "model-int8.onnx"
    write_text(path, "before")
    run.record(path)
    assert [artifact.path for artifact in RunFolder(run.path).artifacts()] == [path]
    path.write_text("after!")
    with pytest.raises(RunFolderError, match="was changed after its run's manifest was written"):
        RunFolder(run.path).artifacts()


def test_a_run_is_a_path_or_the_name_of_one_or_the_newest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for seconds, name in enumerate(("newer", "older")):
        run = RunFolder.create(Path("exported") / name, {})
        os.utime(run.manifest_path, (0, 10 - seconds))
    for path in (Path("newer"), Path("exported/newer"), tmp_path / "exported" / "newer", None):
        assert RunFolder.named(path).name == "newer"
        assert RunFolder.named(path).path.resolve() == check_source(path).path.resolve()
    with pytest.raises(RunFolderError, match="There is no run folder nowhere"):
        RunFolder.named(Path("nowhere"))
