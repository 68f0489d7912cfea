"""Checksums of an array in the cache, kept beside it: computing them again took most of the time of opening a folder.

They are believed as long as size, change times and file number of the array are those at which they were computed,
as make and git believe files; else everything is computed again.
"""

import hashlib
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from edgekit.datasets.base import hash_of_images
from edgekit.foundation.atomic_files import write_json
from edgekit.foundation.errors import EdgekitError
from edgekit.foundation.files.documents import read_json

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SUFFIX = ".sums"
SETTLED_NS = 100_000_000
"""An array that was changed less than this before it was looked at may be changed once more without its time showing
it. File systems count in steps of up to some hundredths of a second."""


class _Document(TypedDict):
    """What is kept: the state of the array's file, its checksum, and those of the splits that it is in."""

    state: list[int]
    images: str
    splits: dict[str, str]


class ArrayChecksums:
    """The checksums of one array.

    Args:
        path: The array's file.
        images: The same, mapped.
    """

    def __init__(self, path: Path, images: "NDArray[np.uint8]") -> None:
        self._path, self._images = path.with_suffix(SUFFIX), images
        status = path.stat()
        self._state = [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
        self._is_settled = time.time_ns() - max(status.st_mtime_ns, status.st_ctime_ns) > SETTLED_NS
        self._hash: Any = None
        self._known = self._read()

    @property
    def of_images(self) -> str:
        """The hex digest of `hash_of_images`."""
        if self._known["images"] == "":
            self._known["images"] = self._hash_of_images().hexdigest()
            self._keep()
        return self._known["images"]

    def of_split(self, labels: "NDArray[np.int64]") -> str:
        """`Split.sha256` of these images and labels, int64 (N,)."""
        import numpy as np

        data = np.ascontiguousarray(labels, "<i8").data
        key = hashlib.sha256(data).hexdigest()[:32]
        if key not in self._known["splits"]:
            digest = self._hash_of_images().copy()
            digest.update(data)
            self._known["splits"][key] = digest.hexdigest()
            self._keep()
        return self._known["splits"][key]

    def _hash_of_images(self) -> Any:
        if self._hash is None:
            self._hash = hash_of_images(self._images)
        return self._hash

    def _read(self) -> _Document:
        with suppress(EdgekitError):
            if self._path.is_file():
                found: _Document = read_json(self._path, _Document)
                if found["state"] == self._state:
                    return found
        return {"state": self._state, "images": "", "splits": {}}

    def _keep(self) -> None:
        """For the next time; a cache that cannot be written only costs that time."""
        if self._is_settled:
            with suppress(EdgekitError, OSError):
                write_json(self._path, self._known)
