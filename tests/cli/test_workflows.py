"""Files for GitHub: valid YAML of the right form, with commands and options that exist; their scripts are run."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from support.documents import DOCUMENTS, FENCE
from support.github.schemas import ACTION, ISSUE_CHOICE, ISSUE_FORM, WORKFLOW
from support.helpers import ROOT
from support.linear_run import digits

from edgekit import __version__
from edgekit.cli import run_command as edgekit

yaml = pytest.importorskip("yaml", reason="PyYAML is not installed here; `make test` installs it")
GITHUB = ROOT / ".github"
FILES = sorted([*GITHUB.rglob("*.yml"), ROOT / "CITATION.cff"])
VERIFY_ACTION = GITHUB / "actions" / "verify" / "action.yml"
GATE = ROOT / "docs" / "tutorials" / "gate-a-pull-request.md"
SCHEMAS = {"workflows": WORKFLOW, "verify": ACTION, "ISSUE_TEMPLATE": ISSUE_FORM}
"""Folder -> the schema of the files in it."""

ON_NODE_24 = {"checkout": 5, "setup-python": 6, "upload-artifact": 6, "download-artifact": 7}
"""Action -> its first version on Node.js 24; GitHub's runners have dropped Node.js 20 (September 2026)."""

NEW_PROJECT = ROOT / "toolkit" / "edgekit" / "project" / "files" / "verify-models.yml"
STEPS = [*GITHUB.rglob("*.yml"), NEW_PROJECT, GATE]
USED = re.compile(r"uses: actions/([\w-]+)@v(\d+)")
EXPRESSION = re.compile(r"\$\{\{\s*([\w.-]+)\s*\}\}")


def loaded(text: str) -> Any:
    """The document; YAML 1.1 reads the key `on` as true."""
    document = yaml.safe_load(text)
    return {"on" if key is True else key: value for key, value in document.items()} if True in document else document


def read(path: Path) -> Any:
    return loaded(path.read_text())


def schema_of(path: Path) -> dict[str, Any]:
    return ISSUE_CHOICE if path.name == "config.yml" else SCHEMAS[path.parent.name]


def blocks_of(document: Path) -> Iterator[Any]:
    """The YAML blocks of a document."""
    for block in FENCE.finditer(document.read_text()):
        if block[0].lstrip().startswith("```yaml"):
            yield loaded("\n".join(block[0].splitlines()[1:-1]))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_yaml_and_begins_with_what_it_does(path: Path) -> None:
    assert path.read_text().startswith("# ")
    assert isinstance(read(path), dict)


@pytest.mark.parametrize("path", sorted(GITHUB.rglob("*.yml")), ids=lambda path: str(path.relative_to(GITHUB)))
def test_a_file_has_the_form_that_github_wants(path: Path) -> None:
    jsonschema.validate(read(path), schema_of(path))


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("workflows/checks.yml", ("runs-on", "runson")),
        ("workflows/release.yml", ("uses: pypa/gh-action-pypi-publish@", "uses: pypa/gh-action-pypi-publish ")),
        ("actions/verify/action.yml", ("shell: bash", "shel: bash")),
        ("ISSUE_TEMPLATE/bug.yml", ("type: textarea", "type: textaera")),
    ],
)
def test_a_typing_mistake_is_found(path: str, change: tuple[str, str]) -> None:
    text = (GITHUB / path).read_text()
    assert change[0] in text
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(loaded(text.replace(*change)), schema_of(GITHUB / path))


def test_there_are_forms_for_mistakes_wishes_and_lost_accuracy() -> None:
    forms = {path.stem: read(path) for path in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml") if path.stem != "config"}
    assert set(forms) == {"bug", "feature", "accuracy"}
    assert len({form["name"] for form in forms.values()}) == len(forms)
    for form in forms.values():
        ids = [element["id"] for element in form["body"] if "id" in element]
        assert len(ids) == len(set(ids))
        assert any(element.get("validations", {}).get("required") for element in form["body"])


def test_every_expression_of_a_workflow_has_a_value() -> None:
    for path in (GITHUB / "workflows").glob("*.yml"):
        document = read(path)
        for job in document["jobs"].values():
            known = {f"matrix.{name}" for name in job.get("strategy", {}).get("matrix", {})}
            assert set(EXPRESSION.findall(str(job))) <= known, path.name
            assert job.get("needs", next(iter(document["jobs"]))) in document["jobs"], path.name


def test_every_action_runs_on_a_node_that_github_still_has() -> None:
    used = [(path.name, name, int(version)) for path in STEPS for name, version in USED.findall(path.read_text())]
    assert {name for _, name, _ in used} == set(ON_NODE_24)
    assert [each for each in used if each[2] < ON_NODE_24[each[1]]] == []


@pytest.mark.skipif(shutil.which("actionlint") is None, reason="actionlint is not installed here")
def test_actionlint_finds_nothing(tmp_path: Path) -> None:
    shutil.copytree(GITHUB, tmp_path / ".github")
    workflows = tmp_path / ".github" / "workflows"
    gate = next(block[0] for block in FENCE.finditer(GATE.read_text()) if "\njobs:\n" in block[0])
    (workflows / "gate.yml").write_text("\n".join(gate.splitlines()[1:-1]))
    shutil.copy(NEW_PROJECT, workflows)
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    files = sorted(map(str, workflows.glob("*.yml")))
    result = subprocess.run(["actionlint", *files], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (0, "")


def test_the_inputs_of_the_verify_action_are_those_that_it_uses() -> None:
    action = read(VERIFY_ACTION)
    assert set(EXPRESSION.findall(str(action["runs"]))) == {f"inputs.{name}" for name in action["inputs"]}


def test_the_examples_give_the_verify_action_what_it_takes() -> None:
    inputs = read(VERIFY_ACTION)["inputs"]
    required = {name for name, described in inputs.items() if described.get("required")}
    lists = [block for document in DOCUMENTS for block in blocks_of(document) if isinstance(block, list)]
    uses = [step for steps in lists for step in steps if "actions/verify" in step.get("uses", "")]
    assert uses
    for step in uses:
        assert required <= set(step["with"]) <= set(inputs)
        assert step["uses"] == "./.github/actions/verify"


def test_the_checks_are_those_of_ci_on_every_python() -> None:
    job = read(GITHUB / "workflows" / "checks.yml")["jobs"]["checks"]
    commands = {step["run"] for step in job["steps"] if "run" in step}
    wanted = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if line.startswith("make ")]
    assert commands == set(wanted)
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]


