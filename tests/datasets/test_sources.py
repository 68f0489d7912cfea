import numpy as np
import pytest

from edgekit.datasets import DATASETS, load_dataset
from edgekit.datasets.sources import describe, list_sources


def status_of(name, cache):
    return next(source.status for source in list_sources(cache) if source.name == name)


def test_every_source_is_listed_in_order(tmp_path):
    assert [source.name for source in list_sources(tmp_path)] == list(DATASETS)


@pytest.mark.parametrize(
    ("file", "status"),
    [
        (None, "not downloaded: 170 MB is downloaded on first use"),
        ("cifar-10-python.tar.gz.part", "20 MB of 170 MB are downloaded: the rest is downloaded on first use"),
        ("cifar-10-python.tar.gz", "downloaded, 170 MB"),
    ],
)
def test_what_is_downloaded_is_said(tmp_path, file, status):
    if file:
        with (tmp_path / file).open("wb") as sparse:
            sparse.truncate(20_000_000)

    assert status_of("cifar10", tmp_path) == status


def test_decoded_images_are_counted(tmp_path):
    assert status_of("folder", tmp_path) == "needs a path"
    (tmp_path / "decoded-images").mkdir()
    np.save(tmp_path / "decoded-images" / "x.npy", np.zeros(3_000_000, np.uint8))

    assert status_of("folder", tmp_path) == "needs a path; 3 MB of decoded images are kept"


def test_a_description_counts_every_class():
    dataset = load_dataset("digits")

    description = describe(dataset)

    assert description["sha256"] == dataset.sha256
    assert description["image_shape"] == [32, 32, 3]
    counts = description["splits"]
    assert sum(part["num_images"] for part in counts.values()) == 1797
    assert all(sum(part["per_class"]) == part["num_images"] for part in counts.values())
