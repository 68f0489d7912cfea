"""Damaged copies of a model file: bytes changed blindly, and fields of the format set to extremes.

Blind changes of a file that is mostly weights hit weights, so the other half of the mutants is made through the
format itself: it stays readable, and lies about dimensions, indices, types and attributes.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

EXTREMES = (0, 1, -1, 2, 127, 255, 65_536, 2**20, 2**24, 2**30, 2**31 - 1, -(2**31), -(2**15))
FLOATS = (0.0, -1.0, float("nan"), float("inf"), float("-inf"), 1e-45, 3e38)
Change = Callable[[bytes, np.random.Generator], bytes]


def mutants(content: bytes, kind: str, count: int, seed: int) -> list[bytes]:
    """`count` damaged copies of `content`, the same for the same `seed`; `kind` is "tflite" or "onnx"."""
    rng = np.random.default_rng(seed)
    structured = {"tflite": tflite_field, "onnx": onnx_field}[kind]
    changes = [*BLIND, *[structured] * len(BLIND)]
    return [changes[number % len(changes)](content, rng) for number in range(count)]


def flipped_bits(content: bytes, rng: np.random.Generator) -> bytes:
    changed = np.frombuffer(content, np.uint8).copy()
    at = _places(len(content), rng, int(rng.integers(1, 9)))
    changed[at] ^= (1 << rng.integers(0, 8, len(at))).astype(np.uint8)
    return changed.tobytes()


def overwritten_bytes(content: bytes, rng: np.random.Generator) -> bytes:
    changed = np.frombuffer(content, np.uint8).copy()
    at = _places(len(content), rng, int(rng.integers(1, 9)))
    changed[at] = rng.choice(np.array([0, 1, 8, 127, 128, 254, 255], np.uint8), len(at))
    return changed.tobytes()


def overwritten_word(content: bytes, rng: np.random.Generator) -> bytes:
    """Four aligned bytes become an extreme number: a flatbuffer's offset, length or dimension."""
    at = int(_places(len(content), rng, 1)[0]) & ~3
    word = np.int32(rng.choice(np.array(EXTREMES, np.int64))).tobytes()
    return content[:at] + word + content[at + 4 :]


def endless_number(content: bytes, rng: np.random.Generator) -> bytes:
    """A protobuf number of the greatest length instead of what stands there."""
    at = int(_places(len(content), rng, 1)[0])
    return content[:at] + b"\xff" * 9 + b"\x01" + content[at + 10 :]


def truncated(content: bytes, rng: np.random.Generator) -> bytes:
    return content[: int(rng.integers(1, len(content)))]


def inserted(content: bytes, rng: np.random.Generator) -> bytes:
    at = int(_places(len(content), rng, 1)[0])
    return content[:at] + rng.bytes(int(rng.integers(1, 33))) + content[at:]


def deleted(content: bytes, rng: np.random.Generator) -> bytes:
    at = int(_places(len(content), rng, 1)[0])
    return content[:at] + content[at + int(rng.integers(1, 33)) :]


def swapped_blocks(content: bytes, rng: np.random.Generator) -> bytes:
    size = int(rng.integers(4, 65))
    first, second = sorted(_places(len(content) - size, rng, 2).tolist())
    if second < first + size:
        return deleted(content, rng)
    a, b = content[first : first + size], content[second : second + size]
    return content[:first] + b + content[first + size : second] + a + content[second + size :]


BLIND: tuple[Change, ...] = (
    flipped_bits,
    overwritten_bytes,
    overwritten_word,
    endless_number,
    truncated,
    inserted,
    deleted,
    swapped_blocks,
)


def _places(size: int, rng: np.random.Generator, count: int) -> Any:
    """Positions in the file: half of the time near its ends, where headers and tables stand."""
    if rng.random() < 0.5:
        return rng.integers(0, max(size, 1), count)
    near = rng.integers(0, min(size, 2048), count)
    return near if rng.random() < 0.5 else size - 1 - near


