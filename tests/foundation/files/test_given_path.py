"""Classes of the public names take a path as text or as a Path; anything else is a sentence."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import edgekit
from edgekit.foundation.files.given_path import given_path, given_text


def test_a_path_is_text_or_a_path() -> None:
    assert given_path("a/b") == given_path(Path("a/b")) == Path("a/b")
    assert given_text("folder:a") == "folder:a"


@pytest.mark.parametrize(
    "call",
    [
        edgekit.RunFolder,
        edgekit.RunFolder.named,
        lambda path: edgekit.RunFolder.create(path, {}),
        edgekit.Artifact.from_file,
        edgekit.Tolerances.from_pyproject,
        edgekit.load_dataset,
        edgekit.load_recipe,
    ],
)
def test_what_is_no_path_is_a_sentence(call: Callable[[Any], Any]) -> None:
    for wrong in (42, b"a", ["a"], {"a": 1}, object()):
        with pytest.raises(
            edgekit.UsageError, match=r"Expected a path as text or a Path\. Received an object of the type"
        ):
            call(wrong)
    for wrong in ("a\0b", Path("\ud800")):
        with pytest.raises(edgekit.UsageError, match="holds a character that no path can hold"):
            call(wrong)


def test_a_run_is_opened_by_its_path_as_text(tmp_path: Path) -> None:
    made = edgekit.RunFolder.create(str(tmp_path / "run"), {})
    assert edgekit.RunFolder(str(tmp_path / "run")).path == made.path == tmp_path / "run"
    assert edgekit.RunFolder.named(str(made.path)).name == "run"
    assert edgekit.Tolerances.from_pyproject(str(tmp_path / "pyproject.toml")) == edgekit.Tolerances()
    with pytest.raises(edgekit.ArtifactError, match=r"There is no file a\.onnx"):
        edgekit.Artifact.from_file("a.onnx")
    with pytest.raises(edgekit.RecipeError, match=r"There is no recipe file a\.py"):
        edgekit.load_recipe(Path("a.py"))
