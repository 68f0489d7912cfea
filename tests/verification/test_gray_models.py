"""Gray models as others make them: every layout and type of input, each verified against itself."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import edgekit
from edgekit.datasets import Dataset, DatasetRequest, load_dataset
from edgekit.foundation.keras_setup import import_keras
from edgekit.verification.verdict.report import VerificationReport

SIDE = 32


@cache
def gray_digits() -> Dataset:
    """scikit-learn's digits, one channel."""
    return load_dataset("digits", DatasetRequest(channels=1))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    """They as (N, H, W) in an .npz."""
    path, digits = tmp_path_factory.mktemp("gray") / "digits.npz", gray_digits()
    arrays = {
        "x_train": digits.train.images[..., 0],
        "y_train": digits.train.labels,
        "x_test": digits.test.images[:90, :, :, 0],
        "y_test": digits.test.labels[:90],
    }
    np.savez(path, **arrays)
    return f"npz:{path}"


def nearest_mean() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weights (1024, 10) and biases (10,) on pixels of 0 to 1."""
    train = gray_digits().train
    pixels = train.images.reshape(len(train), -1) / 255.0
    means = np.stack([pixels[train.labels == label].mean(axis=0) for label in range(10)])
    return (0.1 * means.T).astype(np.float32), (-0.05 * (means**2).sum(axis=1)).astype(np.float32)


def keras_model(shape: tuple[int, ...]) -> Any:
    """That classifier on raw pixels."""
    keras = import_keras("the tests", backend="tensorflow")
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input(shape), layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(10, activation="softmax")]
    )
    model.layers[-1].set_weights(list(nearest_mean()))
    return model


def tflite_file(path: Path, shape: tuple[int, ...], io: str | None = None) -> Path:
    """As TensorFlow's converter writes it; int8 with inputs and outputs of type `io`."""
    import tensorflow as tf

    weights, biases = map(tf.constant, nearest_mean())

    def answer(pixels: Any) -> Any:
        return tf.nn.softmax(tf.matmul(tf.reshape(pixels, (1, SIDE * SIDE)) * (1 / 255), weights) + biases)

    signature = tf.function(answer).get_concrete_function(tf.TensorSpec((1, *shape), tf.float32))
    converter = tf.lite.TFLiteConverter.from_concrete_functions([signature])
    if io is not None:
        images = gray_digits().train.images[:50].reshape(50, 1, *shape).astype(np.float32)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([image] for image in images)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.dtypes.as_dtype(io)
    path.write_bytes(converter.convert())
    return path


