"""A new project: whole, working files under usable names, and nothing that is there is touched."""

import json
from pathlib import Path

import pytest

import edgekit
from edgekit.cli import run_command
from edgekit.foundation.errors import RunFolderError, UsageError
from edgekit.project.making import FILES, PLACEHOLDER, SOURCES
from edgekit.tolerance import Tolerances

yaml = pytest.importorskip("yaml", reason="PyYAML is not installed here; `make test` installs it")


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def test_a_project_has_every_file_under_its_name(tmp_path: Path) -> None:
    project = edgekit.new(tmp_path / "photos_2-b")
    made = contents(project.path)
    assert set(made) == set(FILES) == set(project.files)
    assert PLACEHOLDER not in "".join(made.values())
    assert "RUN := exported/photos_2-b\n" in made["Makefile"]
    assert 'name="photos_2-b"' in made["recipe.py"]
    assert {path.name for path in SOURCES.iterdir()} == set(FILES.values())
    assert [path.name for path in tmp_path.iterdir()] == ["photos_2-b"]


def test_its_workflow_and_its_limits_can_be_read(tmp_path: Path) -> None:
    project = edgekit.new(tmp_path / "photos")
    workflow = yaml.safe_load((project.path / ".github" / "workflows" / "verify-models.yml").read_text())
    job = workflow["jobs"]["verify"]
    assert job["env"] == {"RUN": "exported/photos", "DATA": "folder:data"}
    assert workflow[True] == {"pull_request": None, "push": {"branches": ["main"]}}
    assert Tolerances.from_pyproject(project.path / "pyproject.toml") == Tolerances()


def test_an_empty_folder_and_missing_parents_are_used(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir(mode=0o700)
    edgekit.new(tmp_path / "empty")
    edgekit.new(tmp_path / "some" / "where" / "photos")
    assert contents(tmp_path / "empty").keys() == contents(tmp_path / "some" / "where" / "photos").keys()
    assert (tmp_path / "empty").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("name", ["", ".", "..", "my photos", "-x", ".hidden", "a$b", "a#b", "café", "NUL", "a" * 65])
def test_names_that_make_or_a_system_stumbles_over_are_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError):
        edgekit.new(name)
    assert list(tmp_path.iterdir()) == []


def test_nothing_that_is_there_is_overwritten(tmp_path: Path) -> None:
    for name, make in {
        "folder": lambda path: (path.mkdir(), (path / ".hidden").write_text("mine")),
        "file": lambda path: path.write_text("mine"),
        "link": lambda path: path.symlink_to(tmp_path / "nowhere"),
    }.items():
        make(tmp_path / name)
        with pytest.raises(UsageError, match="Choose another name"):
            edgekit.new(tmp_path / name)
    assert contents(tmp_path) == {"folder/.hidden": "mine", "file": "mine"}
    assert not (tmp_path / "nowhere").exists()


def test_what_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFolderError, match="Could not write"):
        edgekit.new(tmp_path / "file" / "photos")


def test_the_command_lists_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: object) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_command(["new", "photos"]) == 0
    shown = capsys.readouterr().out  # type: ignore[attr-defined]
    assert shown.startswith("Project: photos\n  README.md\n  recipe.py\n  Makefile\n")
    assert shown.endswith("Put images into photos/data, one folder per class, then: cd photos && make\n")
    assert run_command(["new", "photos"]) == 2
    capsys.readouterr()  # type: ignore[attr-defined]
    assert run_command(["new", "others", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["path"] == "others"  # type: ignore[attr-defined]
