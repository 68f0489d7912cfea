"""Models as others make them: other pixel values, BGR, NCHW, logits, other class orders, int8 inputs.

All are one matrix product on small images of four colours, so they are made without TensorFlow.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.datasets import Dataset, load_dataset
from support.linear_run import nearest_mean

SIDE = 8
CLASSES = ("red", "green", "blue", "dark")
COLOURS = np.array([[190, 60, 50], [60, 190, 60], [50, 60, 190], [50, 50, 45]])
Linear = tuple[NDArray[np.float32], NDArray[np.float32]]


def colour_images(count: int, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Noisy images of the four colours, uint8 (count, 8, 8, 3), and their classes, int64 (count,)."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % len(CLASSES)
    tint = rng.normal(0, 25, (count, 1, 1, 3))
    pixels = COLOURS[labels][:, None, None] + tint + rng.normal(0, 20, (count, SIDE, SIDE, 3))
    return np.clip(pixels, 0, 255).astype(np.uint8), labels


def write_colours(path: Path, *, with_training: bool = True, swap: tuple[int, int] | None = None) -> str:
    """Write the data as .npz and return its name for `--data`; `swap` exchanges the labels of two classes."""
    images, labels = colour_images(300, 1)
    test_images, test_labels = colour_images(120, 2)
    if swap:
        order = np.arange(len(CLASSES))
        order[list(swap)] = order[list(swap)[::-1]]
        labels, test_labels = order[labels], order[test_labels]
    arrays: dict[str, Any] = {"x_test": test_images, "y_test": test_labels, "class_names": np.array(CLASSES)}
    if with_training:
        arrays |= {"x_train": images, "y_train": labels}
    np.savez(path, **arrays)
    return f"npz:{path}"


def classifier(dataset: Dataset) -> Linear:
    """Weights (192, 4) and biases (4,) on pixels of 0 to 255; right on nearly every image."""
    return nearest_mean(dataset)


def colours(path: Path) -> Dataset:
    """The data set of `write_colours`."""
    return load_dataset(f"npz:{path}")


def wanting(linear: Linear, *, scale: float = 1.0, offset: float = 0.0) -> Linear:
    """The same classifier on values that are pixel * scale + offset."""
    weights, biases = linear
    return (weights / scale).astype(np.float32), (biases - offset / scale * weights.sum(axis=0)).astype(np.float32)


def wanting_bgr(linear: Linear) -> Linear:
    """The same classifier on pixels whose channels stand the other way round."""
    weights, biases = linear
    return weights.reshape(-1, 3, weights.shape[1])[:, ::-1].reshape(weights.shape), biases


def wanting_wrapped_bytes(linear: Linear) -> Linear:
    """A nearest-mean classifier on bytes read as int8: 200 is -56."""
    images, labels = colour_images(300, 1)
    values = images.view(np.int8).reshape(len(images), -1) / 255.0
    means = np.stack([values[labels == label].mean(axis=0) for label in range(len(CLASSES))])
    return (0.1 * means.T / 255.0).astype(np.float32), (-0.05 * (means**2).sum(axis=1)).astype(np.float32)


def reordered(linear: Linear, columns: list[int]) -> Linear:
    """The same classifier whose column i is the old column `columns[i]`."""
    weights, biases = linear
    return weights[:, columns], biases[columns]


def two_colours(path: Path) -> Dataset:
    """The red and the dark images of `colours`, written as .npz too; dark is the second class."""
    images, labels = colour_images(300, 1)
    test_images, test_labels = colour_images(240, 2)
    chosen, test_chosen = labels % 3 == 0, test_labels % 3 == 0
    np.savez(
        path,
        x_train=images[chosen],
        y_train=labels[chosen] // 3,
        x_test=test_images[test_chosen],
        y_test=test_labels[test_chosen] // 3,
        class_names=np.array(["red", "dark"]),
    )
    return load_dataset(f"npz:{path}")


def one_logit(linear: Linear, positive: int = 1) -> Linear:
    """From a classifier of two classes the one whose single score is the logit of the class `positive`."""
    weights, biases = linear
    other = 1 - positive
    return (weights[:, [positive]] - weights[:, [other]]), (biases[[positive]] - biases[[other]])


def write_onnx(
    path: Path,
    linear: Linear,
    *,
    batch: int | str = "batch",
    channels_first: bool = False,
    softmax: bool = True,
    sigmoid: bool = False,
    more_outputs: Mapping[str, int] = MappingProxyType({}),
) -> Path:
    """Float images -> scores; `more_outputs` gives tensors of the graph ("flat") and their sizes as outputs before."""
    from onnx import TensorProto, helper, numpy_helper

    weights, biases = linear
    if channels_first:
        weights = weights.reshape(SIDE, SIDE, 3, -1).transpose(2, 0, 1, 3).reshape(weights.shape)
    shape = [batch, 3, SIDE, SIDE] if channels_first else [batch, SIDE, SIDE, 3]
    nodes = [
        helper.make_node("Flatten", ["images"], ["flat"]),
        helper.make_node("Gemm", ["flat", "weights", "biases"], ["logits"]),
        *([helper.make_node("Softmax", ["logits"], ["scores"], axis=1)] if softmax and not sigmoid else []),
        *([helper.make_node("Sigmoid", ["logits"], ["scores"])] if sigmoid else []),
    ]
    graph = helper.make_graph(
        nodes,
        "linear",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, shape)],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, [batch, size])
            for name, size in {**more_outputs, "scores" if softmax or sigmoid else "logits": len(biases)}.items()
        ],
        [
            numpy_helper.from_array(np.ascontiguousarray(weights), "weights"),
            numpy_helper.from_array(biases, "biases"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path


def write_int8_tflite(
    path: Path,
    linear: Linear,
    *,
    scale: float,
    zero_point: int,
    ends_in: tuple[int, int] = (25, 1),
    outputs: Sequence[str] = ("scores",),
) -> Path:
    """An int8 input at batch 1, dequantized as it declares ("real"), a classifier in float ("logits"), then `ends_in`.

    Args:
        path: The file to write.
        linear: Weights and biases.
        scale: Of the input.
        zero_point: Of the input.
        ends_in: Number and version of the last operator, which has no weights; SOFTMAX, if nothing else is said.
        outputs: Which tensors the file gives.
    """
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    weights, biases = linear
    float32, int8 = schema.TensorType.FLOAT32, schema.TensorType.INT8

    def tensor(name: str, shape: list[int], kind: int, buffer: int = 0) -> Any:
        made = schema.TensorT()
        made.name, made.shape, made.type, made.buffer = name, shape, kind, buffer
        return made

    def operator(code: int, inputs: list[int], outputs: list[int]) -> Any:
        made = schema.OperatorT()
        made.opcodeIndex, made.inputs, made.outputs = code, inputs, outputs
        return made

    def buffer(content: bytes) -> Any:
        made = schema.BufferT()
        made.data = np.frombuffer(content, np.uint8)
        return made

    codes = []
    for builtin, version in ((6, 2), (9, 1), ends_in):  # DEQUANTIZE, FULLY_CONNECTED
        code = schema.OperatorCodeT()
        code.deprecatedBuiltinCode, code.builtinCode, code.version = builtin, builtin, version
        codes.append(code)
    pixels = tensor("pixels", [1, SIDE, SIDE, 3], int8)
    pixels.quantization = schema.QuantizationParametersT()
    pixels.quantization.scale, pixels.quantization.zeroPoint = [scale], [zero_point]
    num_classes = len(biases)
    graph = schema.SubGraphT()
    graph.tensors = [
        pixels,
        tensor("real", [1, SIDE, SIDE, 3], float32),
        tensor("weights", [num_classes, len(weights)], float32, 1),
        tensor("biases", [num_classes], float32, 2),
        tensor("logits", [1, num_classes], float32),
        tensor("scores", [1, num_classes], float32),
    ]
    names = [each.name for each in graph.tensors]
    graph.inputs, graph.outputs = [0], [names.index(name) for name in outputs]
    multiply, softmax = operator(1, [1, 2, 3], [4]), operator(2, [4], [5])
    multiply.builtinOptionsType = schema.BuiltinOptions.FullyConnectedOptions
    multiply.builtinOptions = schema.FullyConnectedOptionsT()
    if ends_in[0] == schema.BuiltinOperator.SOFTMAX:
        softmax.builtinOptionsType = schema.BuiltinOptions.SoftmaxOptions
        softmax.builtinOptions = schema.SoftmaxOptionsT()
        softmax.builtinOptions.beta = 1.0
    graph.operators = [operator(0, [0], [1]), multiply, softmax]
    model = schema.ModelT()
    model.version, model.operatorCodes, model.subgraphs = 3, codes, [graph]
    model.buffers = [buffer(b""), buffer(np.ascontiguousarray(weights.T).tobytes()), buffer(biases.tobytes())]
    builder = flatbuffers.Builder(4096)
    builder.Finish(model.Pack(builder), b"TFL3")
    path.write_bytes(bytes(builder.Output()))
    return path
