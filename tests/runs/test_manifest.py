"""A manifest that a hand or a stranger has edited is refused in words."""

from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from edgekit.foundation.errors import RunFolderError
from edgekit.runs.manifest import check_manifest, is_inside

PATH = Path("run/manifest.json")
ENTRY = {"size_bytes": 3, "sha256": "abc"}


def test_what_edgekit_writes_is_taken_as_it_is() -> None:
    document = {
        "schema_version": 1,
        "dataset": {"name": "digits", "sha256": "abc", "image_shape": [32, 32, 3], "class_names": ["0", "1"]},
        "settings": {"seed": 0, "validation_fraction": 0.1},
        "files": {"reference.npz": ENTRY, "onnx/model-int8.onnx": ENTRY},
    }
    assert check_manifest(PATH, document) == document


@pytest.mark.parametrize("document", [[1, 2], None, 3, "text", {}, {"files": []}, {"files": "all"}])
def test_something_else_than_a_manifest(document: Any) -> None:
    with pytest.raises(RunFolderError, match="is not a manifest: it lists no files"):
        check_manifest(PATH, document)


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ({"schema_version": 2}, "schema version 2; expected 1"),
        ({"dataset": [1]}, "'dataset' in .* must be a JSON object. Received a list of 1"),
        ({"dataset": {"name": 5}}, "'dataset.name' in .* must be a text. Received 5"),
        ({"dataset": {"sha256": ["a"]}}, "'dataset.sha256' in .* must be a text"),
        ({"dataset": {"image_shape": [0, 32, 3]}}, r"'dataset.image_shape\[0\]' in .* from 1 to .* Received 0"),
        ({"dataset": {"image_shape": [32, 32]}}, "'dataset.image_shape' in .* a list of height, width and 3"),
        ({"dataset": {"image_shape": [32, 32, 4]}}, "'dataset.image_shape' in .* a list of height, width and 3"),
        ({"dataset": {"image_shape": ["a", 2]}}, r"'dataset.image_shape\[0\]' in .* must be a whole number"),
        ({"dataset": {"class_names": "0123"}}, "'dataset.class_names' in .* must be a list. Received '0123'"),
        ({"dataset": {"class_names": ["a", 3]}}, r"'dataset.class_names\[1\]' in .* must be a text. Received 3"),
        ({"dataset": None}, "'dataset' in .* must be a JSON object. Received None"),
        ({"compression": {"methods": 3}}, "'compression.methods' in .* must be a list"),
        ({"compression": {"original": []}}, "'compression.original' in .* must be a JSON object"),
        ({"seconds": 10**400}, "'seconds' in .* must be a number of at least 0. Received a whole number of more than"),
        ({"exports": {"x": 3}}, "'exports.x' in .* must be a JSON object. Received 3"),
        ({"settings": 1}, "'settings' in .* must be a JSON object"),
        ({"settings": {"seed": -1}}, "'settings.seed' in .* at least 0. Received -1"),
        ({"settings": {"seed": True}}, "'settings.seed' in .* at least 0. Received True"),
        ({"settings": {"validation_fraction": 1.5}}, "from 0 to 1. Received 1.5"),
        ({"input_range": 1}, "'input_range' in .* must be a text"),
        ({"identity": "x" * 1000}, "Received 'x{79}…. Restore"),
        ({"exports": []}, "'exports' in .* must be a JSON object"),
    ],
)
def test_a_value_that_makes_no_sense_is_named(entries: dict[str, Any], expected: str) -> None:
    with pytest.raises(RunFolderError, match=expected):
        check_manifest(PATH, {"files": {}, **entries})


@pytest.mark.parametrize("listed", ["x", 7, None, {}, {"size_bytes": 3}, {"size_bytes": "3", "sha256": "abc"}])
def test_a_file_needs_its_size_and_its_digest(listed: Any) -> None:
    with pytest.raises(RunFolderError, match=r"does not say the size and the SHA-256 of 'reference.npz'"):
        check_manifest(PATH, {"files": {"reference.npz": listed}})


OUTSIDE = ["../x", "onnx/../../x", "/etc/passwd", "C:/x", "C:x", "..\\x", "\\x", "", ".", "a\0b"]


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_file_outside_the_run_is_refused(name: str) -> None:
    assert not is_inside(PurePosixPath(name))
    with pytest.raises(RunFolderError, match="lies outside its run"):
        check_manifest(PATH, {"files": {name: ENTRY}})
