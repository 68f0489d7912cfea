from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from support.files.tflite_files import interpreter_of, run

from edgekit.artifact import Precision
from edgekit.exporting.formats import ExportOptions, TFLiteOptions
from edgekit.exporting.tflite.exporter import TFLiteExporter
from edgekit.exporting.tflite.float_islands import Island
from edgekit.exporting.tflite.integer_check import check_islands
from edgekit.foundation.errors import CalibrationError, ExportError
from edgekit.foundation.keras_setup import import_keras
from edgekit.quantization import CalibrationSet

Images = NDArray[np.uint8]
Scores = NDArray[np.float32]


@pytest.fixture(scope="module")
def exporter(model: Any) -> TFLiteExporter:
    return TFLiteExporter(model, ExportOptions())


@pytest.fixture(scope="module")
def contents(exporter: TFLiteExporter, calibration: CalibrationSet) -> dict[Precision, bytes]:
    return {precision: exporter.convert(precision, calibration) for precision in exporter.precisions}


@pytest.mark.parametrize(
    ("precision", "tolerance"),
    [
        (Precision.FLOAT32, 1e-4),
        (Precision.FLOAT16, 0.01),
        (Precision.DYNAMIC, 0.1),
        (Precision.INT8, 0.2),
        (Precision.INT16X8, 0.2),  # as int8, its ranges end where the calibration images end
    ],
)
def test_every_precision_answers_as_keras_does(
    contents: dict[Precision, bytes], images: Images, reference: Scores, precision: Precision, tolerance: float
) -> None:
    scores = run(contents[precision], images)
    assert np.abs(scores - reference).max() < tolerance
    assert (scores.argmax(1) == reference.argmax(1)).mean() > 0.9
    assert np.ptp(scores, axis=0).max() > 0.5


def test_sizes_fall_with_the_precision(contents: dict[Precision, bytes]) -> None:
    sizes = [len(contents[each]) for each in (Precision.FLOAT32, Precision.FLOAT16, Precision.DYNAMIC)]
    assert sizes == sorted(sizes, reverse=True)
    assert len(contents[Precision.INT8]) < 0.4 * sizes[0]


def test_int8_takes_a_cameras_bytes_and_gives_steps_of_a_256th(contents: dict[Precision, bytes]) -> None:
    interpreter = interpreter_of(contents[Precision.INT8])
    wanted, given = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    assert (wanted["dtype"], wanted["quantization"]) == (np.uint8, (1.0, 0))
    assert (given["dtype"], given["quantization"]) == (np.uint8, (1 / 256, 0))
    assert tuple(wanted["shape_signature"]) == (1, 32, 32, 3)
    assert {each["dtype"] for each in interpreter.get_tensor_details()} <= {np.uint8, np.int8, np.int32}


def test_names_are_those_that_we_promise(contents: dict[Precision, bytes]) -> None:
    for content in contents.values():
        signature = interpreter_of(content).get_signature_list()
        assert signature == {"serving_default": {"inputs": ["pixels"], "outputs": ["scores"]}}


def test_nothing_of_this_machine_stands_in_the_file(contents: dict[Precision, bytes]) -> None:
    import tempfile

    for content in contents.values():
        assert tempfile.gettempdir().encode() not in content
        assert str(Path.home()).encode() not in content


def test_a_second_exporter_makes_the_same_bytes(
    model: Any, contents: dict[Precision, bytes], calibration: CalibrationSet
) -> None:
    assert TFLiteExporter(model, ExportOptions()).convert(Precision.INT8, calibration) == contents[Precision.INT8]


@pytest.mark.parametrize("io", ["int8", "float32"])
def test_other_inputs_and_outputs(
    model: Any, calibration: CalibrationSet, images: Images, reference: Scores, io: str
) -> None:
    content = TFLiteExporter(model, ExportOptions(tflite=TFLiteOptions(io=io))).convert(Precision.INT8, calibration)
    wanted = interpreter_of(content).get_input_details()[0]
    assert wanted["dtype"] == np.dtype(io)
    if io == "int8":
        assert wanted["quantization"] == (1.0, np.iinfo(np.int8).min)
    assert np.abs(run(content, images) - reference).max() < 0.2


@pytest.mark.parametrize("batch", [4, None])
def test_other_batches(
    model: Any, calibration: CalibrationSet, images: Images, reference: Scores, batch: int | None
) -> None:
    content = TFLiteExporter(model, ExportOptions(tflite=TFLiteOptions(batch=batch))).convert(
        Precision.INT8, calibration
    )
    assert interpreter_of(content).get_input_details()[0]["shape_signature"][0] == (batch or -1)
    assert np.abs(run(content, images, batch or 1) - reference).max() < 0.2


def test_int8_without_images_is_refused(exporter: TFLiteExporter) -> None:
    with pytest.raises(CalibrationError, match="training split"):
        exporter.convert(Precision.INT8, None)


def test_an_operator_without_an_integer_form_is_named(calibration: CalibrationSet) -> None:
    from support.keras_models import import_keras, plain_network

    network = plain_network(middle=import_keras().layers.ELU(name="soft"))
    exporter = TFLiteExporter(network, ExportOptions(tflite=TFLiteOptions(strict_int8=True)))
    assert len(exporter.convert(Precision.FLOAT32, None)) > 1000
    with pytest.raises(ExportError, match=r"ELU would lose .*no integer form \(layer soft\)"):
        exporter.convert(Precision.INT8, calibration)
    with pytest.raises(ExportError, match="no int16x8 form of ELU"):
        exporter.convert(Precision.INT16X8, calibration)


