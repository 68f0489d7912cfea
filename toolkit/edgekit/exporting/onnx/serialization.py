"""The bytes of an ONNX graph, put together without a second copy of its weights.

`SerializeToString` holds a network three times over: in the message, in its own buffer, and in what it returns. Here
the parts that are small are serialized by it, and the numbers of large constants are put between them, as the encoding
of Protocol Buffers has it. The bytes are the same.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from edgekit.exporting.onnx.graph import as_proto

if TYPE_CHECKING:
    import onnx_ir as ir

MIN_BYTES = 2**16
"""Smaller constants are serialized with the rest."""

_GRAPH, _INITIALIZER, _RAW_DATA = 7, 5, 9
"""Numbers of fields: `ModelProto.graph`, `GraphProto.initializer`, `TensorProto.raw_data`."""

Part = bytes | memoryview


def serialized(model: "ir.Model") -> bytes:
    """As `as_proto(model).SerializeToString(deterministic=True)`; holds one copy of the weights, what it returns."""
    constants = list(_constants(model))
    bare = model.clone()
    bare.graph.initializers.clear()
    proto = as_proto(bare)
    before, after = _parts_around(proto.graph, _INITIALIZER)
    graph = [before, *constants, after]
    proto.ClearField("graph")
    before, after = _parts_around(proto, _GRAPH)
    return b"".join([before, _key(_GRAPH, sum(map(len, graph))), *graph, after])


def _constants(model: "ir.Model") -> Iterator[Part]:
    """The entries of `GraphProto.initializer`, with their keys."""
    import onnx_ir as ir

    for value in model.graph.initializers.values():
        tensor = value.const_value
        assert tensor is not None  # noqa: S101 - for mypy
        if not isinstance(tensor, ir.Tensor) or tensor.nbytes < MIN_BYTES:
            content = ir.serde.serialize_tensor(tensor).SerializeToString(deterministic=True)
            yield from (_key(_INITIALIZER, len(content)), content)
            continue
        head = _head(tensor)
        numbers = _bytes_of(tensor)
        key = _key(_RAW_DATA, len(numbers))
        yield from (_key(_INITIALIZER, len(head) + len(key) + len(numbers)), head, key, numbers)


def _head(tensor: "ir.Tensor[Any]") -> bytes:
    """All fields in front of the numbers."""
    import onnx

    dims = tensor.shape.numpy()
    return onnx.TensorProto(dims=dims, data_type=int(tensor.dtype), name=tensor.name).SerializeToString(
        deterministic=True
    )


def _bytes_of(tensor: "ir.Tensor[Any]") -> memoryview:
    """The numbers, one after the other, the lowest byte of each first; not copied if they lie like that."""
    import numpy as np

    values = np.ascontiguousarray(tensor.numpy())
    return values.astype(values.dtype.newbyteorder("<"), copy=False).reshape(-1).view(np.uint8).data


def _parts_around(message: Any, number: int) -> tuple[bytes, bytes]:
    """A message without its field `number`: what is serialized before the field, and what after it."""
    front, behind = type(message)(), type(message)()
    front.CopyFrom(message)
    behind.CopyFrom(message)
    for field, _ in message.ListFields():
        (behind if field.number < number else front).ClearField(field.name)
    return front.SerializeToString(deterministic=True), behind.SerializeToString(deterministic=True)


def _key(number: int, length: int) -> bytes:
    """Tag and length of a field of bytes."""
    return _varint(number << 3 | 2) + _varint(length)


def _varint(value: int) -> bytes:
    """Seven bits per byte, the lowest first; the highest bit says that more follow."""
    content = bytearray()
    while value > 127:
        content.append(value & 127 | 128)
        value >>= 7
    content.append(value)
    return bytes(content)
