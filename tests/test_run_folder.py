"""A run folder: what is written is whole, what is read is checked."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgekit.errors import RunFolderError
from edgekit.run_folder import Reference, RunFolder, atomic_path, read_json, write_json, write_text


def write_half(path: Path) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text("half")
        raise OSError(28, "No space left on device")


def arrays(**changes: Any) -> dict[str, Any]:
    whole = {
        "scores": np.full((4, 2), 0.5, np.float32),
        "labels": np.array([0, 1, 0, 1]),
        "dataset_sha256": np.array("abc"),
        "class_names": np.array(["cat", "dog"]),
    }
    return {name: value for name, value in (whole | changes).items() if value is not None}


def test_a_reference_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    np.savez(tmp_path / "one.npz", **arrays())
    Reference.load(tmp_path / "one.npz").save(tmp_path / "two.npz")
    two = Reference.load(tmp_path / "two.npz")
    assert two.scores.dtype == np.float32
    assert two.labels.tolist() == [0, 1, 0, 1]
    assert (two.dataset_sha256, two.class_names) == ("abc", ("cat", "dog"))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"labels": None}, "not a reference that edgekit wrote"),
        ({"labels": np.zeros((4, 1), int)}, r"labels int64 of shape \(4, 1\)"),
        ({"labels": np.array(1)}, r"labels int64 of shape \(\)"),
        ({"labels": np.array([0.0, np.nan, 1, 1])}, "labels float64"),
        ({"labels": np.array([0, 1, 0])}, "contradicts itself.* for 3 labels and 2 classes"),
        ({"scores": np.full((4, 3), 0.3)}, r"contradicts itself: scores of shape \(4, 3\)"),
        ({"scores": np.full((4, 2), "x")}, "scores are <U1"),
        ({"scores": np.array(1.0)}, r"contradicts itself: scores of shape \(\)"),
        ({"class_names": np.array("cat")}, r"class names <U3 of shape \(\)"),
        ({"class_names": np.array([1, 2])}, "class names int64"),
        ({"class_names": np.array([["cat"], "dog"], object)}, "not a reference that edgekit wrote .*pickle"),
    ],
)
def test_a_reference_that_makes_no_sense(tmp_path: Path, changes: dict[str, Any], expected: str) -> None:
    np.savez(tmp_path / "reference.npz", **arrays(**changes))
    with pytest.raises(RunFolderError, match=expected):
        Reference.load(tmp_path / "reference.npz")


@pytest.mark.parametrize("kind", ["empty", "random", "half", "hurt", "one array", "a folder", "missing"])
def test_a_reference_that_is_no_reference(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "reference.npz"
    np.savez_compressed(path, **arrays(scores=np.random.default_rng(0).random((4, 2))))
    whole = path.read_bytes()
    contents = {
        "empty": b"",
        "random": b"\x03\x05" * 500,
        "half": whole[: len(whole) // 2],
        "hurt": whole[:60] + b"\xff" * 40 + whole[100:],
    }
    path.unlink()
    if kind == "one array":
        with path.open("wb") as file:
            np.save(file, np.zeros(3))
    elif kind == "a folder":
        path.mkdir()
    elif kind != "missing":
        path.write_bytes(contents[kind])
    expected = "There is no reference" if kind == "missing" else "is not a reference that edgekit wrote"
    with pytest.raises(RunFolderError, match=expected):
        Reference.load(path)


@pytest.mark.parametrize("content", ["", "{", '{"a": 1', "[" * 100_000, "\ufeff{}", b"\xff\xfe{\x00}\x00"])
def test_broken_json(tmp_path: Path, content: str | bytes) -> None:
    path = tmp_path / "manifest.json"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(RunFolderError, match="cannot be read as JSON"):
        read_json(path)


def test_a_document_that_would_fill_the_memory_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    with path.open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(RunFolderError, match="it has 1,000,000,000,000 bytes, expected at most"):
        read_json(path)


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


def test_an_error_while_writing_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    write_json(path, [1])
    with pytest.raises(RunFolderError, match="No space left"):
        write_half(path)
    assert json.loads(path.read_text()) == [1]
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_writer_left_is_removed_and_what_another_writes_is_not(tmp_path: Path) -> None:
    script = (
        "import os, sys, time\nfrom pathlib import Path\nfrom edgekit.run_folder import atomic_path\n"
        "with atomic_path(Path(sys.argv[1])) as path:\n path.write_text('half')\n print(flush=True)\n time.sleep(60)"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "other.json")]
    writers = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]
    for writer in writers:
        assert writer.stdout is not None
        writer.stdout.readline()
    left = sorted(tmp_path.glob(".writing-*"))
    assert len(left) == 2
    for folder in left:
        os.utime(folder, (0, 0))
    try:
        writers[0].kill()
        writers[0].wait()
        write_text(tmp_path / "one.json", "{}")
        assert len(list(tmp_path.glob(".writing-*"))) == 1
    finally:
        writers[1].kill()
        writers[1].wait()
    write_text(tmp_path / "one.json", "{}")
    assert [path.name for path in tmp_path.iterdir()] == ["one.json"]


def test_a_name_that_is_no_utf8_can_be_written_about(tmp_path: Path) -> None:
    write_text(tmp_path / "report.md", "run \udcff")
    assert (tmp_path / "report.md").read_text() == "run ?"


def test_an_error_while_writing_leaves_no_empty_folders(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    with pytest.raises(RunFolderError, match="No space left"):
        write_half(tmp_path / "kept" / "run" / "tflite" / "model.tflite")
    assert [path.name for path in tmp_path.rglob("*")] == ["kept"]


def test_not_a_number_is_never_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "report.json", {"accuracy": float("nan")})
    assert list(tmp_path.iterdir()) == []


def test_large_scores_lie_in_a_file_and_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from edgekit.mapped import place_of

    scores = np.random.default_rng(0).dirichlet(np.ones(4), 500).astype(np.float32)
    reference = Reference(
        scores=scores, labels=np.arange(500) % 4, dataset_sha256="0" * 64, class_names=("a", "b", "c", "d")
    )
    reference.save(tmp_path / "reference.npz")
    in_memory = Reference.load(tmp_path / "reference.npz")
    monkeypatch.setattr("edgekit.run_folder.LARGE", 1000)
    mapped = Reference.load(tmp_path / "reference.npz")
    assert isinstance(mapped.scores, np.memmap)
    assert place_of(in_memory.scores) is None
    assert np.array_equal(mapped.scores, scores)
    content = bytearray((tmp_path / "reference.npz").read_bytes())
    content[200] ^= 1
    (tmp_path / "reference.npz").write_bytes(content)
    with pytest.raises(RunFolderError):
        Reference.load(tmp_path / "reference.npz")