@pytest.mark.parametrize("quantizer", ["tensorflow", "ai-edge"])
def test_a_layer_that_is_called_twice_adds_its_bias_at_both_scales_in_int16x8(
    quantizer: str, calibration: CalibrationSet, images: Images
) -> None:
    """TensorFlow 2.21 writes one bias for both calls, at the scale of the first: the second added 7 times as much."""
    keras = import_keras("a test", backend="tensorflow")
    keras.utils.set_random_seed(0)
    uniform, layers = keras.initializers.RandomUniform, keras.layers
    shared = layers.Dense(
        48, activation="relu", bias_initializer=uniform(0.5, 1.0), kernel_initializer=uniform(-1.0, 1.0)
    )
    pixels = keras.Input((32, 32, 3))
    x = layers.Flatten()(layers.AveragePooling2D(8)(layers.Rescaling(1 / 255)(pixels)))
    scores = layers.Dense(10, activation="softmax", kernel_initializer=uniform(-0.02, 0.02))(shared(shared(x)))
    network = keras.Model(pixels, scores)
    options = ExportOptions(tflite=TFLiteOptions(quantizer=quantizer))
    content = TFLiteExporter(network, options).convert(Precision.INT16X8, calibration)
    expected = np.asarray(network(images.astype(np.float32)))
    assert np.abs(run(content, images) - expected).max() < 0.01, "it was 0.07"


@pytest.mark.parametrize("precision", [Precision.INT8, Precision.INT16X8])
def test_a_loop_is_named_before_it_ends_the_process(precision: Precision, calibration: CalibrationSet) -> None:
    """TensorFlow's quantizer of int16x8 dies of a segmentation fault on it; no float layer would help int8."""
    keras = import_keras("a test")
    pixels = keras.Input((32, 32, 3))
    rows = keras.layers.Reshape((32, 96))(pixels)
    scores = keras.layers.Dense(10, activation="softmax")(keras.layers.GRU(4, name="reader")(rows))
    exporter = TFLiteExporter(keras.Model(pixels, scores), ExportOptions())
    with pytest.raises(ExportError, match=rf"No {precision} file can be made: WHILE \(layer reader\) .*unroll=True"):
        exporter.convert(precision, calibration)


def test_a_flex_operator_is_named_with_its_layer_and_kept_when_asked_for() -> None:
    from support.keras_models import import_keras, plain_network

    enlarge = import_keras().layers.UpSampling2D(interpolation="bicubic", name="enlarge")
    network = plain_network(middle=enlarge)
    with pytest.raises(ExportError, match=r"ResizeBicubic \(layer enlarge\).*--allow-flex"):
        TFLiteExporter(network, ExportOptions()).convert(Precision.FLOAT32, None)
    content = TFLiteExporter(network, ExportOptions(tflite=TFLiteOptions(allow_flex=True))).convert(
        Precision.FLOAT32, None
    )
    assert b"FlexResizeBicubic" in content


def test_an_activation_that_overflows_is_a_sentence_and_no_crash(calibration: CalibrationSet) -> None:
    from support.keras_models import import_keras, plain_network

    network = plain_network(first="nothing", middle=import_keras().layers.Activation("selu"))
    first = network.layers[1]
    first.set_weights([each * 100 for each in first.get_weights()])
    with pytest.raises(CalibrationError, match="no int8 range can hold"):
        TFLiteExporter(network, ExportOptions()).convert(Precision.INT8, calibration)


@pytest.mark.parametrize("quantizer", ["tensorflow", "ai-edge"])
def test_a_minimum_cuts_nothing_that_others_read(calibration: CalibrationSet, images: Images, quantizer: str) -> None:
    """CELU is max(x, 0) + exp(min(x, 0)) - 1; TensorFlow's quantizer gave x the range of min(x, 0)."""
    from support.keras_models import import_keras, plain_network

    celu = import_keras().layers.Activation("celu")
    network = plain_network(middle=lambda x: celu(x - 1))  # x is at least 0
    expected = np.asarray(network(images.astype(np.float32)))
    content = TFLiteExporter(network, ExportOptions(tflite=TFLiteOptions(quantizer=quantizer))).convert(
        Precision.INT8, calibration
    )
    assert np.abs(run(content, images) - expected).max() < 0.004, "steps of 1 / 256, of which half is rounding"


@pytest.mark.parametrize("quantizer", ["tensorflow", "ai-edge"])
def test_a_relu_that_died_stops_no_runtime(calibration: CalibrationSet, images: Images, quantizer: str) -> None:
    from support import keras_models

    layers = keras_models.import_keras().layers

    def beside_a_dead_one(x: Any) -> Any:
        minus_ones = keras_models.import_keras().initializers.Constant(-1.0)
        dead = layers.Conv2D(8, 1, activation="relu", kernel_initializer=minus_ones)(x)  # x is at least 0
        return layers.Add()([x, layers.Conv2D(8, 1)(dead)])

    network = keras_models.plain_network(middle=beside_a_dead_one)
    options = ExportOptions(tflite=TFLiteOptions(quantizer=quantizer))
    scores = run(TFLiteExporter(network, options).convert(Precision.INT8, calibration), images)
    assert np.abs(scores - np.asarray(network(images.astype(np.float32)))).max() < 0.1


def test_the_terminal_stays_quiet(exporter: TFLiteExporter, calibration: CalibrationSet, capfd: Any) -> None:
    exporter.convert(Precision.INT8, calibration)
    assert capfd.readouterr() == ("", "")


def test_the_advice_keeps_every_layer_in_float_that_has_no_integer_form() -> None:
    islands = [Island(operator="NEG", output=f"norm_{at}/sub", layers=(f"norm_{at}",)) for at in range(7)]
    with pytest.raises(
        ExportError, match=r"\(layer norm_0, .*norm_4 and 2 more\).*--float-layers norm_0,.*,norm_6, or"
    ):
        check_islands(islands, "int8")