def test_the_verify_action_calls_options_that_exist(capsys: pytest.CaptureFixture[str]) -> None:
    scripts = "\n".join(step.get("run", "") for step in read(VERIFY_ACTION)["runs"]["steps"])
    assert edgekit(["verify", "--help"]) == 0
    text = capsys.readouterr().out
    for option in ("--data", "--require-conclusive"):
        assert option in scripts
        assert option in text


def test_the_citation_has_the_version() -> None:
    assert read(ROOT / "CITATION.cff")["version"] == __version__


@pytest.fixture(scope="module")
def repository(finished_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a user's repository holds: one exported file of a run, its report, and test images."""
    folder = tmp_path_factory.mktemp("repository")
    run = Path(shutil.copytree(finished_run, folder / "exported" / "mine"))
    assert edgekit(["export", str(run), "--int8", "--format", "tflite"]) == 0
    assert edgekit(["verify", str(run), "--precision", "int8", "--runtime", "litert-xnnpack"]) in (0, 3)
    test = digits().test
    names = np.array([str(number) for number in range(10)])
    np.savez(folder / "test-images.npz", x_test=test.images, y_test=test.labels, class_names=names)
    git = ["git", "-c", "user.name=nobody", "-c", "user.email=nobody@localhost"]
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "models"]):
        subprocess.run([*git, *command], cwd=folder, check=True)
    subprocess.run([*git, "update-ref", "refs/remotes/origin/main", "HEAD"], cwd=folder, check=True)
    return folder


def run_step(step: dict[str, Any], folder: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run a step's script as GitHub does, in `folder`."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=folder,
        env={**os.environ, "PATH": path, **variables},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def scripts_of(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The steps with a script; what pip installs is here already."""
    return [step for step in steps if "run" in step and "pip install" not in step["run"]]


@pytest.mark.slow
@pytest.mark.parametrize("conclusive", [False, True])
def test_the_scripts_of_the_verify_action_run(repository: Path, tmp_path: Path, conclusive: bool) -> None:
    folder = Path(shutil.copytree(repository, tmp_path / "repository"))
    if conclusive:  # no prediction may differ: a file with flips drifts, or is inconclusive
        (folder / "pyproject.toml").write_text(
            "[tool.edgekit.tolerance.int8]\nmin_agreement = 100\nmax_f1_drop = 0.0\n"
        )
    inputs = {"RUN": "exported/mine", "DATA": "npz:test-images.npz", "CONCLUSIVE": str(conclusive).lower()}
    verify, summary = scripts_of(read(VERIFY_ACTION)["runs"]["steps"])
    assert set(verify["env"]) | set(summary["env"]) == set(inputs)
    done = run_step(verify, folder, **inputs)
    assert done.returncode == (3 if conclusive else 0), done.stdout + done.stderr
    page = tmp_path / "summary.md"
    assert run_step(summary, folder, GITHUB_STEP_SUMMARY=str(page), **inputs).returncode == 0
    assert page.read_text() == (folder / "exported" / "mine" / "verification.md").read_text()


@pytest.mark.slow
def test_the_scripts_of_the_workflow_in_the_tutorial_run(repository: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(repository, tmp_path / "repository"))
    (workflow,) = (block for block in blocks_of(GATE) if isinstance(block, dict))
    jsonschema.validate(workflow, WORKFLOW)
    page = tmp_path / "summary.md"
    variables = {"GITHUB_BASE_REF": "main", "RUNNER_TEMP": str(tmp_path), "GITHUB_STEP_SUMMARY": str(page)}
    steps = scripts_of(workflow["jobs"]["verify"]["steps"])
    assert len(steps) == 3
    for step in steps:
        done = run_step(step, folder, **variables)
        assert done.returncode == 0, step["name"] + done.stdout + done.stderr
    assert (tmp_path / "old.json").stat().st_size > 1_000
    assert "tflite" in page.read_text()
