"""With `--json`, a failure is a JSON document on stdout too, so that a pipe never takes nothing for a result."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.helpers import ROOT

from edgekit.cli import COMMANDS, group, run_command
from edgekit.cli.failures import hint_in, wants_json

WITH_JSON = [name for name in COMMANDS if any(one.name == "as_json" for one in COMMANDS.load(name).params)]


def failure(capsys: pytest.CaptureFixture[str], *arguments: str, status: int) -> dict[str, Any]:
    """What a command that fails writes to stdout, which must be one document, and the same text on stderr."""
    assert run_command(list(arguments)) == status
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert list(document) == ["error"]
    assert list(document["error"]) == ["kind", "message", "hint"]
    assert document["error"]["message"] in err
    error: dict[str, Any] = document["error"]
    return error


def test_an_error_of_edgekit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.onnx").touch()
    error = failure(capsys, "inspect", "x.onnx", "--json", status=1)
    assert error == {
        "kind": "ArtifactError",
        "message": "x.onnx is empty (0 bytes). Export the model again.",
        "hint": "Export the model again.",
    }


def test_a_usage_error_of_edgekit_and_one_of_click(capsys: pytest.CaptureFixture[str]) -> None:
    error = failure(capsys, "verify", "--runtime", "litert-xnpack", "--json", status=2)
    assert error["kind"] == "UnknownNameError"
    assert "Did you mean 'litert-xnnpack'?" in error["message"]
    error = failure(capsys, "verify", "--json", "--no-such-option", status=2)
    assert (error["kind"], error["hint"]) == ("UsageError", "edgekit verify --help")
    assert "--no-such-option" in error["message"]
    error = failure(capsys, "inspekt", "--json", status=2)
    assert "Did you mean 'inspect'?" in error["message"]


@pytest.mark.parametrize("command", WITH_JSON)
def test_every_command_that_prints_json_fails_in_json(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert failure(capsys, command, "--json", "--no-such-option", status=2)["kind"] == "UsageError"


def raising(error: BaseException) -> Any:
    def command(*_: Any, **__: Any) -> None:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "kind", "status"),
    [
        (KeyboardInterrupt(), "Interrupted", 130),
        (MemoryError(), "MemoryError", 1),
        (PermissionError(13, "Permission denied", "locked"), "OSError", 1),
    ],
)
def test_what_no_command_catches(
    error: BaseException,
    kind: str,
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(group, "main", raising(error))
    assert failure(capsys, "doctor", "--json", status=status)["kind"] == kind


def test_without_json_nothing_is_written_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["inspect", "missing.onnx"]) == 1
    assert run_command(["inspect", "missing.onnx", "--no-such-option"]) == 2
    assert run_command(["inspect", "--", "--json", "missing.onnx"]) == 2
    assert capsys.readouterr().out == ""


def test_where_nobody_reads_the_document_there_is_no_traceback() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "edgekit", "inspect", "missing.onnx", "--json"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "toolkit")},
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writing)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "There is no file" in done.stderr


def test_a_hint_is_the_last_sentence_of_several() -> None:
    assert (
        hint_in("mine holds no artifact. Export one first: edgekit export mine")
        == "Export one first: edgekit export mine"
    )
    assert hint_in("There is no file a.b.onnx.") == ""
    assert wants_json(["verify", "--json"])
    assert not wants_json(["verify", "--", "--json"])
