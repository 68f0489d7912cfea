"""Large arrays of an uncompressed .npz as memory maps, so that they take no memory. Unpickles nothing."""

import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from edgekit.foundation.files.npz_files import ArrayFile, ArrayHeader, read_header

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIN_BYTES = 2**25
"""Smaller arrays are read: that is quicker than it is to map them."""

LOCAL_HEADER = struct.Struct("<4s22xHH")
"""Of a zip file: signature, lengths of the name and of the extra field; the content follows."""

BLOCK = 2**20


class MappedArrays(Mapping[str, Any]):
    """The arrays of an .npz file; each is read, or mapped, when it is asked for.

    Args:
        path: The file.
        arrays: The same file, open.
    """

    def __init__(self, path: Path, arrays: ArrayFile) -> None:
        self._path = path
        self._arrays = arrays

    def __getitem__(self, name: str) -> "NDArray[Any]":
        info = self._arrays.members.get(name)
        mapped = map_member(self._path, info) if info else None
        return self._arrays[name] if mapped is None else mapped

    def header(self, name: str) -> ArrayHeader:
        """What an array says of itself; the array is not read."""
        return self._arrays.header(name)

    def __contains__(self, name: object) -> bool:
        return name in self._arrays  # Mapping's own would read the array

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays.members)


def map_member(path: Path, info: zipfile.ZipInfo) -> "NDArray[Any] | None":
    """The array in the member `info` of `path`, mapped for reading; None if it must be read as any other.

    Its checksum is compared, for a mapped array is used without zipfile's own check.

    Raises:
        zipfile.BadZipFile: The member is damaged.
        ValueError: It holds something else than one array.
    """
    import numpy as np

    if info.compress_type != zipfile.ZIP_STORED or info.file_size < MIN_BYTES or info.flag_bits & 1:
        return None
    with path.open("rb") as file:
        file.seek(info.header_offset)
        signature, name_length, extra_length = LOCAL_HEADER.unpack(file.read(LOCAL_HEADER.size))
        start = info.header_offset + LOCAL_HEADER.size + name_length + extra_length
        if signature != b"PK\x03\x04" or _checksum(file, start, info.file_size) != info.CRC:
            raise zipfile.BadZipFile(f"Bad CRC-32 for file '{info.filename}'")
        file.seek(start)
        header = read_header(file, info.file_size, start)
    return None if header.is_fortran else np.memmap(path, header.dtype, "r", start + header.offset, header.shape)


def _checksum(file: IO[bytes], start: int, size: int) -> int:
    """CRC-32 of `size` bytes from `start` on."""
    file.seek(start)
    found, remaining = 0, size
    while remaining and (block := file.read(min(BLOCK, remaining))):
        found, remaining = zlib.crc32(block, found), remaining - len(block)
    return found
