"""ai-edge-quantizer puts weights of 256 KiB and more behind the flatbuffer: whoever packs such a file keeps them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edgekit.exporting.tflite.graph import Graph
from edgekit.foundation.keras_setup import import_keras, import_tensorflow
from edgekit.inspection.kernels import inspect_kernels
from edgekit.inspection.tflite import model_object
from edgekit.layer_drift.tflite import _cut

NUM_WEIGHTS = (16 * 16 * 3 * 400, 400 * 5)


@pytest.fixture(scope="module")
def content() -> bytes:
    """A dynamic-range file of two dense layers, made by ai-edge-quantizer."""
    quantizer = pytest.importorskip("ai_edge_quantizer.quantizer", reason="ai-edge-quantizer is not installed here")
    from ai_edge_quantizer.algorithm_manager import AlgorithmName  # noqa: F401 - registers the algorithms
    from ai_edge_quantizer.recipe import dynamic_wi8_afp32

    keras, tf = import_keras("the tests", backend="tensorflow"), import_tensorflow("the tests")
    keras.utils.set_random_seed(0)
    pixels = keras.Input((16, 16, 3))
    hidden = keras.layers.Dense(400, activation="relu")(keras.layers.Flatten()(pixels))
    model = keras.Model(pixels, keras.layers.Dense(5, activation="softmax")(hidden))
    made = quantizer.Quantizer(
        bytearray(tf.lite.TFLiteConverter.from_keras_model(model).convert()), dynamic_wi8_afp32()
    )
    return bytes(made.quantize().quantized_model)


def answer(content: bytes) -> NDArray[Any]:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=content, num_threads=1)
    interpreter.allocate_tensors()
    [source], [target, *_] = interpreter.get_input_details(), interpreter.get_output_details()
    pixels = np.random.default_rng(0).uniform(0, 1, source["shape"]).astype(np.float32)
    interpreter.set_tensor(source["index"], pixels)
    interpreter.invoke()
    return interpreter.get_tensor(target["index"])


def test_the_library_writes_them_there(content: bytes) -> None:
    from ai_edge_litert.schema_py_generated import Model, ModelT

    assert any(buffer.offset > 1 for buffer in ModelT.InitFromObj(Model.GetRootAs(content, 0)).buffers)


def test_a_file_that_is_packed_again_answers_the_same(content: bytes) -> None:
    packed = Graph(content).packed()
    assert np.array_equal(answer(packed), answer(content))
    assert len(packed) > NUM_WEIGHTS[0]


def test_a_file_that_is_cut_between_layers_answers_the_same(content: bytes) -> None:
    output = model_object(content).subgraphs[0].outputs[0]
    cut, _ = _cut(content, [int(output)])
    assert np.array_equal(answer(cut), answer(content))


def test_inspect_counts_these_kernels(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model-dynamic.tflite"
    path.write_bytes(content)
    assert tuple(each.num_weights for each in inspect_kernels(path).kernels) == NUM_WEIGHTS


def test_a_buffer_outside_of_the_file_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="ends at byte"):
        model_object(content[:-200_000])
