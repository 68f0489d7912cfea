"""Arrays of an .npz file: checked before they are read, read to the end, never unpickled.

numpy allocates what an array's header claims, and zipfile compares a checksum only when the last byte of a member was
read. So a header must claim exactly what its member holds, and every member is read to its end.
"""

import math
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from edgekit.foundation.errors import first_line_of
from edgekit.foundation.machine import available_memory_bytes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BLOCK = 2**20
"""Bytes that are unpacked at once."""

DAMAGE = (
    OSError,
    EOFError,
    LookupError,
    MemoryError,
    NotImplementedError,
    OverflowError,
    RecursionError,
    RuntimeError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What numpy and zipfile let through if a file is damaged or something else."""


@dataclass(frozen=True, kw_only=True)
class ArrayHeader:
    """The header of an array in a file.

    Attributes:
        shape: Its shape.
        dtype: Its type; never of Python objects.
        is_fortran: Whether its first axis is the fastest.
        offset: Bytes before its content.
    """

    shape: tuple[int, ...]
    dtype: "np.dtype[Any]"
    is_fortran: bool
    offset: int

    @property
    def num_bytes(self) -> int:
        """Of its content."""
        return math.prod(self.shape) * self.dtype.itemsize


class ArrayFile:
    """An open .npz file.

    Args:
        source: A path, or an open file of bytes.

    Raises:
        OSError: It is not there.
        ValueError: It is not a zip archive, or not a whole one.
    """

    def __init__(self, source: "Path | IO[bytes]") -> None:
        if isinstance(source, Path):
            source.stat()  # raises FileNotFoundError, where is_zipfile would say no
        if not zipfile.is_zipfile(source):  # numpy would take it for an array or a pickle
            raise ValueError("it is not an .npz file, or not a whole one")
        self.zip = zipfile.ZipFile(source)

    @property
    def members(self) -> dict[str, zipfile.ZipInfo]:
        """Name of an array -> its member of the archive."""
        return {info.filename.removesuffix(".npy"): info for info in self.zip.infolist()}

    def header(self, name: str) -> ArrayHeader:
        """What the array says of itself; raises what `DAMAGE` lists."""
        info = self.members[name]
        with self.zip.open(info) as file:
            return read_header(file, info.file_size)

    def __getitem__(self, name: str) -> "NDArray[Any]":
        """The array, whole; raises what `DAMAGE` lists."""
        import numpy as np

        header = self.header(name)
        _check_memory(name, header.num_bytes)
        content = np.empty(header.num_bytes, np.uint8)
        with self.zip.open(self.members[name]) as file:
            file.read(header.offset)
            done = 0
            while block := file.read(BLOCK):  # to the end: only there does zipfile compare its checksum
                content[done : done + len(block)] = np.frombuffer(block, np.uint8)
                done += len(block)
        if not len(content):
            return np.empty(header.shape, header.dtype)
        array = content.view(header.dtype).reshape(header.shape[::-1] if header.is_fortran else header.shape)
        return array.T if header.is_fortran else array

    def __contains__(self, name: object) -> bool:
        return name in self.members

    def __iter__(self) -> Iterator[str]:
        return iter(self.members)


def _check_memory(name: str, num_bytes: int) -> None:
    """Raise ValueError if an array does not fit into memory: a small file may unpack to any size."""
    available = available_memory_bytes()
    if available is not None and num_bytes > available:
        raise ValueError(
            f"the array '{name}' takes {num_bytes:,} bytes when it is unpacked, more than the {available:,} bytes of "
            f"memory that are free"
        )


@contextmanager
def open_arrays(source: "Path | IO[bytes]") -> Iterator[ArrayFile]:
    """An .npz file, open inside the block; raises what `DAMAGE` lists."""
    arrays = ArrayFile(source)
    with arrays.zip:
        yield arrays


def read_header(file: IO[bytes], size: int, start: int = 0) -> ArrayHeader:
    """The header of the .npy content of `size` bytes that begins at `start`, where `file` stands.

    Raises:
        ValueError: It is not such an array, holds Python objects, or claims more or fewer bytes than there are.
    """
    import numpy as np

    version = np.lib.format.read_magic(file)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in readers:
        raise ValueError(f"an array has the version {version[0]}.{version[1]} of numpy's format; expected 1.0 or 2.0")
    try:
        shape, is_fortran, dtype = readers[version](file)
    except (SyntaxError, tokenize.TokenError) as error:  # numpy evaluates the header as a literal of Python
        raise ValueError(f"the header of an array is not a header: {first_line_of(error)}") from error
    if dtype.hasobject:
        raise ValueError("Object arrays cannot be loaded: that would unpickle them")
    offset, claimed = file.tell() - start, math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or offset + claimed != size:
        raise ValueError(f"an array claims {claimed:,} bytes, and {size - offset:,} are there")
    return ArrayHeader(shape=shape, dtype=dtype, is_fortran=is_fortran, offset=offset)
