from typing import Any

import numpy as np
import pytest

from edgekit.exporting.formats import ExportOptions
from edgekit.exporting.keras.classifier import as_classifier, exported_graph
from edgekit.foundation.errors import ExportError
from edgekit.input_range import InputRange

SHAPE = (32, 32, 3)


@pytest.fixture(scope="module")
def keras() -> Any:
    from support.keras_models import import_keras

    return import_keras("the tests", backend="tensorflow")


def dense_end(keras: Any, pixels: Any, units: int, activation: str = "softmax") -> Any:
    return keras.layers.Dense(units, activation=activation)(keras.layers.GlobalAveragePooling2D()(pixels))


def noise() -> Any:
    return np.random.default_rng(0).uniform(0, 255, (4, *SHAPE)).astype(np.float32)


def test_a_log_softmax_becomes_a_softmax(keras: Any) -> None:
    pixels = keras.Input(SHAPE)
    scores = dense_end(keras, pixels, 10, "log_softmax")
    classifier, adds_softmax = as_classifier(keras.Model(pixels, scores), SHAPE, 10)
    answers = np.asarray(classifier(noise()))
    assert adds_softmax
    assert np.allclose(answers, np.exp(np.asarray(keras.Model(pixels, scores)(noise()))), atol=1e-5)


def test_a_model_that_was_never_built_is_called_so(keras: Any) -> None:
    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(10)], name="mine")
    with pytest.raises(ExportError, match="'mine' was saved before it was built"):
        as_classifier(model, SHAPE, 10)


