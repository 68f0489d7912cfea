"""What every command does when its surroundings fail it: a closed pipe, a full disk, a path that cannot be."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.helpers import ROOT

from edgekit.cli import run_command as edgekit
from edgekit.cli.options import others_to_stderr

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


WAITS = """
import signal, sys, tempfile, time
import click
from edgekit import cli
from edgekit.foundation.registry import Entry

@click.command()
def command():
    with tempfile.TemporaryDirectory():
        print("ready", flush=True)
        time.sleep(60)

signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup the tests, and so this process, would not hear it
cli.COMMANDS._entries["wait"] = Entry(target="__main__:command", summary="for tests")
cli.main(["wait"])
"""


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="needs the signals of Unix")
@pytest.mark.parametrize(("name", "status"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_who_is_asked_to_end_cleans_up_first(tmp_path: Path, name: str, status: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WAITS],
        env={**os.environ, "PYTHONPATH": str(ROOT / "toolkit"), "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    assert len(list(tmp_path.iterdir())) == 1
    process.send_signal(getattr(signal, name))
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err.strip()) == (status, "Interrupted.")
    assert list(tmp_path.iterdir()) == []


def test_the_help_shows_no_marks_that_are_meant_for_click(edgekit_command):
    text = edgekit_command("--help").stdout
    assert "\\b" not in text
    assert "The whole job: edgekit train && edgekit export --int8 && edgekit verify\n" in text


def test_what_recipes_and_libraries_print_goes_to_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    with others_to_stderr():
        print("Python")
        os.write(1, b"C\n")
        subprocess.run([sys.executable, "-c", "print('child')"], check=True)
    print("result")
    out, err = capfd.readouterr()
    assert out == "result\n"
    assert sorted(err.split()) == ["C", "Python", "child"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux keeps to a limit of address space")
def test_a_command_that_used_up_its_address_space_says_so() -> None:
    program = (
        "import resource, sys; import edgekit.cli as cli; held = []\n"
        "resource.setrlimit(resource.RLIMIT_AS, (400 * 2**20,) * 2)\n"
        "def greedy(*_, **__):\n"
        "    while True: held.append(bytearray(1000))  # nothing is given back\n"
        "cli.group.main = greedy\n"
        "sys.exit(cli._run(['inspect', '--json', 'x']))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert result.returncode == 1
    assert result.stderr.startswith("Error: The address space of this shell is limited to 400 MiB,"), result.stderr
    assert json.loads(result.stdout)["error"]["kind"] == "MemoryError"
