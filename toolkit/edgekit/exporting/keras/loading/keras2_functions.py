"""TensorFlow functions that Keras 2 keeps in a network, each as the Keras 3 layer or operation that does the same.

Keras 2 writes `tf.nn.relu6(x)` as a TFOpLambda called "nn.relu6", and `x / 127.5` as one called "math.truediv". One
function per line; what is not here is refused by its name. Reads no file; `keras2_file` proves that answers are equal.
"""

from collections.abc import Callable, Mapping
from typing import Any

from edgekit.foundation.errors import ExportError

Arguments = Mapping[str, Any]
"""The arguments of a function by name, the tensors left out."""

_CONSTANT = "_CONSTANT_VALUE"
_SHORT = {"subtract": "sub", "multiply": "mul", "divide": "truediv", "add_n": "add", "bias_add": "add"}
_COMMUTATIVE = {"add", "mul", "maximum", "minimum"}
_MERGING = {"add": "Add", "sub": "Subtract", "mul": "Multiply", "maximum": "Maximum", "minimum": "Minimum"}


class Made:
    """A layer, or an operation of Keras, that stands for a function.

    Args:
        kind: Its class.
        module: Where that is: "keras.layers", or a module of operations.
        config: Arguments of its constructor.
    """

    def __init__(self, kind: str, module: str = "keras.layers", **config: Any) -> None:
        self.kind, self.module, self.config = kind, module, config


def _operation(kind: str, module: str = "numpy", **config: Any) -> Made:
    return Made(kind, f"keras.src.ops.{module}", **config)


def _activation(name: str) -> Callable[[Arguments], Made]:
    return lambda _: Made("Activation", activation=name)


def _plain(kind: str, module: str = "numpy") -> Callable[[Arguments], Made]:
    return lambda _: _operation(kind, module)


def _leaky_relu(given: Arguments) -> Made:
    return Made("LeakyReLU", negative_slope=given.get("alpha", 0.2))


def _gelu(given: Arguments) -> Made:
    return _operation("Gelu", "nn", approximate=bool(given.get("approximate", False)))


def _clip(given: Arguments) -> Made | None:
    low, high = given.get("clip_value_min"), given.get("clip_value_max")
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        return None
    return Made("ReLU", max_value=float(high)) if low == 0 < high else _operation("Clip", x_min=low, x_max=high)


def _pow(given: Arguments) -> Made | None:
    return {2: _operation("Square"), 0.5: _operation("Sqrt"), 1: Made("Identity")}.get(given.get("y"))  # type: ignore[arg-type]


def _reduction(kind: str, pooling: str | None) -> Callable[[Arguments], Made | None]:
    """Mean or maximum: over height and width a global pooling."""

    def reduce(given: Arguments) -> Made | None:
        axis, keepdims = given.get("axis"), bool(given.get("keepdims", False))
        if axis is None:
            return None
        if pooling is not None and isinstance(axis, list) and sorted(axis) == [1, 2]:
            return Made(pooling, keepdims=keepdims)
        return _operation(kind, axis=axis, keepdims=keepdims)

    return reduce


def _reshape(given: Arguments) -> Made | None:
    shape = given.get("shape")
    is_known = isinstance(shape, list) and all(isinstance(each, int) for each in shape) and shape[0] == -1
    return Made("Reshape", target_shape=shape[1:]) if is_known and shape else None


def _transpose(given: Arguments) -> Made | None:
    order = given.get("perm")
    return Made("Permute", dims=order[1:]) if isinstance(order, list) and order and order[0] == 0 else None


def _pad(given: Arguments) -> Made | None:
    widths, mode = given.get("paddings"), str(given.get("mode", "CONSTANT")).lower()
    if not isinstance(widths, list) or given.get("constant_values", 0) != 0:
        return None
    if mode == "constant" and len(widths) == 4 and widths[0] == widths[3] == [0, 0]:
        return Made("ZeroPadding2D", padding=widths[1:3])
    return _operation("Pad", pad_width=widths, mode=mode)


