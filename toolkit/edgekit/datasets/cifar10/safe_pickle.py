"""Reads the pickles of CIFAR-10 and rejects everything else that a pickle could hold.

A pickle is a program. Here the few names that these files call lead to stand-ins of our own, which only
keep what they are given: neither numpy nor any other library runs on the file's data. Every other name is rejected.
"""

import pickle
import struct
import zlib
from math import prod
from typing import IO, TYPE_CHECKING, Any

from edgekit.foundation.errors import DatasetError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_NUMPY_MODULES = ("numpy.core.multiarray", "numpy._core.multiarray")
_NUMERIC_MODULES = ("numpy.core.numeric", "numpy._core.numeric")


class PickledArray:
    """A uint8 array as it is in a pickle: shape, order of axes and bytes.

    Attributes:
        shape: Its dimensions.
        order: "C" or "F".
        data: The elements.
    """

    def __init__(self, *_: object) -> None:
        self.shape: tuple[int, ...] = (0,)
        self.order: Any = "C"
        self.data: bytes | bytearray = b""

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, self.shape, element, is_fortran, self.data = state
        self.order = "F" if is_fortran else "C"
        self._check(element)

    @classmethod
    def from_buffer(cls, data: Any, element: Any, shape: Any, order: Any) -> "PickledArray":
        """As newer pickles (protocol 5) write an array."""
        array = cls()
        array.data, array.shape, array.order = data, shape, order
        array._check(element)
        return array

    def _check(self, element: object) -> None:
        if not (
            isinstance(element, _UnsignedByte)
            and isinstance(self.data, bytes | bytearray)
            and isinstance(self.shape, tuple)
            and all(isinstance(length, int) and length >= 0 for length in self.shape)
            and self.order in ("C", "F")
            and prod(self.shape) == len(self.data)
        ):
            raise ValueError("an array's shape, type and bytes do not belong together")

    def to_numpy(self) -> "NDArray[np.uint8]":
        """The array, without a copy."""
        import numpy as np

        return np.frombuffer(self.data, np.uint8).reshape(self.shape, order=self.order)


class _UnsignedByte:
    """Stands for `numpy.dtype("u1")`, the only element type that is admitted."""

    def __init__(self, code: object, *_: object) -> None:
        if code not in ("u1", b"u1"):
            raise ValueError(f"an array of type {code!r}, expected unsigned bytes (u1)")

    def __setstate__(self, state: object) -> None:
        """Byte order and alignment mean nothing for single bytes."""


def _encode(text: object, encoding: object = "latin1") -> bytes:
    """How Python 3 writes bytes with pickle protocol 2."""
    if not isinstance(text, str) or encoding != "latin1":
        raise ValueError(f"text encoded as {encoding!r}, expected latin1")
    return text.encode("latin1")


_ADMITTED: dict[tuple[str, str], Any] = {
    ("_codecs", "encode"): _encode,
    ("numpy", "dtype"): _UnsignedByte,
    ("numpy", "ndarray"): PickledArray,
    **{(module, "_reconstruct"): PickledArray for module in _NUMPY_MODULES},
    **{(module, "_frombuffer"): PickledArray.from_buffer for module in _NUMERIC_MODULES},
}


class _RestrictedUnpickler(pickle.Unpickler):
    def find_class(self, module_name: str, global_name: str) -> Any:
        """Our stand-in for the name; raises DatasetError for a name that CIFAR-10 does not hold."""
        if (module_name, global_name) not in _ADMITTED:
            raise DatasetError(
                f"it asks for '{module_name}.{global_name}', which CIFAR-10 files never do: a pickle that calls "
                f"other code can do anything on this machine, so it was not opened"
            )
        return _ADMITTED[module_name, global_name]


def read_pickle(file: IO[bytes], name: str) -> dict[str, Any]:
    """The dictionary in a pickled file, its keys as text, its arrays as PickledArray, its strings as bytes or str.

    Args:
        file: Where to read from.
        name: What the file is called, for messages.

    Raises:
        DatasetError: The file is truncated, damaged, asks for code, or holds no dictionary.
    """
    try:
        content = _RestrictedUnpickler(file, encoding="bytes").load()
    except DatasetError as error:
        raise DatasetError(f"{name} was rejected: {error}.") from error
    except (
        pickle.UnpicklingError,
        struct.error,
        ArithmeticError,
        AttributeError,
        EOFError,
        LookupError,
        MemoryError,
        OSError,
        RecursionError,
        TypeError,
        ValueError,
        zlib.error,
    ) as error:
        raise DatasetError(
            f"{name} is not a whole CIFAR-10 file: {error or type(error).__name__}. Expected a pickle of the official "
            f"archive; get it again."
        ) from error
    if not isinstance(content, dict):
        raise DatasetError(
            f"{name} is not a CIFAR-10 file. Expected a pickled dictionary, received {type(content).__name__}."
        )
    return {as_text(key): value for key, value in content.items()}


def as_text(value: object) -> str:
    """Text that Python 2 may have written as bytes."""
    return value.decode("latin1") if isinstance(value, bytes) else str(value)
