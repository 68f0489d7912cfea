"""What every command does when its surroundings fail it: a closed pipe, a full disk, a path that cannot be."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import ROOT

from edgekit.cli import run as edgekit

FULL = Path("/dev/full")
LIST = f"'{sys.executable}' -m edgekit datasets --json"


def shell(command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["sh", "-c", command],
        env={**os.environ, "PYTHONPATH": str(ROOT / "toolkit"), **environment},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_a_reader_that_wants_no_more_is_no_error() -> None:
    result = shell(f"{LIST} | true")
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
def test_output_to_a_full_disk_is_a_sentence() -> None:
    result = shell(f"{LIST} > {FULL}")
    assert result.returncode == 1
    assert result.stderr.startswith("Error: Something could not be read or written: No space left on device.")
    assert result.stderr.count("\n") == 1


def test_closed_streams_are_no_error() -> None:
    result = shell(f"{LIST} >&- 2>&- <&-")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    result = shell(f"'{sys.executable}' -m edgekit datasets npz:nowhere >&- 2>&-")
    assert (result.returncode, result.stdout, result.stderr) == (1, "", "")
    result = shell(f"{LIST.replace('--json', 'digits')} 2>&-")
    assert (result.returncode, result.stderr) == (0, "")
    assert "10 classes" in result.stdout


def test_letters_that_a_terminal_does_not_know_are_no_error() -> None:
    result = shell(LIST.replace("--json", ""), PYTHONIOENCODING="ascii")
    assert result.returncode == 0, result.stderr
    assert "digits" in result.stdout


def test_a_path_that_the_system_refuses_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert edgekit(["inspect", f"{'a' * 300}.onnx"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("Error: aaa")
    assert "File name too long" in err
