"""Files for GitHub are YAML, and call commands and options that exist."""

from pathlib import Path
from typing import Any

import pytest
from support.helpers import ROOT

from edgekit import __version__
from edgekit.cli import run_command as edgekit

yaml = pytest.importorskip("yaml", reason="PyYAML is not installed here; `make test` installs it")
FILES = sorted([*(ROOT / ".github").rglob("*.yml"), ROOT / "CITATION.cff"])


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_yaml_and_begins_with_what_it_does(path: Path) -> None:
    assert path.read_text().startswith("# ")
    assert isinstance(read(path), dict)


def test_the_checks_are_those_of_ci_on_every_python() -> None:
    job = read(ROOT / ".github" / "workflows" / "checks.yml")["jobs"]["checks"]
    commands = {step["run"] for step in job["steps"] if "run" in step}
    wanted = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if line.startswith("make ")]
    assert commands == set(wanted)
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]


def test_the_verify_action_calls_options_that_exist(capsys: pytest.CaptureFixture[str]) -> None:
    steps = read(ROOT / ".github" / "actions" / "verify" / "action.yml")["runs"]["steps"]
    scripts = "\n".join(step.get("run", "") for step in steps)
    assert edgekit(["verify", "--help"]) == 0
    text = capsys.readouterr().out
    for option in ("--data", "--require-conclusive"):
        assert option in scripts
        assert option in text


def test_the_citation_has_the_version() -> None:
    assert read(ROOT / "CITATION.cff")["version"] == __version__
