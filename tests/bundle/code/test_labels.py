"""A bundle whose class names and whose name break code that does not escape them: every file of it is still sound."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from support.bundles import LABELS, RESNET8
from support.code.syntax import syntax_errors

import edgekit
from edgekit.runs.folder import RunFolder

NAME = 'say "$hi" \\(now) ${x}'
_LINES = [each for each in LABELS if "\n" not in each and "\u2028" not in each]
NAMES = [*_LINES[:9], "\\(x) \\u{41} \\u0041"]
"""Of one line, as the classes of a run must be."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked bundle of the committed run with other names."""
    folder = tmp_path_factory.mktemp("labels")
    run = RunFolder(Path(shutil.copytree(RESNET8, folder / NAME)))
    run.record(dataset={**run.manifest["dataset"], "class_names": NAMES})
    zipped = edgekit.bundle(run, no_images=True, unverified=True, out=folder / "made.zip").path
    shutil.unpack_archive(zipped, folder / "unpacked")
    [bundle] = (folder / "unpacked").iterdir()
    return bundle


def files(made: Path, *suffixes: str) -> list[Path]:
    """Those with these suffixes; there are some."""
    found = [path for path in made.rglob("*") if path.suffix in suffixes]
    assert found
    return found


def test_json_and_python_are_sound(made: Path) -> None:
    for path in files(made, ".json"):
        json.loads(path.read_text(encoding="utf-8"))
    for path in files(made, ".py"):
        compile(path.read_bytes(), str(path), "exec")


def test_kotlin_and_swift_are_sound(made: Path) -> None:
    for path in files(made, ".kt"):
        assert syntax_errors(path.read_bytes(), "kotlin") == [], path
    for path in files(made, ".swift"):
        assert syntax_errors(path.read_bytes(), "swift") == [], path


def test_javascript_is_sound(made: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs Node.js")
    for path in files(made, ".mjs"):
        done = subprocess.run([node, "--check", path], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr


def test_cpp_is_sound(made: Path) -> None:
    compiler = shutil.which("g++")
    if compiler is None:
        pytest.skip("needs g++")
    for path in made.rglob("model.cc"):
        command = [compiler, "-std=c++17", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr


def test_the_bundle_is_what_was_made(made: Path) -> None:
    assert edgekit.verify_bundle(made).exit_status == 0
    assert (made / "labels.txt").read_text(encoding="utf-8").splitlines() == NAMES
