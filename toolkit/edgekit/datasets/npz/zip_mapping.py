"""Large arrays of an uncompressed .npz as memory maps, so that they take no memory. Unpickles nothing."""

import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

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
        arrays: The same file, opened by numpy.
    """

    def __init__(self, path: Path, arrays: Any) -> None:
        self._path = path
        self._arrays = arrays
        self._members = {info.filename.removesuffix(".npy"): info for info in arrays.zip.infolist()}

    def __getitem__(self, name: str) -> "NDArray[Any]":
        info = self._members.get(name)
        mapped = map_member(self._path, info) if info else None
        return self._arrays[name] if mapped is None else mapped

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays.files)

    def __len__(self) -> int:
        return len(self._arrays.files)


def map_member(path: Path, info: zipfile.ZipInfo) -> "NDArray[Any] | None":
    """The array in the member `info` of `path`, mapped for reading; None where it must be read as any other.

    Its checksum is compared, for a mapped array is used without zipfile's own check.

    Raises:
        zipfile.BadZipFile: The member is damaged.
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
        read_header = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }.get(np.lib.format.read_magic(file))
        if read_header is None:
            return None
        shape, is_fortran, dtype = read_header(file)
        offset = file.tell()
    num_bytes = int(np.prod(shape, dtype=object)) * dtype.itemsize
    if is_fortran or dtype.hasobject or offset + num_bytes != start + info.file_size:
        return None
    return np.memmap(path, dtype, "r", offset, shape)


def _checksum(file: IO[bytes], start: int, size: int) -> int:
    """CRC-32 of `size` bytes from `start` on."""
    file.seek(start)
    found, remaining = 0, size
    while remaining and (block := file.read(min(BLOCK, remaining))):
        found, remaining = zlib.crc32(block, found), remaining - len(block)
    return found
