import numpy as np
import pytest
from support.files.onnx_graphs import model_of

from edgekit.exporting.onnx.graph import as_model, as_proto
from edgekit.exporting.onnx.serialization import MIN_BYTES, _varint, serialized


@pytest.mark.parametrize("dtype", ["float32", "float16", "int8"])
@pytest.mark.parametrize("count", [MIN_BYTES // 4 - 1, MIN_BYTES * 8])
def test_the_bytes_are_those_of_protobuf(dtype: str, count: int) -> None:
    large = np.random.default_rng(0).integers(-9, 9, (4, count)).astype(dtype)
    model = model_of(
        "g (float[N] x) => (float[N] y) {a = Cast<to = 1>(w) b = Cast<to = 1>(v) c = Add(a, b) y = Add(x, k)}",
        w=large,
        v=large.T,
        k=np.ones(1, np.float32),
    )
    model.metadata_props["a key"] = "a value"
    assert serialized(model) == as_proto(model).SerializeToString(deterministic=True)


def test_a_model_that_was_read_gives_its_own_bytes() -> None:
    import onnx

    w = np.ones((MIN_BYTES, 2), np.float32)
    model = model_of(f"g (float[N,{MIN_BYTES}] x) => (float[N,2] y) {{y = MatMul(x, w)}}", w=w)
    content = serialized(model)
    assert serialized(as_model(onnx.ModelProto.FromString(content))) == content


@pytest.mark.parametrize(("value", "content"), [(0, b"\0"), (127, b"\x7f"), (128, b"\x80\1"), (300, b"\xac\2")])
def test_whole_numbers_by_hand(value: int, content: bytes) -> None:
    """The example 300 is that of the description of the encoding."""
    assert _varint(value) == content
