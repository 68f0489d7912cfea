"""Images as files that worker processes read: where they lie already, or written once, in constant memory."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.foundation.errors import VerificationError
from edgekit.foundation.mapped_arrays import place_of, release

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WRITE_BATCH = 1024


def images_file(images: "NDArray[np.uint8]", path: Path) -> Path:
    """A file that workers read `images` from: uint8 (N, H, W, 3), RGB.

    Images that are mapped from a file stay where they are: only a note is written, `path` with the suffix .json.
    Others are written to `path`, an .npy.
    """
    place = place_of(images)
    if place is None:
        return write_images(images, path)
    note = path.with_suffix(".json")
    note.write_text(json.dumps({"path": str(place[0].resolve()), "offset": place[1], "shape": list(images.shape)}))
    return note


def write_images(images: "NDArray[np.uint8]", path: Path, chosen: "NDArray[np.int64] | None" = None) -> Path:
    """Write uint8 (N, H, W, 3), or those `chosen` of them, as .npy; raises VerificationError on a full disk.

    Some images at a time are in memory.
    """
    import numpy as np

    count = len(images) if chosen is None else len(chosen)
    try:
        with path.open("wb") as file:
            shape = (count, *(int(size) for size in images.shape[1:]))
            np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
            for start in range(0, count, WRITE_BATCH):
                part = slice(start, start + WRITE_BATCH)
                file.write(np.ascontiguousarray(images[part if chosen is None else chosen[part]]).data)
                release(images)
    except OSError as error:
        raise VerificationError(
            f"The test images ({images.nbytes:,} bytes) could not be written to {path.parent}: "
            f"{error.strerror or error}. Free space there, or set TMPDIR to another folder."
        ) from error
    return path
