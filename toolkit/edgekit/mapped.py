"""Arrays that are files: where their bytes lie, and how to go through them without holding them all in memory."""

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

PIECE = 16_384
"""Rows that are worked on at once."""


def pieces(num_rows: int, *arrays: "NDArray[Any]", size: int = PIECE) -> Iterator[slice]:
    """Consecutive slices of `num_rows` rows; `arrays` that are mapped files give back what was read of them."""
    for start in range(0, num_rows, size):
        yield slice(start, min(start + size, num_rows))
        for array in arrays:
            release(array)


def release(array: "NDArray[Any]") -> None:
    """Let the system forget the pages of a file that is mapped for reading; nothing happens to any other array."""
    mapping = _mapping(array)
    if mapping is not None and hasattr(mapping, "madvise"):
        mapping.madvise(mmap.MADV_DONTNEED)


def place_of(array: "NDArray[Any]") -> tuple[Path, int] | None:
    """(file, offset in bytes) where the bytes of `array` lie one behind the other; None where they lie in no file."""
    import numpy as np

    mapping = _mapping(array)
    if mapping is None or not isinstance(array, np.memmap) or array.filename is None or not array.flags.c_contiguous:
        return None
    start_of_mapping = np.frombuffer(mapping, np.uint8, count=1).ctypes.data
    first_mapped = array.offset - array.offset % mmap.ALLOCATIONGRANULARITY
    return Path(array.filename), first_mapped + array.ctypes.data - start_of_mapping


def _mapping(array: Any) -> mmap.mmap | None:
    """The mapping that `array` looks into, if it is one for reading only: others hold what no file holds."""
    import numpy as np

    while array is not None and not isinstance(array, mmap.mmap):
        if isinstance(array, np.memmap) and array.mode != "r":
            return None
        array = getattr(array, "base", None)
    return array
