"""Model files small enough to be made in the tests, with what the float model answers. Made once a process."""

import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIDE = 16
NUM_CLASSES = 5


def some_images(count: int, side: int = SIDE) -> NDArray[np.uint8]:
    """Smooth coloured gradients, each image different: uint8 (count, side, side, 3)."""
    rng = np.random.default_rng(7)
    coarse = rng.integers(0, 256, (count, 4, 4, 3)).astype(np.uint8)
    return coarse.repeat(side // 4, axis=1).repeat(side // 4, axis=2)


@functools.cache
def float_models() -> dict[str, Any]:
    """TensorFlow functions, float32 (N, 16, 16, 3) -> (N, 5), all of whose weights are constants.

    "pooled" ends in a mean over the image, "flat" in a Flatten, which fixes the batch when converted.
    """
    import tensorflow as tf

    rng = np.random.default_rng(3)

    def weights(*shape: int, gain: float = 1.5) -> Any:
        deviation = gain / np.sqrt(np.prod(shape[:-1]))
        return tf.constant(rng.normal(0, deviation, shape).astype(np.float32))

    first, second = weights(3, 3, 3, 16), weights(3, 3, 16, 16)
    last = {"pooled": weights(16, NUM_CLASSES, gain=6.0), "flat": weights(256, NUM_CLASSES, gain=4.0)}

    offsets: dict[str, Any] = dict.fromkeys(last, 0.0)

    def build(name: str) -> Any:
        def answer(pixels: Any) -> Any:
            x = pixels * (1 / 255.0)
            x = tf.nn.relu(tf.nn.conv2d(x, first, 2, "SAME") + 0.1)
            x = tf.nn.relu(tf.nn.conv2d(x, second, 2, "SAME") - 0.1)
            x = tf.reduce_mean(x, axis=[1, 2]) if name == "pooled" else tf.reshape(x, (x.shape[0] or -1, 256))
            return tf.nn.softmax(tf.matmul(x, last[name]) - offsets[name])

        return answer

    models = {name: build(name) for name in last}
    for name, model in models.items():  # centre the classes, so that no class wins everywhere
        offsets[name] = tf.reduce_mean(tf.math.log(model(some_images(32).astype(np.float32)) + 1e-30), axis=0)
    return models


def expected_scores(name: str, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What the float model "pooled" or "flat" answers, computed by TensorFlow."""
    scores: NDArray[np.float32] = float_models()[name](images.astype(np.float32)).numpy()
    return scores


def write_tflite_models(folder: Path) -> dict[str, Path]:
    """Both models in every way that LiteRT knows, in files in `folder`; name -> file."""
    paths = {name: folder / f"{name}.tflite" for name in converted_models()}
    for name, path in paths.items():
        path.write_bytes(converted_models()[name])
    return paths


@functools.cache
def converted_models() -> dict[str, bytes]:
    """Convert both models in every way that LiteRT knows, and one that needs Flex; name -> bytes."""
    import tensorflow as tf

    settings: dict[str, tuple[str, int | None, Callable[[Any], None]]] = {
        "float32": ("pooled", 1, lambda _: None),
        "float32-any-batch": ("pooled", None, lambda _: None),
        "float32-flat": ("flat", 1, lambda _: None),
        "float16": ("pooled", 1, _float16),
        "dynamic": ("pooled", 1, _optimize),
        "int8": ("pooled", 1, functools.partial(_int8, io="uint8")),
        "int8-signed": ("pooled", 1, functools.partial(_int8, io="int8")),
        "int8-float-io": ("pooled", 1, functools.partial(_int8, io="float32")),
        "int8-flat": ("flat", 1, functools.partial(_int8, io="uint8")),
        "int16x8": ("pooled", 1, _int16),
    }
    functions = {**float_models(), "flex": lambda x: tf.math.erf(tf.reduce_mean(x, axis=[1, 2]) / 255.0)}
    return {
        name: _convert(functions[model], batch, configure)
        for name, (model, batch, configure) in {**settings, "flex": ("flex", 1, _flex)}.items()
    }


def _convert(function: Any, batch: int | None, configure: Callable[[Any], None]) -> bytes:
    import tensorflow as tf

    concrete = tf.function(function).get_concrete_function(tf.TensorSpec((batch, SIDE, SIDE, 3), tf.float32))
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete])
    configure(converter)
    content: bytes = converter.convert()
    return content


def _flex(converter: Any) -> None:
    import tensorflow as tf

    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS]


def _optimize(converter: Any) -> None:
    import tensorflow as tf

    converter.optimizations = [tf.lite.Optimize.DEFAULT]


def _float16(converter: Any) -> None:
    import tensorflow as tf

    _optimize(converter)
    converter.target_spec.supported_types = [tf.float16]


def _int8(converter: Any, io: str) -> None:
    import tensorflow as tf

    _optimize(converter)
    converter.representative_dataset = _calibration
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = getattr(tf, io)


def _int16(converter: Any) -> None:
    import tensorflow as tf

    _optimize(converter)
    converter.representative_dataset = _calibration
    converter.target_spec.supported_ops = [tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8]


def _calibration() -> Iterator[list[NDArray[np.float32]]]:
    images = some_images(32).astype(np.float32)
    images[0], images[1] = 0, 255
    for image in images:
        yield [image[np.newaxis]]


def onnx_model(
    *,
    shape: tuple[int | str, ...] = ("N", SIDE, SIDE, 3),
    dtype: str = "FLOAT",
    num_classes: int = NUM_CLASSES,
) -> Any:
    """A linear classifier on the means of the three channels, so that its answer is known by heart.

    `shape` is (N, H, W, 3) or (N, 3, H, W); the scores of an image are `means @ WEIGHTS`.
    """
    from onnx import TensorProto, helper, numpy_helper

    axes = [2, 3] if shape[1] == 3 else [1, 2]
    nodes = [
        helper.make_node("Cast", ["pixels"], ["real"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["real", "axes"], ["means"], keepdims=0),
        helper.make_node("MatMul", ["means", "weights"], ["scores"]),
    ]
    graph = helper.make_graph(
        nodes,
        "means",
        [helper.make_tensor_value_info("pixels", getattr(TensorProto, dtype), shape)],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, (shape[0], num_classes))],
        [
            numpy_helper.from_array(np.array(axes, np.int64), "axes"),
            numpy_helper.from_array(mean_weights(num_classes), "weights"),
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


def mean_weights(num_classes: int = NUM_CLASSES) -> NDArray[np.float32]:
    """The weights of `onnx_model`: float32 (3, num_classes)."""
    return (np.arange(3 * num_classes, dtype=np.float32).reshape(3, num_classes) - 7) / 100


def onnx_scores(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What `onnx_model` answers, computed by numpy."""
    means: NDArray[np.float32] = images.astype(np.float32).mean(axis=(1, 2))
    return means @ mean_weights()


def endless_onnx(path: Path, *, num_rounds: int = 2**62) -> Path:
    """A linear classifier on the means of the channels, which a Loop multiplies by 1 so many times before."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    body = helper.make_graph(
        [helper.make_node("Identity", ["goes_on"], ["on"]), helper.make_node("Mul", ["value", "one"], ["same"])],
        "body",
        [
            helper.make_tensor_value_info("round", TensorProto.INT64, []),
            helper.make_tensor_value_info("goes_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("value", TensorProto.FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("same", TensorProto.FLOAT, None),
        ],
        [numpy_helper.from_array(np.array(1, np.float32), "one")],
    )
    constants = {"rounds": np.array(num_rounds), "true": np.array(True), "weights": mean_weights()}
    graph = helper.make_graph(
        [
            helper.make_node("ReduceMean", ["pixels"], ["mean"], axes=[1, 2], keepdims=0),
            helper.make_node("Loop", ["rounds", "true", "mean"], ["after"], body=body),
            helper.make_node("MatMul", ["after", "weights"], ["scores"]),
        ],
        "endless",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["n", SIDE, SIDE, 3])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", NUM_CLASSES])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), str(path))
    return path