def onnx_file(path: Path, shape: list[int]) -> Path:
    """Pixels of 0 to 1 in any layout -> probabilities."""
    from onnx import TensorProto, helper, numpy_helper

    weights, biases = nearest_mean()
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["images"], ["flat"]),
            helper.make_node("Gemm", ["flat", "weights", "biases"], ["logits"]),
            helper.make_node("Softmax", ["logits"], ["scores"], axis=1),
        ],
        "linear",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["batch", *shape])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 10])],
        [numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(biases, "biases")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path


def expect_itself(report: VerificationReport, num_runtimes: int) -> None:
    """It runs in every runtime, says the same everywhere, and reads digits."""
    assert len(report.candidates) == num_runtimes
    for row in report.candidates:
        assert row.measurement is not None, row
        assert row.measurement.agreement == 1.0, row
        assert row.verdict == "pass", row
    assert report.reference.accuracy > 0.8


@pytest.mark.parametrize(
    ("shape", "io"),
    [
        ((SIDE, SIDE, 1), None),
        ((SIDE, SIDE, 1), "uint8"),
        ((SIDE, SIDE, 1), "int8"),
        ((SIDE, SIDE), None),
        ((SIDE, SIDE), "int8"),
    ],
)
def test_a_tflite_file_agrees_with_itself(tmp_path: Path, data: str, shape: tuple[int, ...], io: str | None) -> None:
    file = tflite_file(tmp_path / "model.tflite", shape, io)
    report = edgekit.verify(file, reference=file, data=data, runtimes="litert-xnnpack")
    expect_itself(report, 1)


@pytest.mark.parametrize("shape", [[SIDE, SIDE, 1], [1, SIDE, SIDE], [SIDE, SIDE]])
def test_an_onnx_file_agrees_with_itself(tmp_path: Path, data: str, shape: list[int]) -> None:
    file = onnx_file(tmp_path / "model.onnx", shape)
    report = edgekit.verify(file, reference=file, data=data, input_range="0..1", runtimes="onnxruntime")
    expect_itself(report, 1)


def test_layouts_agree_with_each_other(tmp_path: Path, data: str) -> None:
    file = onnx_file(tmp_path / "model.onnx", [1, SIDE, SIDE])
    reference = onnx_file(tmp_path / "reference.onnx", [SIDE, SIDE, 1])
    report = edgekit.verify(
        file, reference=reference, data=data, input_range="0..1", reference_input_range="0..1", runtimes="onnxruntime"
    )
    expect_itself(report, 1)


def test_three_means_for_one_channel_are_rejected_in_a_sentence(tmp_path: Path, data: str) -> None:
    file = onnx_file(tmp_path / "model.onnx", [SIDE, SIDE, 1])
    wanted = "mean=0.485/0.456/0.406,std=0.229/0.224/0.225"
    with pytest.raises(edgekit.EdgekitError, match="one mean and one deviation"):
        edgekit.verify(file, reference=file, data=data, input_range=wanted, input_check=False)


def test_a_keras_file_without_a_channel_axis_is_exported_and_verified(tmp_path: Path, data: str) -> None:
    keras_model((SIDE, SIDE)).save(tmp_path / "mine.keras")
    exported = edgekit.export(
        tmp_path / "mine.keras", data=data, precisions="float32,int8", out=tmp_path / "run", input_range="0..255"
    )
    assert exported.exit_status == 0
    report = edgekit.verify(tmp_path / "run", runtimes="litert-xnnpack,onnxruntime", data=data)
    assert len(report.candidates) == 4
    assert {row.verdict for row in report.candidates} == {"pass"}, [row.summary for row in report.candidates]
    against = edgekit.verify(
        tmp_path / "run" / "tflite" / "model-float32.tflite",
        reference=tmp_path / "mine.keras",
        data=data,
        runtimes="litert-xnnpack",
    )
    expect_itself(against, 1)


def test_a_gray_file_beside_one_of_color_gets_converted_images(tmp_path: Path, data: str) -> None:
    """The data set has the channels of the file with the most; the row of the other says what was done."""
    weights, _ = nearest_mean()
    gray, color = onnx_file(tmp_path / "gray.onnx", [SIDE, SIDE, 1]), tmp_path / "color.onnx"
    _write_color(color, np.repeat(weights / 3, 3, axis=0))
    report = edgekit.verify(
        [gray, color], reference=color, data=data, input_range="0..1", runtimes="onnxruntime", input_check=False
    )
    expect_itself(report, 2)
    assert report.dataset.image_shape == (SIDE, SIDE, 3)
    rows = {row.artifact: " ".join(row.remarks) for row in report.candidates}
    assert "luma weights" in rows["gray.onnx"]
    assert "luma" not in rows["color.onnx"]


def _write_color(path: Path, weights: NDArray[np.float32]) -> None:
    from onnx import TensorProto, helper, numpy_helper

    _, biases = nearest_mean()
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["images"], ["flat"]),
            helper.make_node("Gemm", ["flat", "weights", "biases"], ["logits"]),
            helper.make_node("Softmax", ["logits"], ["scores"], axis=1),
        ],
        "linear",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["batch", SIDE, SIDE, 3])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 10])],
        [numpy_helper.from_array(weights.astype(np.float32), "weights"), numpy_helper.from_array(biases, "biases")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(model.SerializeToString())
