"""The bytes of a `.tflite` from its objects, in a buffer that has the right size from the start.

flatbuffers doubles a buffer that is too small, and copies what it gives twice: five copies of a large network.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from edgekit.exporting.base import replaced

IDENTIFIER = b"TFL3"
OVERHEAD = 2**16
"""Bytes for all that is not a buffer, before the buffer has to grow after all."""
ALIGNMENT = 16
"""Bytes that a buffer may lose to its alignment, with its length."""


def packed(model: Any) -> bytes:
    """The file of a `ModelT`; the bytes do not depend on the size of the buffer."""
    import flatbuffers

    sizes = (len(buffer.data) for buffer in model.buffers or () if buffer.data is not None)
    builder = flatbuffers.Builder(OVERHEAD + sum(size + 2 * ALIGNMENT for size in sizes))
    builder.Finish(model.Pack(builder), IDENTIFIER)
    return bytes(memoryview(builder.Bytes)[builder.Head() :])


@contextmanager
def tensorflow_packs_so() -> Iterator[None]:
    """Let TensorFlow's converter, which packs every file again to merge equal buffers, use this too."""
    from tensorflow.lite.tools import flatbuffer_utils

    with replaced(flatbuffer_utils, "convert_object_to_bytearray", lambda model, extra=b"": packed(model) + extra):
        yield
