"""What tensorflow-model-optimization has learned in a file from elsewhere reaches the int8 file."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgekit
from edgekit.exporting.checking.check import run_file
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


@pytest.mark.slow
def test_a_network_that_was_trained_elsewhere_exports_with_the_ranges_that_it_learned(tmp_path: Path) -> None:
    """Trained on digits with tfmot's quantization; one range is then widened, so that calibration cannot give it."""
    from support import keras_models

    dataset = keras_models.first_images(keras_models.digits(), name="digits", train=960, validation=100, test=200)
    libraries = import_libraries("A test")
    layers, keras2 = libraries.keras2.layers, libraries.keras2
    keras2.utils.set_random_seed(0)
    network = keras2.Sequential(
        [
            keras2.Input((32, 32, 3)),
            layers.Conv2D(8, 3, strides=4, activation="relu", name="conv"),
            layers.Flatten(name="flat"),
            layers.Dense(10, activation="softmax", name="scores"),
        ]
    )
    trained = libraries.tfmot.quantization.keras.quantize_model(network)
    trained.compile(keras2.optimizers.Adam(3e-3), "sparse_categorical_crossentropy")
    images, labels = dataset.train.images.astype(np.float32) / 255, dataset.train.labels
    trained.fit(images, labels, batch_size=32, epochs=6, verbose=0)
    low, high = (
        next(each for each in trained.get_layer("quant_conv").weights if f"post_activation_{end}" in each.name)
        for end in ("min", "max")
    )
    high.assign(1.5 * high)
    trained.save(tmp_path / "qat.h5")
    expected = trained.predict(dataset.test.images.astype(np.float32) / 255, verbose=0)

    report = edgekit.export(
        tmp_path / "qat.h5",
        data=dataset,
        precisions=["int8"],
        input_range="0..1",
        calibration_images=60,
        out=tmp_path / "run",
    )
    assert {each.artifact.format.value for each in report.files} == {"tflite", "onnx"}
    for each in report.files:
        assert np.isclose(scales_of(each.artifact.path), float(high - low) / 255, rtol=1e-3).any(), each
        scores, _ = run_file(each.artifact.path, each.artifact.format, dataset.test.images)
        assert (scores.argmax(axis=1) == expected.argmax(axis=1)).mean() > 0.96, each


def scales_of(path: Path) -> list[float]:
    """The quantization steps of the activations of a file."""
    if path.suffix == ".onnx":
        import onnx

        graph = onnx.load(path).graph
        constants = {each.name: onnx.numpy_helper.to_array(each) for each in graph.initializer}
        return [float(constants[node.input[1]]) for node in graph.node if node.op_type == "QuantizeLinear"]
    from ai_edge_litert.interpreter import Interpreter

    return [each["quantization"][0] for each in Interpreter(str(path)).get_tensor_details()]
