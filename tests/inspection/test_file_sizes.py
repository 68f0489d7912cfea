"""Files that must not be read to their end: too large, a pipe, a device; and those that may not be opened."""

import os
import time
from pathlib import Path

import pytest
from support.tiny_models import onnx_model

from edgekit.artifact import MAX_MODEL_BYTES, Artifact
from edgekit.foundation.errors import ArtifactError, RunFolderError
from edgekit.inspection.model_file import inspect_file
from edgekit.runs.folder import RunFolder


def sparse(path: Path, size: int, start: bytes = b"") -> Path:
    """A file of `size` bytes that takes no room on the disk."""
    path.write_bytes(start)
    os.truncate(path, size)
    return path


@pytest.mark.parametrize("describe", [Artifact.from_file, inspect_file])
@pytest.mark.parametrize("suffix", [".tflite", ".onnx"])
def test_ten_gigabytes_cost_a_sentence_and_no_time(describe, suffix: str, tmp_path: Path) -> None:
    start = time.monotonic()
    with pytest.raises(ArtifactError, match=r"10,737,418,240 bytes.* at most 2,147,483,648"):
        describe(sparse(tmp_path / f"model{suffix}", 10 * 2**30, b"\x08\x08\x12\x00TFL3"))
    assert time.monotonic() - start < 1


def test_a_file_as_large_as_the_format_allows_is_mapped_and_not_loaded(tmp_path: Path) -> None:
    path = sparse(tmp_path / "model.tflite", MAX_MODEL_BYTES, b"\x08\x00\x00\x00TFL3")
    assert path.stat().st_size == MAX_MODEL_BYTES
    with pytest.raises(ArtifactError, match="damaged"):
        inspect_file(path)


@pytest.mark.parametrize("describe", [Artifact.from_file, inspect_file])
def test_a_pipe_and_a_device_are_not_waited_for(describe, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.onnx")
    (tmp_path / "zeros.onnx").symlink_to("/dev/zero")
    for name in ("pipe.onnx", "zeros.onnx"):
        with pytest.raises(ArtifactError, match="a pipe or a device, not a file"):
            describe(tmp_path / name)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(onnx_model().SerializeToString())
    path.chmod(0)
    with pytest.raises(ArtifactError, match="cannot be read"):
        Artifact.from_file(path)


def test_a_file_of_a_run_that_grew_is_not_read(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "run", {})
    (run.path / "onnx").mkdir()
    path = run.path / "onnx" / "model-int8.onnx"
    path.write_bytes(onnx_model().SerializeToString())
    run.record(path)
    sparse(path, 10 * 2**30)
    start = time.monotonic()
    with pytest.raises(RunFolderError, match=r"received 10737418240 bytes\. Restore"):
        run.artifacts()
    assert time.monotonic() - start < 1
