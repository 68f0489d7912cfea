"""What tensorflow-model-optimization has learned in a file from elsewhere reaches the int8 file."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgekit.exporting.keras.loading.model_file import load_model
from edgekit.exporting.keras.trained_ranges import with_fingerprints
from edgekit.foundation.model_optimization import import_libraries
from edgekit.input_range import RAW
from edgekit.quantization.learned_ranges import LearnedRanges, fingerprint_of, probe_images

SHAPE = (8, 8, 3)


def write_trained(path: Path) -> dict[str, tuple[float, float]]:
    """A network of two layers after quantization-aware training, as tfmot saves it; layer -> range of its output."""
    libraries = import_libraries("A test")
    layers, keras2 = libraries.keras2.layers, libraries.keras2
    keras2.utils.set_random_seed(0)
    network = keras2.Sequential(
        [
            keras2.Input(SHAPE),
            layers.Conv2D(4, 3, strides=2, activation="relu", name="conv"),
            layers.Flatten(name="flat"),
            layers.Dense(3, activation="softmax", name="scores"),
        ]
    )
    trained = libraries.tfmot.quantization.keras.quantize_model(network)
    trained.compile("adam", "sparse_categorical_crossentropy")
    images = probe_images(SHAPE).astype(np.float32)
    trained.fit(images, np.array([0, 1]), epochs=3, verbose=0)
    trained.save(path)
    wrapper = trained.get_layer("quant_conv")
    numbers = [weight for weight in wrapper.weights if weight.shape == ()]
    ends = {weight.name.rpartition("/")[2].partition(":")[0]: float(weight.numpy()) for weight in numbers}
    return {"conv": (min(0.0, ends["post_activation_min"]), max(0.0, ends["post_activation_max"]))}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, LearnedRanges, dict[str, tuple[float, float]]]:
    path = tmp_path_factory.mktemp("qat") / "qat.h5"
    expected = write_trained(path)
    loaded = load_model(path)
    return loaded.model, with_fingerprints(loaded.model, loaded.trained_ranges, RAW, SHAPE), expected


def test_each_range_has_the_fingerprint_of_the_tensor_that_it_is_of(
    found: tuple[Any, LearnedRanges, dict[str, tuple[float, float]]],
) -> None:
    model, learned, expected = found
    by_layer = {each.layer: each for each in learned.ranges}
    assert {"conv", "scores"} <= set(by_layer)
    assert (by_layer["conv"].low, by_layer["conv"].high) == pytest.approx(expected["conv"])
    import keras

    images = probe_images(SHAPE).astype(np.float32)
    answers = np.asarray(keras.Model(model.inputs, model.get_layer("conv").output).predict_on_batch(images))
    assert learned.find({"conv": list(answers)})["conv"].layer == "conv"
    assert by_layer["conv"].fingerprint == pytest.approx(fingerprint_of(list(answers)), rel=1e-5)


def test_a_range_before_the_activation_is_of_the_logits(
    found: tuple[Any, LearnedRanges, dict[str, tuple[float, float]]],
) -> None:
    _, learned, _ = found
    logits = [each for each in learned.ranges if each.layer == "scores"]
    assert logits
    assert all(not np.isclose(each.fingerprint[2], 1 / 3) for each in logits[:1]), "probabilities have a mean of 1/3"


def test_a_file_without_such_training_has_none(found: tuple[Any, LearnedRanges, Any]) -> None:
    assert with_fingerprints(found[0], (), RAW, SHAPE).ranges == ()
