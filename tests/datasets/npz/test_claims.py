"""What no data set can be is rejected by the headers of its arrays, before anything is unpacked."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.claims import write_claims

from edgekit.datasets import DatasetRequest, load_dataset
from edgekit.datasets.npz.claims import MAX_CLASSES, MAX_NAME_LENGTH
from edgekit.foundation.errors import DatasetError

IMAGES = np.zeros((40, 4, 4, 3), np.uint8)
LABELS = np.arange(40) % 4

Refused = Callable[..., str]


@pytest.fixture
def refused(tmp_path: Path) -> Refused:
    """`refused(claims=..., x_test=...)`: what is said, within seconds."""

    def load(**arrays: Any) -> str:
        path = write_claims(tmp_path / "data.npz", **arrays)
        start = time.monotonic()
        with pytest.raises(DatasetError) as error:
            load_dataset(f"npz:{path}", DatasetRequest())
        assert time.monotonic() - start < 5
        return str(error.value)

    return load


def test_three_thousand_million_labels_for_forty_images(refused: Refused) -> None:
    said = refused(claims={"y_test": ("<i8", (3_000_000_000,))}, x_test=IMAGES)
    assert "Received 40 images and 3,000,000,000 labels." in said
    said = refused(claims={"y_train": ("<i8", (3_000_000_000,))}, x_test=IMAGES, y_test=LABELS, x_train=IMAGES)
    assert "x_train and y_train" in said


def test_a_hundred_million_labels_of_one_image(refused: Refused) -> None:
    assert "looks one-hot" in refused(claims={"y_test": ("<i8", (40, 100_000_000))}, x_test=IMAGES)


def test_a_hundred_million_class_names(refused: Refused) -> None:
    said = refused(claims={"class_names": ("<U9", (100_000_000,))}, x_test=IMAGES, y_test=LABELS)
    assert f"holds 100,000,000 names for 40 images. Expected one for each class, at most {MAX_CLASSES:,}." in said


def test_a_class_name_of_a_thousand_million_letters(refused: Refused) -> None:
    said = refused(claims={"class_names": ("<U500000000", (4,))}, x_test=IMAGES, y_test=LABELS)
    assert f"has 500,000,000 characters. Expected at most {MAX_NAME_LENGTH:,}." in said


def test_images_that_do_not_fit_into_memory(refused: Refused) -> None:
    claims = {"x_test": ("|u1", (40, 1_000_000, 1_000_000, 3))}
    assert "more than the" in refused(claims=claims, y_test=LABELS)


def test_as_many_names_as_a_file_may_hold_are_read(tmp_path: Path) -> None:
    names = np.array([f"class {number}" for number in range(2_000)])
    np.savez(tmp_path / "data.npz", x_test=IMAGES, y_test=LABELS, class_names=names)
    dataset = load_dataset(f"npz:{tmp_path / 'data.npz'}", DatasetRequest())
    assert len(dataset.class_names) == 2_000


def test_ten_names_of_very_many_that_occur_twice_are_shown(tmp_path: Path) -> None:
    names = np.array([f"class {number // 2}" for number in range(20_000)])
    np.savez(tmp_path / "data.npz", x_test=IMAGES, y_test=LABELS, class_names=names)
    with pytest.raises(DatasetError) as error:
        load_dataset(f"npz:{tmp_path / 'data.npz'}", DatasetRequest())
    assert str(error.value).count("class ") == 10
