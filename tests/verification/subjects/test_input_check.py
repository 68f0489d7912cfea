"""The input check of external models: each classic fault is named, a healthy model is left alone."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.models.external_models import (
    CLASSES,
    Linear,
    classifier,
    colours,
    reordered,
    wanting,
    wanting_bgr,
    wanting_wrapped_bytes,
    write_colours,
    write_int8_tflite,
    write_onnx,
)

from edgekit.datasets import Dataset
from edgekit.datasets.splits import empty_split
from edgekit.execution.model_interface import ModelInterface
from edgekit.input_range import InputEncoding
from edgekit.verification.request import ExternalModelOptions
from edgekit.verification.subjects.input_check import (
    Answers,
    Sample,
    alternatives_to,
    clearly_better,
    find_mistake,
    open_sample,
)
from edgekit.verification.subjects.option_names import OptionNames, of_reference

OF_REFERENCE = of_reference(ExternalModelOptions(), is_candidate_too=False)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    path = tmp_path_factory.mktemp("colours") / "colours.npz"
    write_colours(path)
    return colours(path)


@pytest.fixture(scope="module")
def sample(dataset: Dataset) -> Iterator[Sample]:
    with open_sample(dataset.train, dataset.class_names) as opened:
        assert opened is not None
        yield opened


@pytest.fixture(scope="module")
def linear(dataset: Dataset) -> Linear:
    return classifier(dataset)


def mistake_of(
    model: Path, sample: Sample, interface: ModelInterface | None = None, **options: OptionNames
) -> str | None:
    runtime = "onnxruntime" if model.suffix == ".onnx" else "litert-xnnpack"
    return find_mistake(runtime, model, interface or ModelInterface(), sample, **options)


def test_the_sample_is_200_training_images_and_none_where_there_are_none(dataset: Dataset, sample: Sample) -> None:
    images = np.load(sample.images_npy)
    assert len(images) == len(sample.labels) == 200
    assert np.bincount(sample.labels).tolist() == [50, 50, 50, 50]
    training = {image.tobytes() for image in dataset.train.images}
    assert all(image.tobytes() in training for image in images)
    with open_sample(empty_split(8, 8), CLASSES) as nothing:
        assert nothing is None


def test_a_healthy_model_is_left_alone(sample: Sample, linear: Linear, tmp_path: Path) -> None:
    assert mistake_of(write_onnx(tmp_path / "a.onnx", linear), sample) is None


def test_a_missing_division_by_255_is_named(sample: Sample, linear: Linear, tmp_path: Path) -> None:
    model = write_onnx(tmp_path / "a.onnx", wanting(linear, scale=1 / 255))
    found = mistake_of(model, sample)
    assert found is not None
    assert found.endswith("with 0..1: did you mean --input-range 0..1?")
    assert re.search(r"On 200 training images its accuracy is 7\d\.\d % as given and \d\d\.\d % with", found)
    said = ModelInterface(encoding=InputEncoding.parse("0..1"))
    assert mistake_of(model, sample, said) is None
    raw = write_onnx(tmp_path / "raw.onnx", linear)
    assert "did you mean --reference-input-range 0..255?" in str(mistake_of(raw, sample, said, options=OF_REFERENCE))


def test_bgr_for_rgb_is_named(sample: Sample, linear: Linear, tmp_path: Path) -> None:
    model = write_onnx(tmp_path / "a.onnx", wanting_bgr(linear), channels_first=True, batch=1)
    assert str(mistake_of(model, sample)).endswith("with BGR instead of RGB: did you mean --channel-order bgr?")


def test_bytes_fed_as_int8_are_named(sample: Sample, linear: Linear, tmp_path: Path) -> None:
    right = write_int8_tflite(tmp_path / "right.tflite", linear, scale=1.0, zero_point=-128)
    assert mistake_of(right, sample) is None
    wrapped = write_int8_tflite(tmp_path / "wrapped.tflite", wanting_wrapped_bytes(linear), scale=1.0, zero_point=0)
    assert "(the zero point ignored): did you mean --input-range bytes?" in str(mistake_of(wrapped, sample))
    shifted = wanting(linear, offset=-128.0)
    no_zero_point = write_int8_tflite(tmp_path / "shifted.tflite", shifted, scale=1.0, zero_point=0)
    assert "did you mean --input-range -128..127?" in str(mistake_of(no_zero_point, sample))


def test_classes_in_another_order_are_named(sample: Sample, linear: Linear, tmp_path: Path) -> None:
    model = write_onnx(tmp_path / "a.onnx", reordered(linear, [3, 0, 1, 2]))
    found = mistake_of(model, sample)
    assert found is not None
    assert "did you mean --labels FILE?" in found
    assert "It gives 'red' as 'green'" in found
    assert "Its order seems to be 'dark', 'red', 'green', 'blue'" in found
    assert mistake_of(model, sample, ModelInterface(order=(1, 2, 3, 0))) is None
    wrong = ModelInterface(order=(2, 1, 3, 0))
    assert "Its order seems to be 'dark', 'red', 'green', 'blue'" in str(mistake_of(model, sample, wrong))


def test_two_faults_at_once_are_named_together(sample: Sample, linear: Linear, tmp_path: Path) -> None:
    model = write_onnx(tmp_path / "a.onnx", reordered(wanting(linear, scale=2 / 255, offset=-1.0), [1, 0, 2, 3]))
    assert "did you mean --input-range -1..1 --labels FILE?" in str(mistake_of(model, sample))


def test_a_broken_file_gives_no_advice(sample: Sample, tmp_path: Path) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"no model at all")
    assert mistake_of(path, sample) is None


def test_an_order_fitted_to_noise_is_no_better_way() -> None:
    labels = np.arange(200) % 50
    predicted = np.random.default_rng(0).integers(0, 50, 200)
    sample = Sample(images_npy=Path("unused"), labels=labels, class_names=tuple(map(str, range(50))))
    assert clearly_better([Answers(encoding=InputEncoding(), predicted=predicted, cross_entropy=4.0)], sample) is None


def test_pixels_that_make_the_scores_nearly_constant_are_no_way_to_feed_a_model() -> None:
    """A third of the images is of one class, which the model names for all of them when it is fed 0 to 1."""
    labels = np.r_[np.zeros(70, np.int64), np.arange(130) % 10]
    sample = Sample(images_npy=Path("unused"), labels=labels, class_names=tuple(map(str, range(10))))
    useless = Answers(
        encoding=InputEncoding(), predicted=np.random.default_rng(0).integers(0, 10, 200), cross_entropy=9.0
    )
    constant = Answers(encoding=InputEncoding.parse("0..1"), predicted=np.zeros(200, np.int64), cross_entropy=2.4)
    assert clearly_better([useless, constant], sample) is None
    informed = replace(constant, cross_entropy=1.9)
    found = clearly_better([useless, informed], sample)
    assert found is not None
    assert found.encoding.range_text == "0..1"


def test_of_very_many_classes_no_order_is_looked_for() -> None:
    """A table of 12,000 by 12,000 would take a gigabyte for each way to feed the model."""
    names = tuple(map(str, range(12_000)))
    sample = Sample(images_npy=Path("unused"), labels=np.arange(200), class_names=names)
    shifted = Answers(encoding=InputEncoding(), predicted=np.arange(200) + 1, cross_entropy=20.0)
    assert clearly_better([shifted], sample) is None


def test_the_alternatives_hold_every_usual_way_once_and_not_the_given_one() -> None:
    ways = [(way.range_text, way.channel_order) for way in alternatives_to(InputEncoding.parse("0..1"))]
    assert len(ways) == len(set(ways))
    assert {("0..255", "rgb"), ("-1..1", "rgb"), ("bytes", "rgb"), ("0..1", "bgr"), ("-128..127", "rgb")} <= set(ways)
    assert ("0..1", "rgb") not in ways


def test_gray_images_have_no_order_of_channels_and_one_mean() -> None:
    for way in alternatives_to(InputEncoding(), channels=1):
        assert way.channel_order == "rgb"
        assert way.as_bytes or way.input_range.is_uniform
    assert any(way.range_text == "mean=0.1307,std=0.3081" for way in alternatives_to(InputEncoding(), channels=1))
