"""Files that are no plain float, dynamic or int8 `.tflite`: compiled for an accelerator, recurrent, sparse."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgekit.foundation.errors import ArtifactError
from edgekit.inspection.model_file import inspect_file
from edgekit.runtimes import RUNTIMES, SessionSettings


def edited(source: Path, target: Path, change: Any) -> Path:
    """The file at `source` after `change(model, schema)`, at `target`."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(source.read_bytes()))
    change(model, schema)
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    target.write_bytes(bytes(builder.Output()))
    return target


@pytest.mark.parametrize(
    ("custom", "named"),
    [("edgetpu-custom-op", "compiled for the Edge TPU"), ("ethos-u", "compiled for an Arm Ethos-U NPU (Vela)")],
)
def test_a_file_that_was_compiled_for_an_accelerator_is_not_called_int8(
    custom: str, named: str, tmp_path: Path, tflite_models: dict[str, Path]
) -> None:
    """Such a compiler leaves one operator of its own, int8 in and out."""

    def compile_it(model: Any, schema: Any) -> None:
        graph = model.subgraphs[0]
        code = schema.OperatorCodeT()
        code.builtinCode, code.deprecatedBuiltinCode = schema.BuiltinOperator.CUSTOM, schema.BuiltinOperator.CUSTOM
        code.customCode = custom.encode()
        model.operatorCodes.append(code)
        quantize, *_, last = graph.operators
        whole = schema.OperatorT()
        whole.opcodeIndex = len(model.operatorCodes) - 1
        whole.inputs, whole.outputs = np.array(quantize.outputs), np.array(last.inputs[:1])
        graph.operators = [quantize, whole, last]

    path = edited(tflite_models["int8"], tmp_path / "compiled.tflite", compile_it)
    quantization = inspect_file(path).quantization
    assert quantization.verdict == named
    assert quantization.explanation.startswith(f"1 of its 3 operators is {custom}, made by a compiler")


def test_the_state_of_an_int8_lstm_is_no_activation_of_16_bits(tmp_path: Path, tflite_models: dict[str, Path]) -> None:
    def make_it_recurrent(model: Any, schema: Any) -> None:
        graph, lstm = model.subgraphs[0], schema.BuiltinOperator.UNIDIRECTIONAL_SEQUENCE_LSTM
        code = schema.OperatorCodeT()
        code.builtinCode = code.deprecatedBuiltinCode = lstm
        model.operatorCodes.append(code)
        state = schema.TensorT()
        state.name, state.shape, state.type, state.isVariable = b"cell", np.array([1, 4]), schema.TensorType.INT16, True
        state.quantization = graph.tensors[0].quantization
        graph.tensors.append(state)
        graph.operators[1].opcodeIndex = len(model.operatorCodes) - 1
        graph.operators[1].inputs = np.array([*graph.operators[1].inputs, len(graph.tensors) - 1], np.int32)
        graph.operators[1].builtinOptions = None
        graph.operators[1].builtinOptionsType = 0

    path = edited(tflite_models["int8"], tmp_path / "lstm.tflite", make_it_recurrent)
    info = inspect_file(path)
    assert "UNIDIRECTIONAL_SEQUENCE_LSTM" in {operator.name for operator in info.operators}
    assert info.quantization.verdict == "fully int8"


def sparse_file(folder: Path, precision: str) -> Path:
    """What TensorFlow's converter makes of a dense layer with nine zeros in ten weights, with its sparsity option."""
    from edgekit.foundation.keras_setup import import_keras, import_tensorflow

    keras, tf = import_keras("a test", backend="tensorflow"), import_tensorflow("a test")
    pixels = keras.Input((16, 16, 3), batch_size=1)
    x = keras.layers.Dense(64, activation="relu")(keras.layers.Flatten()(pixels))
    network = keras.Model(pixels, keras.layers.Dense(5, activation="softmax")(x))
    rng = np.random.default_rng(0)
    kernel = rng.normal(size=(768, 64)) * (rng.random((768, 64)) < 0.1)
    network.layers[-2].set_weights([kernel.astype(np.float32), np.zeros(64, np.float32)])
    converter = tf.lite.TFLiteConverter.from_keras_model(network)
    converter.optimizations = [tf.lite.Optimize.EXPERIMENTAL_SPARSITY]
    if precision != "float32":
        converter.optimizations.append(tf.lite.Optimize.DEFAULT)
    if precision == "int8":
        images = rng.integers(0, 256, (8, 1, 16, 16, 3)).astype(np.float32)
        converter.representative_dataset = lambda: ([image] for image in images)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    path = folder / f"{precision}.tflite"
    path.write_bytes(converter.convert())
    return path


def test_sparse_weights_are_named_as_such(tmp_path: Path) -> None:
    quantization = inspect_file(sparse_file(tmp_path, "float32")).quantization
    assert (quantization.verdict, quantization.num_sparse) == ("float32, sparse weights", 1)
    assert quantization.explanation.endswith("1 weight tensor is stored without zeros (DENSIFY unpacks them).")


@pytest.mark.parametrize(
    ("precision", "verdict"), [("dynamic", "int8 weights only (dynamic range)"), ("int8", "fully int8")]
)
def test_why_xnnpack_refuses_sparse_quantized_weights_is_said(precision: str, verdict: str, tmp_path: Path) -> None:
    path = sparse_file(tmp_path, precision)
    quantization = inspect_file(path).quantization
    assert quantization.verdict == f"{verdict}, sparse weights"
    assert "(DENSIFY unpacks them), which XNNPACK cannot run in integers" in quantization.explanation
    with pytest.raises(ArtifactError) as error:
        RUNTIMES.load("litert-xnnpack").open(path, SessionSettings())
    said = str(error.value)
    assert "it stores quantized weights without their zeros, and XNNPACK cannot unpack these" in said
    assert "Convert it again without EXPERIMENTAL_SPARSITY, or switch XNNPACK off in the app." in said
    session = RUNTIMES.load("litert-builtin").open(path, SessionSettings())
    assert session.invoke(np.zeros((1, 16, 16, 3), np.float32)).shape == (1, 5)
