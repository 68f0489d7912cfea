"""Files that are whole or not there."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from edgekit.foundation.atomic_files import atomic_path, write_json, write_text
from edgekit.foundation.errors import RunFolderError


def write_half(path: Path) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text("half")
        raise OSError(28, "No space left on device")


def test_an_error_while_writing_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    write_json(path, [1])
    with pytest.raises(RunFolderError, match="No space left"):
        write_half(path)
    assert json.loads(path.read_text()) == [1]
    assert list(tmp_path.iterdir()) == [path]


def test_a_device_or_a_pipe_is_never_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(RunFolderError, match="it is a pipe or a device"):
        write_text(pipe, "text")
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


def test_what_a_killed_writer_left_is_removed_and_what_another_writes_is_not(tmp_path: Path) -> None:
    script = (
        "import os, sys, time\nfrom pathlib import Path\nfrom edgekit.foundation.atomic_files import atomic_path\n"
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
