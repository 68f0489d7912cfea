"""Settings are found once; whatever lies in their place is no error."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from edgekit.execution.isolation import execute
from edgekit.execution.settings_cache import FOLDER, FoundSettings, SettingsCache, SettingsFile
from edgekit.foundation.machine import num_usable_cpus
from edgekit.runtimes import Execution, SessionSettings

FOUND = FoundSettings(settings=SessionSettings(num_threads=2, batch_size=16), images_per_second=123.5)


def test_what_is_kept_is_found_again_and_only_for_the_same_case(tmp_path: Path) -> None:
    file = SettingsFile.of(tmp_path, artifact="abc", num_cpus=2)
    assert file.load() is None
    file.save(FOUND)
    assert SettingsFile.of(tmp_path, num_cpus=2, artifact="abc").load() == FOUND
    assert SettingsFile.of(tmp_path, num_cpus=4, artifact="abc").load() is None


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        "[" * 100_000,
        '{"settings": {}}',
        '{"settings": {"num_threads": 0, "batch_size": 1, "num_sessions": 1}, "images_per_second": 5}',
        '{"settings": {"num_threads": "2", "batch_size": 1, "num_sessions": 1}, "images_per_second": 5}',
        '{"settings": {"num_threads": 2, "batch_size": 1, "num_sessions": 1}, "images_per_second": -1}',
        '{"settings": {"num_threads": 2, "batch_size": 1, "num_sessions": 1}, "images_per_second": NaN}',
        '{"settings": {"num_threads": 2, "batch_size": 1, "more": 1}, "images_per_second": 5}',
        "\udcff",
    ],
)
def test_anything_else_counts_as_nothing(tmp_path: Path, content: str) -> None:
    file = SettingsFile.of(tmp_path, artifact="abc")
    file.path.parent.mkdir()
    file.path.write_bytes(content.encode(errors="surrogateescape"))
    assert file.load() is None


def test_a_place_that_cannot_be_written_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    file = SettingsFile.of(tmp_path / "file", artifact="abc")
    file.save(FOUND)
    assert file.load() is None


def run(onnx_file: Path, images_npy: Path, folder: Path, **options: bool) -> Execution:
    result = execute("onnxruntime", onnx_file, images_npy, cache=SettingsCache(folder=folder, **options))
    assert isinstance(result, Execution), result
    return result


def test_a_worker_takes_what_was_found_and_searches_again_when_told(
    onnx_file: Path, images: NDArray[np.uint8], images_npy: Path, tmp_path: Path
) -> None:
    first = run(onnx_file, images_npy, tmp_path)
    [kept] = (tmp_path / FOLDER).iterdir()
    document = json.loads(kept.read_text())
    assert document["settings"] == first.settings.to_dict()
    num_threads = min(2, num_usable_cpus())
    planted = {**document, "settings": {"num_threads": num_threads, "num_sessions": 1, "batch_size": 1}}
    kept.write_text(json.dumps(planted))
    assert run(onnx_file, images_npy, tmp_path).settings == SessionSettings(num_threads=num_threads)
    run(onnx_file, images_npy, tmp_path, search_again=True)
    assert "images_per_second" in json.loads(kept.read_text())


@pytest.mark.parametrize("content", ['{"settings"', '{"settings": {"batch_size": 4096}, "images_per_second": 1}'])
def test_a_damaged_or_impossible_file_is_found_again(
    onnx_file: Path, images_npy: Path, tmp_path: Path, content: str
) -> None:
    run(onnx_file, images_npy, tmp_path)
    [kept] = (tmp_path / FOLDER).iterdir()
    kept.write_text(content)
    result = run(onnx_file, images_npy, tmp_path)
    assert result.settings.batch_size == 1
    assert json.loads(kept.read_text())["settings"] == result.settings.to_dict()