def _resize(given: Arguments) -> Made | None:
    size = given.get("size")
    if not isinstance(size, list) or len(size) != 2 or given.get("antialias") or given.get("preserve_aspect_ratio"):
        return None
    return Made("Resizing", height=size[0], width=size[1], interpolation=given.get("method", "bilinear"))


def _pooling(kind: str) -> Callable[[Arguments], Made | None]:
    def pool(given: Arguments) -> Made | None:
        size, strides = _sides(given.get("ksize")), _sides(given.get("strides"))
        padding = str(given.get("padding", "")).lower()
        if size is None or strides is None or padding not in ("same", "valid"):
            return None
        if given.get("data_format", "NHWC") != "NHWC":
            return None
        return Made(kind, pool_size=size, strides=strides, padding=padding)

    return pool


def _sides(value: Any) -> list[int] | None:
    """Height and width of a window: of a number, of two, or of four with 1 for batch and channels."""
    numbers = [value] if isinstance(value, int) else value
    if not isinstance(numbers, list) or not all(isinstance(each, int) for each in numbers):
        return None
    if len(numbers) == 4 and numbers[0] == numbers[3] == 1:
        numbers = numbers[1:3]
    return {1: numbers * 2, 2: numbers}.get(len(numbers))


def _cast(given: Arguments) -> Made | None:
    return Made("Identity") if given.get("dtype") == "float32" else None


def _slice(given: Arguments) -> Made | None:
    """`x[..., ::-1]`, which exchanges red and blue."""
    spec = given.get("slice_spec")
    if spec == [{"class_name": "__ellipsis__"}, {"start": None, "stop": None, "step": -1}]:
        return _operation("Flip", axis=-1)
    return None


def _along(kind: str, default: int | None, module: str = "keras.layers") -> Callable[[Arguments], Made | None]:
    def along(given: Arguments) -> Made | None:
        axis = given.get("axis", default)
        return None if axis is None else Made(kind, module, axis=axis)

    return along


_NUMPY = "keras.src.ops.numpy"
FUNCTIONS: Mapping[str, Callable[[Arguments], Made | None]] = {
    "abs": _plain("Absolute"),
    "avg_pool": _pooling("AveragePooling2D"),
    "avg_pool2d": _pooling("AveragePooling2D"),
    "batch_flatten": lambda _: Made("Flatten"),
    "cast": _cast,
    "clip_by_value": _clip,
    "concat": _along("Concatenate", None),
    "elu": _activation("elu"),
    "exp": _activation("exponential"),
    "expand_dims": _along("ExpandDims", None, _NUMPY),
    "gelu": _gelu,
    "getitem": _slice,
    "identity": lambda _: Made("Identity"),
    "l2_normalize": _along("UnitNormalization", None),
    "leaky_relu": _leaky_relu,
    "log": _plain("Log"),
    "log_softmax": _along("LogSoftmax", -1, "keras.src.ops.nn"),
    "max_pool": _pooling("MaxPooling2D"),
    "max_pool2d": _pooling("MaxPooling2D"),
    "negative": lambda _: Made("Rescaling", scale=-1.0, offset=0.0),
    "pad": _pad,
    "pow": _pow,
    "reciprocal": _plain("Reciprocal"),
    "reduce_max": _reduction("Max", "GlobalMaxPooling2D"),
    "reduce_mean": _reduction("Mean", "GlobalAveragePooling2D"),
    "reduce_sum": _reduction("Sum", None),
    "relu": lambda _: Made("ReLU"),
    "relu6": lambda _: Made("ReLU", max_value=6.0),
    "reshape": _reshape,
    "resize": _resize,
    "rsqrt": _plain("Rsqrt", "math"),
    "selu": _activation("selu"),
    "sigmoid": _activation("sigmoid"),
    "silu": _activation("silu"),
    "softmax": _along("Softmax", -1),
    "softplus": _activation("softplus"),
    "softsign": _activation("softsign"),
    "sqrt": _plain("Sqrt"),
    "square": _plain("Square"),
    "squeeze": _along("Squeeze", None, _NUMPY),
    "stack": _along("Stack", 0, _NUMPY),
    "tanh": _activation("tanh"),
    "transpose": _transpose,
}
"""Last word of a function's name -> what stands for it with these arguments; None if nothing does."""


