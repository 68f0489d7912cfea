"""Passes weights through tf2onnx by name, because TensorFlow and tf2onnx would copy the numbers.

TensorFlow copies every weight some eight times to freeze a network, and tf2onnx copies its whole graph before each of
a dozen optimizers: 1 GB for a network of 20 MB. Here a *token* of a few bytes stands for the numbers. Code that needs
them, such as the optimizer that transposes kernels, gets them from `CarriedWeights`, so the same graph results.
Knows no graph of ONNX and no file.
"""

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from edgekit.exporting.base import replaced

if TYPE_CHECKING:
    import numpy as np
    import onnx
    from numpy.typing import NDArray

MARK = b"edgekit carries this weight: "
MIN_BYTES = 4096
"""Smaller constants travel as they are. tf2onnx looks at shapes, axes and the like in many places."""


class CarriedWeights:
    """The numbers that tokens stand for. Equal numbers have equal tokens, because tf2onnx merges equal constants."""

    def __init__(self) -> None:
        self._arrays: dict[bytes, NDArray[np.uint8]] = {}

    def token(self, array: "NDArray[Any]") -> bytes:
        """What stands for `array`, of any type and shape, whose numbers must not change any more."""
        import numpy as np

        plain = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
        token = MARK + hashlib.sha256(plain.data).digest()
        self._arrays.setdefault(token, plain)
        return token

    def array(self, token: bytes, dtype: "np.dtype[Any]", shape: tuple[int, ...]) -> "NDArray[Any]":
        """The numbers of `token`, not copied and read-only."""
        view = self._arrays[token].view(dtype).reshape(shape)
        view.flags.writeable = False
        return view

    def proto(self, array: "NDArray[Any]", name: str | None = None) -> "onnx.TensorProto":
        """As `onnx.numpy_helper.from_array`, but with a token instead of the numbers of a large array."""
        import onnx

        if array.nbytes < MIN_BYTES or array.dtype == object:
            return onnx.numpy_helper.from_array(array, name)
        kind = onnx.helper.np_dtype_to_tensor_dtype(array.dtype)
        return onnx.TensorProto(name=name, data_type=kind, dims=array.shape, raw_data=self.token(array))

    def array_of(self, proto: "onnx.TensorProto", base_dir: str = "") -> "NDArray[Any]":
        """As `onnx.numpy_helper.to_array`, also of what `proto` made."""
        import onnx

        if not is_token(proto.raw_data):
            return onnx.numpy_helper.to_array(proto, base_dir)
        return self.array(proto.raw_data, onnx.helper.tensor_dtype_to_np_dtype(proto.data_type), tuple(proto.dims))


def is_token(content: bytes) -> bool:
    """Whether `content`, where the bytes of a tensor are expected, stands for a weight."""
    return content.startswith(MARK)


@contextmanager
def known_to_tf2onnx(weights: CarriedWeights) -> Iterator[None]:
    """Let tf2onnx read and write tokens while the block runs."""
    from tf2onnx import graph, tf_utils

    tensor_data = tf_utils.get_tf_tensor_data

    def data_of(tensor: Any) -> "NDArray[Any]":
        from tensorflow import dtypes

        if not is_token(tensor.tensor_content):
            return tensor_data(tensor)
        shape = tuple(each.size for each in tensor.tensor_shape.dim)
        return weights.array(tensor.tensor_content, dtypes.as_dtype(tensor.dtype).as_numpy_dtype, shape)

    helper = SimpleNamespace(from_array=weights.proto, to_array=weights.array_of)
    with ExitStack() as stack:
        stack.enter_context(replaced(tf_utils, "get_tf_tensor_data", data_of))
        stack.enter_context(replaced(tf_utils, "numpy_helper", helper))
        stack.enter_context(replaced(graph, "numpy_helper", helper))
        yield
