"""Whether the sums of an int8 `.onnx` file overflow on some processors. Runs nothing.

ONNX Runtime multiplies uint8 activations by int8 weights with VPMADDUBSW on x86 without VNNI. It adds two products in
16 bits and saturates at 32,767. With |weight| <= 64 no sum is beyond 255 * 64 * 2 = 32,640; with 127 it is 64,770.
Source: "Quantize ONNX models", ONNX Runtime's documentation, on U8S8 and reduce_range.
"""

from pathlib import Path

LARGEST_SAFE_WEIGHT = 64


def sums_can_overflow(path: Path) -> bool:
    """Whether an `.onnx` file has int8 weights, tensors of two dimensions or more, beyond 7 bits.

    False for a file that cannot be read, or whose weights lie in other files: running it reports that.
    """
    import numpy as np
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    try:
        graph = onnx.load(path, load_external_data=False).graph
    except (OSError, DecodeError, ValueError):
        return False
    return any(
        bool(np.abs(np.frombuffer(each.raw_data, np.int8).astype(np.int16)).max() > LARGEST_SAFE_WEIGHT)
        for each in graph.initializer
        if each.data_type == onnx.TensorProto.INT8 and len(each.dims) > 1 and each.raw_data
    )
