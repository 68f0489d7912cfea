import json
import re
import tomllib
from typing import Any

import pytest
from support.helpers import ROOT, EdgekitCommand

from edgekit import installation as diagnosis
from edgekit.foundation.backends import BackendStatus
from edgekit.installation import LIBRARIES, diagnose
from edgekit.runtimes import Availability
from edgekit.runtimes.base import Runtime


def test_doctor_says_what_works(edgekit_command: EdgekitCommand) -> None:
    done = edgekit_command("doctor")
    assert done.returncode == 0, done.stderr
    for word in ("Python", "processor", "BACKEND", "CPU:0", "onnxruntime", "litert-xnnpack", "verify", "works"):
        assert word in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100


@pytest.fixture
def two_backends(monkeypatch: pytest.MonkeyPatch) -> None:
    """What list_backends, which has tests of its own, might find."""
    found = [
        BackendStatus(name="tensorflow", devices=("CPU:0", "GPU:0 (some GPU)"), reason=None),
        BackendStatus(name="jax", devices=(), reason="did not answer in time"),
    ]
    monkeypatch.setattr(diagnosis, "list_backends", lambda: found)


@pytest.mark.usefixtures("two_backends")
def test_doctor_as_json_tells_no_host_name(capsys: Any) -> None:
    import platform

    from edgekit.cli import run_command as run

    assert run(["doctor", "--json"]) == 0
    text = capsys.readouterr().out
    document = json.loads(text)
    assert document["backends"][0]["devices"] == ["CPU:0", "GPU:0 (some GPU)"]
    assert document["backends"][1]["reason"] == "did not answer in time"
    assert document["machine"]["num_cpus"] >= 1
    assert {ability["name"] for ability in document["abilities"]} == {"train", "export", "verify"}
    assert platform.node() not in text


def test_the_libraries_are_those_of_pyproject() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {"base": project["dependencies"], **project["optional-dependencies"]}
    for extra, libraries in LIBRARIES.items():
        assert set(libraries) == {re.split("[>=<[]", requirement)[0].strip() for requirement in wanted[extra]}


@pytest.mark.usefixtures("two_backends")
def test_a_missing_training_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "tensorflow")
    train, export, verify = diagnose().abilities
    assert not train.works
    assert not export.works
    assert "tensorflow" in train.detail
    assert "edgekit-toolkit[train]" in train.detail
    assert verify.works


@pytest.mark.usefixtures("two_backends")
def test_training_works_without_the_other_backends(monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "jax")
    assert diagnose().abilities[0].works


@pytest.mark.usefixtures("two_backends")
def test_without_a_base_library_verify_cannot_work(monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "numpy")
    assert not diagnose().can_verify


@pytest.mark.usefixtures("two_backends")
def test_without_any_runtime_verify_cannot_work(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = Availability(version=None, reason="not installed here")
    monkeypatch.setattr(Runtime, "availability", classmethod(lambda cls: gone))
    assert not diagnose().can_verify


@pytest.mark.usefixtures("two_backends")
def test_doctor_ends_with_1_where_verify_cannot_work(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    from edgekit.cli import run_command as run

    hide(monkeypatch, "numpy")
    assert run(["doctor"]) == 1
    assert "does not work" in capsys.readouterr().out


def hide(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    """Let one library look as if it were not installed."""
    real = diagnosis.version

    def version(name: str) -> str:
        if name == missing:
            raise diagnosis.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(diagnosis, "version", version)
