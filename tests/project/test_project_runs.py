"""A new project is filled with real images, and its make targets and its workflow are run for real."""

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits
from support.files.tflite_files import interpreter_of

import edgekit
from edgekit.artifact import Precision
from edgekit.project.making import FILES
from edgekit.runs.folder import RunFolder

yaml = pytest.importorskip("yaml", reason="PyYAML is not installed here; `make test` installs it")

NUM_IMAGES = 40
"""Per class."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def write_digits(folder: Path) -> None:
    """scikit-learn's digits as PNG files of 24 x 24 gray pixels, one folder per class."""
    digits = load_digits()
    for label in range(10):
        (folder / f"digit {label}").mkdir()
        for number, image in enumerate(digits.images[digits.target == label][:NUM_IMAGES]):
            picture = Image.fromarray((image * 255 / 16).astype(np.uint8)).resize((24, 24))
            picture.save(folder / f"digit {label}" / f"{number}.png")


def environment(folder: Path) -> dict[str, str]:
    """With this edgekit on the PATH, and what GitHub sets; `make test` is another make, whose settings do not count."""
    of_make = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
    return {
        **{name: value for name, value in os.environ.items() if name not in of_make},
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "EDGEKIT_CACHE": str(folder / "cache"),
        "GITHUB_BASE_REF": "main",
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        "RUNNER_TEMP": str(folder),
    }


def run(command: list[str], project: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command,
        cwd=project,
        env=environment(project.parent),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project on digits after `make`."""
    project = edgekit.new(tmp_path_factory.mktemp("new") / "photos").path
    write_digits(project / "data")
    done = run(["make", "TRAIN=--epochs 4 --image-size 32"], project)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return project


@pytest.fixture
def own(made: Path, tmp_path: Path) -> Path:
    """A copy of the project, in a repository whose main branch has all of it."""
    project = Path(shutil.copytree(made, tmp_path / "photos"))
    names = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all"]):
        subprocess.run(["git", *names, *command], cwd=project, check=True, capture_output=True)
    subprocess.run(["git", "update-ref", "refs/remotes/origin/main", "HEAD"], cwd=project, check=True)
    return project


def workflow_statuses(project: Path) -> dict[str, int]:
    """Name of each step of the workflow -> its exit status; what installs edgekit is left out."""
    workflow = yaml.safe_load((project / ".github" / "workflows" / "verify-models.yml").read_text())
    job = workflow["jobs"]["verify"]
    shell = ["env", *(f"{name}={value}" for name, value in job["env"].items()), "bash", "-e", "-o", "pipefail", "-c"]
    steps = [step for step in job["steps"] if "run" in step and "pip install" not in step["run"]]
    return {step["name"]: run([*shell, step["run"]], project).returncode for step in steps}


def with_weights_backwards(content: bytes) -> bytes:
    """A `.tflite` whose largest weights are in the reverse order: it runs, and answers nonsense."""
    interpreter = interpreter_of(content)
    constants = []
    for each in interpreter.get_tensor_details():
        with suppress(ValueError):  # of tensors that hold nothing before a run
            constants.append(interpreter.get_tensor(each["index"]).tobytes())
    weights = max((each for each in constants if each in content), key=len)
    assert content.count(weights) == 1
    return content.replace(weights, weights[::-1])


def test_make_trains_exports_verifies_and_bundles(made: Path) -> None:
    folder = RunFolder(made / "exported" / "photos")
    assert {one.precision for one in folder.artifacts()} == {Precision.INT8, Precision.FLOAT32}
    assert (folder.path / "verification.json").is_file()
    check = edgekit.verify_bundle(made / "photos-bundle.zip")
    assert check.exit_status == 0
    assert not (made / "photos-bundle.zip").read_bytes().count(b"**Not verified")


def test_a_second_make_trains_and_exports_nothing(made: Path) -> None:
    done = run(["make", "-n"], made)
    assert done.stdout.splitlines() == [
        "edgekit verify exported/photos --data folder:data",
        "edgekit bundle exported/photos --data folder:data --out photos-bundle.zip",
    ]


def test_the_workflow_passes_what_does_not_drift(own: Path) -> None:
    assert set(workflow_statuses(own).values()) == {0}
    assert "int8" in (own.parent / "summary.md").read_text()


def test_the_workflow_fails_where_a_file_drifts(own: Path) -> None:
    folder = RunFolder(own / "exported" / "photos")
    path = folder.path / "tflite" / "model-int8.tflite"
    path.write_bytes(with_weights_backwards(path.read_bytes()))
    folder.record(path)
    statuses = workflow_statuses(own)
    assert statuses["Every file does what the float model does"] == 3
    assert statuses["And none is worse than before"] == 3


def test_make_clean_removes_what_was_made_and_nothing_else(own: Path) -> None:
    assert run(["make", "clean"], own).returncode == 0
    left = {path.relative_to(own).parts[0] for path in own.rglob("*")}
    assert left == {*(name.partition("/")[0] for name in FILES), ".git", "exported"}
    assert list((own / "exported").iterdir()) == []