def test_a_class_of_its_own_is_not_called_unbuilt(keras: Any) -> None:
    class Own(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.dense = keras.layers.Dense(10, activation="softmax")

        def call(self, pixels: Any) -> Any:
            return self.dense(keras.ops.mean(pixels, axis=(1, 2)))

    model = Own()
    model(noise())
    with pytest.raises(
        ExportError, match=r"\(Own\) is a subclass of keras\.Model.*keras\.Model\(inputs, model\.call\(inputs\)\)"
    ):
        as_classifier(model, SHAPE, 10)
    inputs = keras.Input(SHAPE)
    assert as_classifier(keras.Model(inputs, model.call(inputs)), SHAPE, 10)[0].outputs[0].shape == (None, 10)


def test_a_model_that_keras_has_quantized_is_refused(keras: Any) -> None:
    pixels = keras.Input(SHAPE)
    model = keras.Model(pixels, dense_end(keras, pixels, 10))
    model.quantize("int8")
    with pytest.raises(ExportError, match=r"'dense\w*' was quantized by Keras, model\.quantize\('int8'\)"):
        as_classifier(model, SHAPE, 10)


def test_a_classifier_stays_as_it_is(keras: Any) -> None:
    pixels = keras.Input(SHAPE)
    model = keras.Model(pixels, dense_end(keras, pixels, 10))
    assert as_classifier(model, SHAPE, 10) == (model, False)


def test_logits_get_a_softmax(keras: Any) -> None:
    pixels = keras.Input(SHAPE)
    model = keras.Model(pixels, dense_end(keras, pixels, 10, "linear"))
    classifier, adds_softmax = as_classifier(model, SHAPE, 10)
    assert adds_softmax
    expected = keras.ops.softmax(model(noise()))
    assert np.allclose(classifier(noise()), expected, atol=1e-6)


@pytest.mark.parametrize("end", ["layer", "activation", "nested", "average", "reshape"])
def test_probabilities_are_known_however_the_model_ends(keras: Any, end: str) -> None:
    layers, pixels = keras.layers, keras.Input(SHAPE)
    logits = dense_end(keras, pixels, 10, "linear")
    if end == "layer":
        scores = layers.Softmax()(logits)
    elif end == "activation":
        scores = layers.Activation("linear")(layers.Activation("softmax")(logits))
    elif end == "average":
        scores = layers.Average()([layers.Softmax()(logits), dense_end(keras, pixels, 10)])
    elif end == "reshape":
        scores = layers.Reshape((10,))(layers.Dropout(0.5)(layers.Softmax()(logits)))
    else:
        inner = keras.Input(SHAPE)
        scores = keras.Model(inner, dense_end(keras, inner, 10))(pixels)
    assert not as_classifier(keras.Model(pixels, scores), SHAPE, 10)[1]


@pytest.mark.parametrize("end", ["dense", "layer", "operation", "activation", "nested", "added"])
def test_logits_are_what_the_softmax_was_given(keras: Any, end: str) -> None:
    layers, pixels = keras.layers, keras.Input(SHAPE)
    logits = dense_end(keras, pixels, 10, "linear")
    if end == "dense":
        model = keras.Model(pixels, dense_end(keras, pixels, 10))
    elif end == "nested":
        inner = keras.Input(SHAPE)
        model = keras.Model(pixels, keras.Model(inner, dense_end(keras, inner, 10))(pixels))
    elif end == "added":
        model, _ = as_classifier(keras.Model(pixels, logits), SHAPE, 10)
    else:
        ends = {"layer": layers.Softmax(), "operation": keras.ops.softmax, "activation": layers.Activation("softmax")}
        model = keras.Model(pixels, ends[end](logits))
    before = np.asarray(model(noise()))
    graph = exported_graph(model, ExportOptions(output="logits"), batch=None)
    given = np.asarray(graph(noise()))
    assert np.abs(given.sum(axis=1) - 1).min() > 1e-3
    assert np.allclose(keras.ops.softmax(given), before, atol=1e-6)
    assert np.array_equal(np.asarray(model(noise())), before), "the model itself must stay as it is"


def test_a_model_without_softmax_at_its_end_has_no_logits(keras: Any) -> None:
    pixels = keras.Input(SHAPE)
    model = keras.Model(pixels, dense_end(keras, pixels, 10, "sigmoid"))
    with pytest.raises(ExportError, match=r"ends in 'dense\w*' \(Dense\), not in a softmax"):
        exported_graph(model, ExportOptions(output="logits"), batch=None)


def test_an_open_size_is_filled_in(keras: Any) -> None:
    pixels = keras.Input((None, None, 3))
    model = keras.Model(pixels, dense_end(keras, pixels, 10))
    classifier, _ = as_classifier(model, SHAPE, 10)
    assert tuple(classifier.inputs[0].shape) == (None, *SHAPE)


def test_mixed_precision_becomes_float32(keras: Any) -> None:
    with_half = keras.Sequential(
        [
            keras.Input(SHAPE),
            keras.layers.Conv2D(4, 3, dtype="mixed_float16"),
            keras.layers.GlobalAveragePooling2D(dtype="mixed_float16"),
            keras.layers.Dense(10, activation="softmax", dtype="float32"),
        ]
    )
    classifier, _ = as_classifier(with_half, SHAPE, 10)
    assert {layer.compute_dtype for layer in classifier.layers} == {"float32"}
    assert np.abs(np.asarray(classifier(noise())) - np.asarray(with_half(noise()))).max() < 0.1


@pytest.mark.parametrize("dtype", ["float32", "mixed_float16"])
def test_adapted_statistics_go_along(keras: Any, dtype: str) -> None:
    normalization, pixels = keras.layers.Normalization(), keras.Input(SHAPE)
    normalization.adapt(noise() / 2 + 100)
    tail = keras.layers.GlobalAveragePooling2D(dtype=dtype)(normalization(pixels))
    model = keras.Model(pixels, keras.layers.Dense(10, activation="softmax", dtype="float32")(tail))
    expected = np.asarray(model(noise()))
    classifier, _ = as_classifier(model, SHAPE, 10)
    assert np.abs(np.asarray(classifier(noise())) - expected).max() < 1e-2
    logits = exported_graph(classifier, ExportOptions(output="logits"), batch=None)(noise())
    assert np.abs(np.asarray(keras.ops.softmax(logits)) - expected).max() < 1e-2


def test_the_input_range_is_built_in(keras: Any) -> None:
    pixels = keras.Input(SHAPE)
    model = keras.Model(pixels, dense_end(keras, pixels, 10))
    wanted = InputRange.parse("mean=0.4/0.5/0.6,std=0.2/0.3/0.4")
    graph = exported_graph(model, ExportOptions(input_range=wanted), batch=None)
    scaled = noise() * np.array(wanted.scale, np.float32) + np.array(wanted.offset, np.float32)
    assert np.allclose(graph(noise()), model(scaled), atol=1e-5)


def test_nan_in_the_weights_is_refused_and_its_layer_named(keras: Any) -> None:
    pixels = keras.Input(SHAPE)
    broken = keras.layers.Dense(10, activation="softmax", name="diverged")
    model = keras.Model(pixels, broken(keras.layers.GlobalAveragePooling2D()(pixels)))
    kernel, bias = broken.get_weights()
    kernel[1, 2] = np.nan
    broken.set_weights([kernel, bias])
    with pytest.raises(ExportError, match=r"'diverged/kernel' hold NaN or infinity \(1 of 30 values\)"):
        as_classifier(model, SHAPE, 10)


def test_a_model_of_another_kind_is_refused_with_its_shape(keras: Any) -> None:
    layers, pixels, grey = keras.layers, keras.Input(SHAPE), keras.Input((32, 32, 1))
    words, four = keras.Input((), dtype="string"), keras.Input((32, 32, 4))
    both = layers.Concatenate()([pixels, grey])
    cases = [
        (keras.Model([pixels, grey], dense_end(keras, both, 10)), r"2 inputs .*Expected an image classifier"),
        (
            keras.Model(pixels, [dense_end(keras, pixels, 10), dense_end(keras, pixels, 3)]),
            r"2 outputs.*Expected an image classifier",
        ),
        (keras.Model(grey, dense_end(keras, grey, 10)), "takes gray images; the data set's are RGB"),
        (keras.Model(four, dense_end(keras, four, 10)), r"\(None, 32, 32, 4\). This is not supported"),
        (keras.Model(words, layers.Hashing(10)(words)), r"string of shape \(None,\). This is not supported"),
        (
            keras.Model(pixels, layers.Conv2D(10, 3)(pixels)),
            r"output of shape \(None, 30, 30, 10\). This is not supported",
        ),
        (keras.Model(pixels, dense_end(keras, pixels, 7)), "gives 7 scores; the data set has 10 classes"),
        (keras.Model(pixels, dense_end(keras, pixels, 1, "sigmoid")), "One score is for two classes"),
    ]
    for model, message in cases:
        with pytest.raises(ExportError, match=message):
            as_classifier(model, SHAPE, 10)
    with pytest.raises(ExportError, match="takes images of 32 x 32; the data set's are 28 x 28"):
        as_classifier(keras.Model(pixels, dense_end(keras, pixels, 10)), (28, 28, 3), 10)