def _rescaling(operator: str, other: Any) -> Made | None:
    """A tensor with a number, or one number per channel, after it."""
    numbers = other if isinstance(other, list) else [other]
    if not numbers or not all(isinstance(each, int | float) for each in numbers):
        return None
    single = not isinstance(other, list)

    def of(change: Callable[[float], float]) -> Any:
        return change(float(other)) if single else [change(float(each)) for each in numbers]

    if operator == "truediv" and 0 not in numbers:
        return Made("Rescaling", scale=of(lambda each: 1.0 / each), offset=0.0)
    if operator == "mul":
        return Made("Rescaling", scale=of(lambda each: each), offset=0.0)
    if operator in ("add", "sub"):
        return Made("Rescaling", scale=1.0, offset=of(lambda each: each if operator == "add" else -each))
    return None


def _reversed(operator: str, number: Any) -> Made | None:
    """A number with a tensor after it: 1 - x."""
    if operator == "sub" and isinstance(number, int | float):
        return Made("Rescaling", scale=-1.0, offset=float(number))
    return _operation("Reciprocal") if operator == "truediv" and number == 1 else None


def as_layer(node: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration of the layer that does what the TFOpLambda or SlicingOpLambda `node` does.

    Raises:
        ExportError: Nothing in Keras 3 does; the message names the function.
    """
    name, function = node["config"]["name"], str(node["config"]["function"])
    word = function.rpartition(".")[2]
    nodes = node.get("inbound_nodes", [])
    found = _translated(_SHORT.get(word, word), nodes[0]) if len(nodes) == 1 and isinstance(nodes[0], list) else None
    if found is None:
        raise ExportError(
            f"Layer '{name}' is TensorFlow's {function}, written by Keras 2; Keras 3 has no layer for it, or not with "
            f"these arguments. Replace it by a Keras layer and save the model again."
        )
    made, inputs = found
    return {
        "module": made.module,
        "class_name": made.kind,
        "config": {"name": name, **made.config, **_layer_config(made)},
        "registered_name": None,
        "name": name,
        "inbound_nodes": [inputs],
    }


def _layer_config(made: Made) -> dict[str, Any]:
    return {"trainable": True, "dtype": "float32"} if made.module == "keras.layers" else {}


def _translated(word: str, inbound: list[Any]) -> tuple[Made, list[Any]] | None:
    """What stands for the function, and the tensors that it reads, each [layer, call, output, {}]."""
    if inbound and isinstance(inbound[0], list):  # a list of tensors, as concat reads
        tensors = [[*each[:3], {}] for each in inbound]
        if word in _MERGING:
            return Made(_MERGING[word]), tensors
        made = FUNCTIONS[word](inbound[0][3]) if word in FUNCTIONS else None
        return (made, tensors) if made else None
    layer, index, value, given = inbound
    other = given.get("y", given.get("bias"))
    if layer == _CONSTANT:
        if not _is_tensor(other):
            return None
        made = _rescaling(word, value) if word in _COMMUTATIVE else _reversed(word, value)
        return (made, [[*other, {}]]) if made else None
    tensor = [layer, index, value, {}]
    if _is_tensor(other):
        return (Made(_MERGING[word]), [tensor, [*other, {}]]) if word in _MERGING else None
    if word in ("maximum", "minimum"):
        made = Made("ReLU") if word == "maximum" and other == 0 else None
    else:
        made = FUNCTIONS[word](given) if word in FUNCTIONS else _rescaling(word, other)
    return (made, [tensor]) if made else None


def _is_tensor(value: Any) -> bool:
    """Whether an argument is a tensor of the network: [layer, call, output]."""
    return isinstance(value, list) and len(value) == 3 and isinstance(value[0], str)
