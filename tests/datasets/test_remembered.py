"""Data is found again where this user had it, and believed by its SHA-256 alone."""

from pathlib import Path

import numpy as np
import pytest

from edgekit.datasets import Dataset, DatasetRequest, load_dataset
from edgekit.datasets.own import load_own
from edgekit.datasets.remembered import FOLDER, recall
from edgekit.foundation.errors import UsageError


def write(path: Path, seed: int) -> Path:
    images = np.random.default_rng(seed).integers(0, 256, (6, 4, 4, 3), np.uint8)
    labels = np.arange(6) % 2
    np.savez(path, x_train=images, y_train=labels, x_test=images, y_test=labels)
    return path


def loaded(path: Path, cache: Path) -> Dataset:
    return load_dataset(f"npz:{path}", DatasetRequest(cache_dir=cache))


def entry_of(dataset: Dataset) -> dict[str, object]:
    return {"name": dataset.name, "sha256": dataset.sha256}


def test_data_is_found_again_from_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "arrays.npz", 0)
    dataset = loaded(Path("arrays.npz"), tmp_path / "cache")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    found = recall("npz", dataset.sha256, tmp_path / "cache")
    assert found is not None
    assert found.data == f"npz:{tmp_path / 'arrays.npz'}"
    again = load_own(entry_of(dataset), DatasetRequest(cache_dir=tmp_path / "cache"))
    assert again.sha256 == dataset.sha256


def test_data_that_moved_or_changed_is_a_sentence_with_what_to_type(tmp_path: Path) -> None:
    path, cache = write(tmp_path / "arrays.npz", 0), tmp_path / "cache"
    dataset, request = loaded(path, cache), DatasetRequest(cache_dir=cache)
    moved = path.rename(tmp_path / "moved.npz")
    with pytest.raises(UsageError, match="If it has moved, name its new place: --data npz:PATH"):
        load_own(entry_of(dataset), request)
    write(path, 1)
    with pytest.raises(UsageError, match=r"has changed since the run was made.*or make the run again"):
        load_own(entry_of(dataset), request)
    loaded(moved, cache)
    assert load_own(entry_of(dataset), request).sha256 == dataset.sha256, "the newest place counts"


def test_a_run_of_a_stranger_and_a_damaged_memory_know_no_place(tmp_path: Path) -> None:
    dataset, cache = loaded(write(tmp_path / "arrays.npz", 0), tmp_path / "cache"), tmp_path / "cache"
    for sha256 in ("0" * 64, "../../x", None, 5):
        assert recall("npz", sha256, cache) is None
    (cache / FOLDER / f"{dataset.sha256}.json").write_text('{"data": 5}')
    assert recall("npz", dataset.sha256, cache) is None
    with pytest.raises(UsageError, match="a run does not record where that is on this machine: --data npz:PATH"):
        load_own(entry_of(dataset), DatasetRequest(cache_dir=cache))


def test_a_cache_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    from support.helpers import Listening

    (tmp_path / "cache").write_text("no folder")
    progress = Listening()
    write(tmp_path / "arrays.npz", 0)
    load_dataset(f"npz:{tmp_path / 'arrays.npz'}", DatasetRequest(cache_dir=tmp_path / "cache", progress=progress))
    assert progress.notes[-1].endswith("Pass --data to the next commands too.")


def test_the_same_test_images_in_another_source_are_not_the_data_of_a_run(tmp_path: Path) -> None:
    request = DatasetRequest(cache_dir=tmp_path / "cache")
    digits = load_dataset("digits", request)
    names = np.array(digits.class_names)
    alone, whole = tmp_path / "alone.npz", tmp_path / "whole.npz"
    np.savez(alone, x_test=digits.test.images, y_test=digits.test.labels, class_names=names)
    arrays = {"x_test": digits.test.images, "y_test": digits.test.labels, "class_names": names}
    np.savez(whole, x_train=digits.train.images, y_train=digits.train.labels, **arrays)
    assert loaded(whole, request.cache_dir).sha256 == digits.sha256
    assert loaded(alone, request.cache_dir).sha256 == digits.sha256
    found = recall("npz", digits.sha256, request.cache_dir)
    assert found is not None
    assert found.data == f"npz:{whole}", "test images alone are no place to train"
    assert load_own(entry_of(digits), request).name == "digits"