def tflite_field(content: bytes, rng: np.random.Generator) -> bytes:
    """One to three numbers of the flatbuffer's tables become extreme; the file stays a flatbuffer."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content))
    for _ in range(int(rng.integers(1, 4))):
        _change_tflite(model, rng)
    builder = flatbuffers.Builder(len(content))
    try:
        builder.Finish(model.Pack(builder), b"TFL3")
    except Exception:  # noqa: BLE001  the extreme does not fit into its field: a blind change instead
        return overwritten_word(content, rng)
    return bytes(builder.Output())


def _change_tflite(model: Any, rng: np.random.Generator) -> None:
    graph = model.subgraphs[0]
    tensor, operator = _one(graph.tensors, rng), _one(graph.operators, rng)
    choice = int(rng.integers(0, 9))
    if choice == 0 and tensor.shape is not None:
        tensor.shape = _with_extreme(tensor.shape, rng)
    elif choice == 1:
        tensor.buffer = int(rng.choice([0, 1, len(model.buffers) - 1, len(model.buffers), 2**31 - 1]))
    elif choice == 2:
        tensor.type = int(rng.integers(-1, 20))
    elif choice == 3 and operator.inputs is not None:
        operator.inputs = _with_extreme(operator.inputs, rng)
    elif choice == 4 and operator.outputs is not None:
        operator.outputs = _with_extreme(operator.outputs, rng)
    elif choice == 5:
        operator.opcodeIndex = int(rng.choice([0, 1, 2, 3, len(model.operatorCodes), 2**31 - 1]))
    elif choice == 6 and tensor.quantization is not None and tensor.quantization.scale is not None:
        scales = np.array(tensor.quantization.scale)
        scales[int(rng.integers(0, len(scales)))] = rng.choice(FLOATS)
        tensor.quantization.scale = scales
    elif choice == 7 and operator.builtinOptions is not None:
        _extreme_field(operator.builtinOptions, rng)
    else:
        _one(model.operatorCodes, rng).builtinCode = int(rng.integers(0, 210))


def _extreme_field(options: Any, rng: np.random.Generator) -> None:
    names = [name for name, value in vars(options).items() if isinstance(value, int)]
    if names:
        setattr(options, _one(names, rng), int(rng.choice(EXTREMES)))


def onnx_field(content: bytes, rng: np.random.Generator) -> bytes:
    """One to three numbers or names of the protobuf become extreme; the file stays a protobuf."""
    import onnx

    model = onnx.ModelProto.FromString(content)
    for _ in range(int(rng.integers(1, 4))):
        _change_onnx(model, rng)
    return bytes(model.SerializeToString())


def _change_onnx(model: Any, rng: np.random.Generator) -> None:
    graph = model.graph
    node, tensor = _one(graph.node, rng), _one(graph.initializer, rng)
    names = [name for one in graph.node for name in (*one.input, *one.output)]
    choice = int(rng.integers(0, 9))
    if choice == 0 and tensor.dims:
        tensor.dims[int(rng.integers(0, len(tensor.dims)))] = int(rng.choice(EXTREMES))
    elif choice == 1:
        tensor.data_type = int(rng.integers(-1, 26))
    elif choice == 2 and node.input:
        node.input[int(rng.integers(0, len(node.input)))] = _one(names, rng)
    elif choice == 3 and node.output:
        node.output[int(rng.integers(0, len(node.output)))] = _one(names, rng)
    elif choice == 4 and node.attribute:
        _extreme_attribute(_one(node.attribute, rng), rng)
    elif choice == 5:
        dims = _one([*graph.input, *graph.output], rng).type.tensor_type.shape.dim
        if dims:
            _one(dims, rng).dim_value = int(rng.choice(EXTREMES))
    elif choice == 6:
        node.op_type = _one([one.op_type for one in graph.node] + ["Loop", "Magic", "Expand", ""], rng)
    elif choice == 7:
        model.opset_import[0].version = int(rng.choice([0, 1, 7, 13, 99, 2**31 - 1, -1]))
    else:
        del graph.node[int(rng.integers(0, len(graph.node)))]


def _extreme_attribute(attribute: Any, rng: np.random.Generator) -> None:
    if attribute.ints:
        attribute.ints[int(rng.integers(0, len(attribute.ints)))] = int(rng.choice(EXTREMES))
    elif rng.random() < 0.5:
        attribute.i = int(rng.choice(EXTREMES))
    else:
        attribute.f = float(rng.choice(FLOATS))


def _with_extreme(values: Any, rng: np.random.Generator) -> Any:
    changed = np.array(values, np.int32)
    if len(changed):
        changed[int(rng.integers(0, len(changed)))] = rng.choice(np.array(EXTREMES, np.int64))
    return changed


def _one(options: Any, rng: np.random.Generator) -> Any:
    return options[int(rng.integers(0, len(options)))]
