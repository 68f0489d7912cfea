"""A small network as float and int8 files of both formats, with parameters that a test may spoil.

conv1 - ReLU - scale (a BatchNorm behind its activation, or before it) - conv2 - ReLU - mean - dense. "exponential" and
"exploding", which exist as `.tflite` alone, have an exponential behind the scale.
"""

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from support.tiny_models import some_images

SIDE, CHANNELS, CLASSES = 16, 8, 5
Parameters = dict[str, NDArray[np.float32]]


def parameters() -> Parameters:
    rng = np.random.default_rng(5)

    def weights(*shape: int) -> NDArray[np.float32]:
        return rng.normal(0, 1.4 / np.sqrt(np.prod(shape[:-1])), shape).astype(np.float32)

    return {
        "conv1": weights(3, 3, 3, CHANNELS) / 255,
        "scale": rng.uniform(0.5, 2.0, CHANNELS).astype(np.float32),
        "conv2": weights(3, 3, CHANNELS, CHANNELS),
        "dense": weights(CHANNELS, CLASSES),
    }


def wild(plain: Parameters) -> Parameters:
    """One channel of the BatchNorm, which nobody reads any more, is 1,000 times larger than the others."""
    changed = {name: values.copy() for name, values in plain.items()}
    changed["scale"][3] *= 1000
    changed["conv2"][:, :, 3] = 0
    return changed


def spoiled(plain: Parameters) -> Parameters:
    """Noise in the weights of conv2."""
    noise = np.random.default_rng(1).normal(0, 0.5, plain["conv2"].shape) * plain["conv2"].std()
    return plain | {"conv2": (plain["conv2"] + noise).astype(np.float32)}


def infinite(plain: Parameters) -> Parameters:
    """One channel of the BatchNorm is multiplied by infinity, as by a number that float16 cannot hold."""
    changed = {name: values.copy() for name, values in plain.items()}
    changed["scale"][3] = np.inf
    return changed


def exploding(plain: Parameters) -> Parameters:
    """What the exponential reads is so large that many of its results lie beyond float32."""
    return plain | {"scale": 1000 * plain["scale"]}


def unequal(plain: Parameters) -> Parameters:
    """One unit of the dense layer has a weight 100 times larger than the others', for a channel that is always 0."""
    changed = {name: values.copy() for name, values in plain.items()}
    changed["conv2"][..., 3] = 0
    changed["dense"][3, 0] = 100 * np.abs(plain["dense"]).max()
    return changed


def calibration() -> NDArray[np.float32]:
    return some_images(16).astype(np.float32)


@functools.cache
def _tflite(name: str, int8: bool) -> bytes:
    import tensorflow as tf

    own = NAMED[name](parameters())

    def answer(pixels: Any) -> Any:
        x = tf.nn.conv2d(pixels, own["conv1"], 1, "SAME", name="conv1")
        if name == "wild":  # where it is folded into conv1; behind the ReLU the converter gives both one range
            x = tf.nn.relu(tf.multiply(x, own["scale"], name="batch_norm"), name="relu1")
        else:
            x = tf.multiply(tf.nn.relu(x, name="relu1"), own["scale"], name="batch_norm")
        x = tf.exp(x, name="exponential") if name in EXPONENTIAL else x
        x = tf.nn.relu(tf.nn.conv2d(x, own["conv2"], 2, "SAME", name="conv2"), name="relu2")
        return tf.matmul(tf.reduce_mean(x, axis=[1, 2], name="mean"), own["dense"], name="dense")

    concrete = tf.function(answer).get_concrete_function(tf.TensorSpec((1, SIDE, SIDE, 3), tf.float32))
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete])
    if int8:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter._experimental_disable_per_channel = name in PER_TENSOR
        converter.representative_dataset = lambda: ([image[None]] for image in calibration())
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    content: bytes = converter.convert()
    return content


def _onnx_float(name: str) -> bytes:
    from onnx import TensorProto, helper, numpy_helper

    own = NAMED[name](parameters())
    constants = {
        "w1": own["conv1"].transpose(3, 2, 0, 1),
        "s": own["scale"].reshape(1, -1, 1, 1),
        "w2": own["conv2"].transpose(3, 2, 0, 1),
        "w3": own["dense"],
    }
    nodes = [
        helper.make_node("Transpose", ["pixels"], ["nchw"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["nchw", "w1"], ["conv1"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["conv1"], ["relu1"]),
        helper.make_node("Mul", ["relu1", "s"], ["batch_norm"]),
        helper.make_node("Conv", ["batch_norm", "w2"], ["conv2"], pads=[1, 1, 1, 1], strides=[2, 2]),
        helper.make_node("Relu", ["conv2"], ["relu2"]),
        helper.make_node("GlobalAveragePool", ["relu2"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("MatMul", ["flat", "w3"], ["dense"]),
    ]
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [1, SIDE, SIDE, 3])],
        [helper.make_tensor_value_info("dense", TensorProto.FLOAT, [1, CLASSES])],
        [numpy_helper.from_array(np.ascontiguousarray(value), key) for key, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())


def _onnx_int8(name: str, folder: Path) -> bytes:
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self._images: Iterator[Any] = iter(calibration())

        def get_next(self) -> Any:
            image = next(self._images, None)
            return None if image is None else {"pixels": image[None]}

    (folder / "float.onnx").write_bytes(_onnx_float(name))
    quantize_static(
        folder / "float.onnx",
        folder / "int8.onnx",
        Reader(),
        quant_format=QuantFormat.QDQ,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        per_channel=name not in PER_TENSOR,
    )
    return (folder / "int8.onnx").read_bytes()


NAMED = {
    "plain": lambda own: own,
    "wild": wild,
    "wild-behind": wild,
    "spoiled": spoiled,
    "unequal": unequal,
    "infinite": infinite,
    "exponential": lambda own: own,
    "exploding": exploding,
}
EXPONENTIAL = frozenset({"exponential", "exploding"})
PER_TENSOR = frozenset({"unequal"})
"""Networks whose int8 files have one scale for each weight tensor."""


def write(folder: Path, kind: str, name: str = "plain", *, int8: bool = False) -> Path:
    """The network with the parameters of that name, as `model-NAME-float32.KIND` or `model-NAME-int8.KIND`."""
    path = folder / f"model-{name}-{'int8' if int8 else 'float32'}.{kind}"
    if kind == "tflite":
        path.write_bytes(_tflite(name, int8))
    else:
        path.write_bytes(_onnx_int8(name, folder) if int8 else _onnx_float(name))
    return path


def cut_range(path: Path, factor: float = 0.3) -> Path:
    """The range of what goes into the mean becomes `factor` of what it was, by its scale in the file."""
    if path.suffix == ".onnx":
        import onnx
        from onnx import numpy_helper

        model = onnx.load(str(path))
        scale = next(one for one in model.graph.initializer if one.name == "relu2_scale")
        scale.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(scale) * np.float32(factor), scale.name))
        path.write_bytes(model.SerializeToString())
        return path
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(path.read_bytes()))
    tensor = next(one for one in model.subgraphs[0].tensors if one.name.startswith(b"relu2"))
    tensor.quantization.scale = np.array(tensor.quantization.scale) * np.float32(factor)
    builder = flatbuffers.Builder(4096)
    builder.Finish(model.Pack(builder), b"TFL3")
    path.write_bytes(bytes(builder.Output()))
    return path
