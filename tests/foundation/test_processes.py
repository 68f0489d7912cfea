"""A deleted working directory and a limit of address space are named, not left to whoever stumbles over them."""

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.helpers import ROOT

from edgekit.foundation.processes import limited_address_space, surroundings_fault, with_limit

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "toolkit")}


def limits(value: int) -> "tuple[int, int]":
    return value, resource.RLIM_INFINITY


@pytest.mark.parametrize(("limit", "words"), [(500 * 2**20, "limited to 500 MiB"), (2**32, ""), (-1, "")])
def test_a_limit_is_named_where_it_is_small(monkeypatch: pytest.MonkeyPatch, limit: int, words: str) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits(limit))
    assert words in limited_address_space()
    assert bool(limited_address_space()) is bool(words)
    assert with_limit("ran out of memory").endswith("ulimit -v unlimited" if words else "memory")


def test_a_folder_that_is_there_is_no_fault() -> None:
    assert surroundings_fault() == ""


@pytest.mark.parametrize("command", ["verify", "inspect x.onnx", "report"])
def test_a_deleted_working_directory_is_one_sentence(tmp_path: Path, command: str) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    words = f"import os, sys; os.rmdir({str(folder)!r}); from edgekit.cli import main; main(sys.argv[1:])"
    done = subprocess.run(
        [sys.executable, "-c", words, *command.split()],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == (
        "Error: The working directory does not exist any more: it was deleted. Change to another: cd ~\n"
    )


def test_what_a_library_raises_under_a_limit_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from edgekit import cli

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(cli.group, "main", fail)
    with pytest.raises(RuntimeError):
        cli.run_command(["doctor"])
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits(2**29))
    assert cli.run_command(["doctor"]) == 1
    assert "can't start new thread. The address space of this shell is limited to 512 MiB" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "gigabytes"),
    [
        ("train resnet8 --data digits --epochs 1 --out new", 1),
        ("train resnet8 --data digits --epochs 1 --out new", 2),
        ("export run --float32 --format onnx --out copy", 3),
        ("compress run --prune 0.5 --epochs 1 --out new", 2),
        ("tune run --restart", 2),
        ("compare-schemes run", 2),
        ("run resnet8 --data digits --epochs 1 --out new", 2),
    ],
)
def test_tensorflow_is_not_loaded_where_it_would_abort(tmp_path: Path, command: str, gigabytes: int) -> None:
    """Within 2 GB its import ended the process without a word, or never came back."""
    copy = shutil.copytree(ROOT / "exported" / "resnet8", tmp_path / "run")
    before = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*"))
    if command.startswith("export"):
        command = command.replace("export run", f"export {copy / 'model.keras'} --input-range 0..255 --data digits")
    done = subprocess.run(
        [sys.executable, "-m", "edgekit", *command.split()],
        cwd=tmp_path,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (gigabytes * 2**30,) * 2),
    )
    assert done.returncode == 1, done.stderr
    assert "needs Keras, which cannot work here." in done.stderr
    assert f"limited to {gigabytes * 1024:,} MiB" in done.stderr
    assert "Raise the limit: ulimit -v unlimited" in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*")) == before, "nothing was written"
