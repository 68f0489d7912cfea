"""Arrays that are files: where their bytes lie, and how to go through them without holding them all in memory."""

import mmap
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PIECE = 4096
"""Rows that are worked on at once, at most."""

PIECE_NUMBERS = 32 * PIECE
"""Numbers that are worked on at once: fewer rows if each has more than 32, such as a thousand scores."""

PIXELS = 2**18
"""Pixels of the images that go through a network together, at most: 64 images of 64 x 64, 5 of 224 x 224. More cost
memory for every activation, and no processor is faster for it."""

LARGE = 2**21
"""Bytes from which on an array is kept in a temporary file rather than in memory."""

SPAN = 2**22
"""Bytes of a file that are looked at together if rows are taken out of all of it."""


def pieces(num_rows: int, *arrays: "NDArray[Any]", size: int | None = None) -> Iterator[slice]:
    """Consecutive slices of `num_rows` rows; `arrays` that are mapped files give back what was read of them."""
    if size is None:
        widest = max((array[:1].size for array in arrays), default=1)
        size = max(1, min(PIECE, PIECE_NUMBERS // max(1, widest)))
    for start in range(0, num_rows, size):
        yield slice(start, min(start + size, num_rows))
        for array in arrays:
            release(array)


def images_at_once(image_shape: tuple[int, ...], most: int, num_pixels: int = PIXELS) -> int:
    """How many images go through a network in one batch: `most`, or fewer if these have more than `num_pixels`.

    Args:
        image_shape: (height, width, ...).
        most: At least 1; what is best for small images.
        num_pixels: Together, all images; one image may hold more.
    """
    return max(1, min(most, num_pixels // (image_shape[0] * image_shape[1])))


def rows_at(array: "NDArray[Any]", places: "NDArray[Any]") -> "NDArray[Any]":
    """`array[places]` in its own memory; a mapped file is read from its beginning to its end, a span at a time.

    Args:
        array: (N, ...).
        places: Whole numbers (n,), 0 to N - 1, in any order.
    """
    import numpy as np

    if _mapping(array) is None or array.nbytes <= SPAN:
        return np.array(array[places])
    rows = np.empty((len(places), *array.shape[1:]), array.dtype)
    order = np.argsort(places)
    for part in np.array_split(order, -(-array.nbytes // SPAN)):
        rows[part] = array[places[part]]
        release(array)
    return rows


def put_together(
    parts: Callable[[], Iterable["NDArray[Any]"]], shape: tuple[int, ...], dtype: "np.dtype[Any] | type[Any]"
) -> "NDArray[Any]":
    """One array of consecutive parts: in memory, or, a large one, a mapped file without a name.

    Args:
        parts: Makes the parts; called again if there was no room for a file.
        shape: Of the whole.
        dtype: Of the whole; each part has it too.
    """
    import tempfile

    import numpy as np

    dtype = np.dtype(dtype)
    if int(np.prod(shape)) * dtype.itemsize >= LARGE:
        try:
            with tempfile.TemporaryFile(prefix="edgekit-") as file:
                for part in parts():
                    file.write(np.ascontiguousarray(part, dtype).data)
                file.flush()
                return np.memmap(file, dtype=dtype, mode="r", shape=shape)
        except OSError:  # no room: then memory it is
            pass
    return np.concatenate([np.asarray(part, dtype) for part in parts()]).reshape(shape)


def take_rows(array: "NDArray[Any]", places: "NDArray[Any]") -> "NDArray[Any]":
    """`array[places]` a piece at a time, in memory or in a mapped file; see `put_together`.

    Args:
        array: (N, ...).
        places: Whole numbers (n,), 0 to N - 1, in any order.
    """
    return put_together(
        lambda: (rows_at(array, places[piece]) for piece in pieces(len(places), array)),
        (len(places), *array.shape[1:]),
        array.dtype,
    )


def release(array: "NDArray[Any]") -> None:
    """Release the pages of a file that is mapped for reading; other arrays are not affected."""
    mapping = _mapping(array)
    if mapping is not None and hasattr(mapping, "madvise"):
        mapping.madvise(mmap.MADV_DONTNEED)


def place_of(array: "NDArray[Any]") -> tuple[Path, int] | None:
    """(file, offset in bytes) where the bytes of `array` lie one after the other; None if they are not in a file."""
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
