"""What stays in float in an int8 `.tflite` of itself, each rule on a network planted for it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from support.files.tflite_files import run

from edgekit.artifact import Precision
from edgekit.exporting.formats import ExportOptions, TFLiteOptions
from edgekit.exporting.keras.layer_names import LayerNames
from edgekit.exporting.tflite.exporter import TFLiteExporter
from edgekit.exporting.tflite.float_islands import find_islands, kinds_in_words
from edgekit.exporting.tflite.graph import WEIGHTED
from edgekit.foundation.errors import ExportError, UsageError
from edgekit.foundation.keras_setup import import_keras
from edgekit.quantization import CalibrationSet

STRICT = ExportOptions(tflite=TFLiteOptions(strict_int8=True))

both_quantizers = pytest.mark.parametrize("quantizer", ["tensorflow", "ai-edge"])


def network(middle: Callable[[Any], Any]) -> Any:
    """A convolution of 8 channels, 16 x 16, then `middle`, then another convolution and a head."""
    keras = import_keras("the tests", backend="tensorflow")
    keras.utils.set_random_seed(0)
    layers = keras.layers
    pixels = keras.Input((32, 32, 3))
    x = layers.Conv2D(8, 3, strides=2, padding="same", name="stem")(layers.Rescaling(1 / 127.5, offset=-1.0)(pixels))
    x = layers.Conv2D(16, 3, strides=2, padding="same", activation="relu", name="body")(middle(x))
    return keras.Model(pixels, layers.Dense(10, activation="softmax", name="head")(layers.Flatten()(x)))


def int8_file(model: Any, calibration: CalibrationSet, options: ExportOptions | None = None) -> bytes:
    return TFLiteExporter(model, options or ExportOptions()).convert(Precision.INT8, calibration)


def in_float(model: Any, content: bytes) -> str:
    return kinds_in_words(find_islands(content, LayerNames(model)))


def layer(kind: str, **settings: Any) -> Any:
    return getattr(import_keras("the tests", backend="tensorflow").layers, kind)(**settings)


def pointwise(x: Any) -> Any:
    return layer("Conv2D", filters=8, kernel_size=1)(x)


def dense_with(activation: str) -> Callable[[Any], Any]:
    return lambda x: layer("Dense", units=8, activation=activation, name="mixer")(x)


def by_hand(x: Any) -> Any:
    ops = import_keras("the tests", backend="tensorflow").ops
    return x * ops.rsqrt(ops.mean(ops.square(x), axis=-1, keepdims=True) + 1e-6)


CASES = {
    "LayerNormalization": (lambda x: layer("LayerNormalization")(x), "LayerNormalization, Conv2D"),
    "GroupNormalization": (lambda x: layer("GroupNormalization", groups=2)(x), "GroupNormalization, Conv2D"),
    "RMSNormalization": (lambda x: layer("RMSNormalization")(x), "RMSNormalization, Conv2D"),
    "ELU": (lambda x: layer("ELU")(x), "ELU"),
    "softplus of an Activation": (lambda x: layer("Activation", activation="softplus")(x), "softplus"),
    "softplus of a Dense layer": (dense_with("softplus"), "softplus"),
    "mish": (lambda x: layer("Activation", activation="mish")(x), "mish"),
    "selu": (lambda x: layer("Activation", activation="selu")(x), "selu"),
    "log_sigmoid": (lambda x: layer("Activation", activation="log_sigmoid")(x), "log_sigmoid"),
    "softsign": (lambda x: layer("Activation", activation="softsign")(x), "softsign"),
    "no layer at all": (by_hand, "MUL, ADD, RSQRT, MEAN, SQUARE, Conv2D"),
    "two alike": (
        lambda x: layer("LayerNormalization")(
            layer("Conv2D", filters=8, kernel_size=1)(layer("LayerNormalization")(x))
        ),
        "LayerNormalization x 2, Conv2D",
    ),
    "a sum before": (
        lambda x: layer("LayerNormalization")(layer("Add")([x, pointwise(x)])),
        "LayerNormalization, Add, Conv2D",
    ),
    "gelu": (dense_with("gelu"), ""),
    "silu": (dense_with("silu"), ""),
    "hard_silu": (dense_with("hard_silu"), ""),
    "celu": (dense_with("celu"), ""),
    "a constant divisor": (lambda x: layer("ReLU")(x / 3.0), ""),
}


@pytest.mark.parametrize("case", CASES)
def test_what_loses_its_meaning_in_256_steps_stays_in_float(case: str, calibration: CalibrationSet) -> None:
    middle, expected = CASES[case]
    model = network(middle)
    content = int8_file(model, calibration)
    assert sorted(in_float(model, content).split(", ")) == sorted(expected.split(", "))
    heavy = {each.layers for each in find_islands(content, LayerNames(model)) if each.operator in WEIGHTED}
    assert heavy == ({("stem",)} if "Conv2D" in expected else set()), "what takes time is integer"


@both_quantizers
@pytest.mark.parametrize("case", ["LayerNormalization", "softplus of a Dense layer", "mish", "selu", "no layer at all"])
def test_the_file_answers_as_the_float_network(
    case: str, quantizer: str, calibration: CalibrationSet, images: NDArray[np.uint8]
) -> None:
    model = network(CASES[case][0])
    content = int8_file(model, calibration, ExportOptions(tflite=TFLiteOptions(quantizer=quantizer)))
    expected = np.asarray(model(images.astype(np.float32), training=False))
    assert np.ptp(expected, axis=0).max() > 0.02, "it does not give the same for every image"
    differences = np.abs(run(content, images) - expected)
    assert differences.mean() < 0.002, "half a step of 1 / 256; rounding the result alone costs a quarter of one"
    assert np.quantile(differences, 0.99) < 2 / 256


def test_a_second_export_makes_the_same_bytes_with_other_networks_between(calibration: CalibrationSet) -> None:
    model = network(CASES["two alike"][0])
    first = int8_file(model, calibration)
    int8_file(network(CASES["a sum before"][0]), calibration)
    assert int8_file(model, calibration) == first


@pytest.mark.parametrize(
    ("case", "named"),
    [
        ("softplus of a Dense layer", r"softplus would lose its meaning in 256 steps.*\(layer mixer\).*ReLU for ELU"),
        ("ELU", r"ELU would lose"),
        (
            "LayerNormalization",
            r"LayerNormalization would lose.*\(layer layer_normalization\w*\).*BatchNormalization for L",
        ),
        ("two alike", r"LayerNormalization x 2 would lose.*\(layer layer_normalization\w*, layer_normalization\w*\)"),
        ("a sum before", r"LayerNormalization would lose"),
    ],
)
@both_quantizers
def test_strict_int8_rejects_it(case: str, named: str, quantizer: str, calibration: CalibrationSet) -> None:
    options = ExportOptions(tflite=TFLiteOptions(strict_int8=True, quantizer=quantizer))
    with pytest.raises(ExportError, match=rf"No int8 file without float operators can be made: {named}"):
        int8_file(network(CASES[case][0]), calibration, options)


def test_int16x8_rejects_a_softplus_of_large_numbers(calibration: CalibrationSet) -> None:
    """exp 10 is 22,026: a step of 16 bits is more than half of the 1 that is added to it."""

    def softplus(factor: float) -> Callable[[Any], Any]:
        return lambda x: layer("Activation", activation="softplus", name="soft")(
            layer("ReLU", max_value=10)(x * factor)
        )

    large, small = (TFLiteExporter(network(softplus(each)), ExportOptions()) for each in (1000.0, 0.1))
    with pytest.raises(
        ExportError, match=r"No int16x8 file .*softplus would lose its meaning in 16 bits.*\(layer soft\)"
    ):
        large.convert(Precision.INT16X8, calibration)
    assert small.convert(Precision.INT16X8, calibration)


def test_strict_int8_of_a_network_that_needs_no_float_is_the_file_without_it(calibration: CalibrationSet) -> None:
    model = network(CASES["silu"][0])
    exporter = TFLiteExporter(model, STRICT)
    content = exporter.convert(Precision.INT8, calibration)
    assert content == exporter.with_options(ExportOptions()).convert(Precision.INT8, calibration)
    assert in_float(model, content) == ""


def test_strict_int8_and_a_part_in_float_contradict_each_other() -> None:
    with pytest.raises(UsageError, match="--strict-int8 keeps nothing in float, and --float-head asks"):
        ExportOptions(tflite=TFLiteOptions(strict_int8=True, float_head=True))
