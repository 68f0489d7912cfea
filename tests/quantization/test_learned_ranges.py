import json

import numpy as np
import pytest

from edgekit.foundation.errors import RunFolderError
from edgekit.quantization.learned_ranges import LearnedRange, LearnedRanges, fingerprint_of, probe_images


def learned(values, *, layer="conv", low=-1.0, high=2.0):
    return LearnedRange(layer=layer, low=low, high=high, size=values[0].size, fingerprint=fingerprint_of(values))


@pytest.fixture
def tensors():
    rng = np.random.default_rng(0)
    return {name: [rng.normal(0, 1, (4, 4, 3)) for _ in range(2)] for name in ("conv", "pool", "strange")}


@pytest.fixture
def ranges(tensors):
    return LearnedRanges(
        image_shape=(4, 4, 3),
        ranges=(learned(tensors["conv"]), learned(tensors["pool"], layer="pool", low=0.0, high=9.0)),
    )


def test_a_tensor_is_known_by_its_values_in_any_layout_and_by_nothing_else(tensors, ranges):
    turned = {f"file/{name}": [each.transpose(2, 0, 1).ravel() for each in values] for name, values in tensors.items()}
    found = ranges.find(turned)
    assert {name: each.layer for name, each in found.items()} == {"file/conv": "conv", "file/pool": "pool"}


def test_rounding_of_another_runtime_is_allowed_and_a_wrong_weight_is_not(tensors, ranges):
    near = {"near": [each * (1 + 1e-5) + 1e-6 for each in tensors["conv"]]}
    far = {"far": [each * 1.01 for each in tensors["conv"]]}
    part = {"part": [each[:2] for each in tensors["conv"]]}
    assert list(ranges.find({**near, **far, **part})) == ["near"]


def test_the_nearest_of_two_wins(tensors):
    values = tensors["conv"]
    two = LearnedRanges(
        image_shape=(4, 4, 3),
        ranges=(learned([each * 1.0005 for each in values], layer="other"), learned(values, layer="right")),
    )
    assert two.find({"x": values})["x"].layer == "right"


def test_fingerprint_by_hand():
    assert fingerprint_of([np.array([[1.0, -3.0]]), np.array([2.0, 2.0])]) == (-3, 1, -1, 5**0.5, 2, 2, 2, 2)


def test_saved_and_loaded_is_the_same(ranges, tmp_path):
    ranges.save(tmp_path / "ranges.json")
    assert LearnedRanges.load(tmp_path / "ranges.json") == ranges


@pytest.mark.parametrize(
    "spoil",
    [
        lambda document: document.pop("ranges"),
        lambda document: document.update(schema_version=2),
        lambda document: document["ranges"][0].update(low=1.0),
        lambda document: document["ranges"][0].update(high="wide"),
        lambda document: document["ranges"][0].update(high=1e400),
        lambda document: document["ranges"][0].update(fingerprint=[1.0]),
    ],
)
def test_a_damaged_file_is_a_sentence(ranges, tmp_path, spoil):
    ranges.save(tmp_path / "ranges.json")
    document = json.loads((tmp_path / "ranges.json").read_text())
    spoil(document)
    (tmp_path / "ranges.json").write_text(json.dumps(document))
    with pytest.raises(
        RunFolderError, match=r"ranges\.json .*(expected|must be|missing|holds).* run edgekit compress again\."
    ):
        LearnedRanges.load(tmp_path / "ranges.json")


def test_probe_images_are_the_same_for_ever():
    images = probe_images((2, 2, 3))
    assert images.dtype == np.uint8
    assert images.shape == (2, 2, 2, 3)
    assert images.ravel()[:6].tolist() == [(number * 2654435761 >> 16) & 255 for number in range(1, 7)]
