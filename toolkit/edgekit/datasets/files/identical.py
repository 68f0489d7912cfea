"""Finds test images that are byte-identical to training images. Decodes nothing.

Files of a size that only one split has differ. Of the others the last bytes are compared, and only if these are
equal, all bytes.
"""

import hashlib
import os
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypedDict

from edgekit.datasets.base import DatasetRequest
from edgekit.datasets.files.listing import Listing
from edgekit.datasets.files.states import FileStates
from edgekit.datasets.images.cache import FOLDER, digest_of
from edgekit.foundation.atomic_files import write_json
from edgekit.foundation.errors import EdgekitError
from edgekit.foundation.files.cache_folder import check_private, made_private
from edgekit.foundation.files.documents import read_json
from edgekit.foundation.files.schema import Count
from edgekit.foundation.grammar import counted, noun

TAIL_BYTES = 512
"""Of compressed images, a few bytes near the end differ as soon as the pixels do."""


@dataclass(frozen=True, kw_only=True)
class IdenticalImages:
    """Test images whose file is, byte by byte, one of the training or validation images too.

    Attributes:
        num_test_images: How many test images.
        example: One test image and its duplicate, relative to the data set's folder; None if there is none.
    """

    num_test_images: int = 0
    example: tuple[str, str] | None = None

    def __bool__(self) -> bool:
        return self.num_test_images > 0

    def sentence(self, num_test: int) -> str:
        """What this means; `num_test` is the number of all test images."""
        example = f", for example {self.example[0]} and {self.example[1]}" if self.example else ""
        return (
            f"{self.num_test_images:,} of {counted(num_test, 'test image')} {noun(self.num_test_images, 'is', 'are')} "
            f"identical to training or validation images{example}: the accuracy measured on them is too high. Remove "
            f"them from one of the splits"
        )


Names = Sequence[str]


class _Document(TypedDict):
    """What is kept of a comparison."""

    num_test_images: Count
    example: tuple[str, str] | None


class KnownIdentical:
    """What `find_identical` has found for the same files in the same state, kept in the cache.

    Args:
        root: The folder that the names are relative to.
        listings: By split, "test" among them.
        states: Of all files.
        request: `cache_dir` is used.
    """

    def __init__(self, root: Path, listings: dict[str, Listing], states: FileStates, request: DatasetRequest) -> None:
        parts = [(split, states.key(listing.names)) for split, listing in sorted(listings.items())]
        self._path = request.cache_dir / FOLDER / f"{digest_of(str(root.resolve()), *parts)}.identical"
        self._cache_dir = request.cache_dir

    def read(self) -> IdenticalImages | None:
        """What was kept; None if nothing was, or if it cannot be believed."""
        with suppress(EdgekitError):
            if self._path.is_file():
                check_private(self._cache_dir)
                return IdenticalImages(**read_json(self._path, _Document))
        return None

    def keep(self, found: IdenticalImages) -> None:
        """For the next time; a cache that cannot be written only costs that time."""
        with suppress(EdgekitError, OSError), made_private(self._cache_dir):
            write_json(self._path, asdict(found))


def find_identical(root: Path, listings: dict[str, Listing], states: FileStates) -> IdenticalImages:
    """Compare the test images with those of the other splits.

    Args:
        root: The folder that the names are relative to.
        listings: By split, "test" among them.
        states: Of the files; their sizes are taken from it.
    """
    tests: Names = listings["test"].names
    others: Names = [name for split, listing in listings.items() if split != "test" for name in listing.names]
    keys: tuple[Callable[[str], Hashable], ...] = (
        states.size,
        lambda name: _tail(f"{root}/{name}", states.size(name) or 0),
        lambda name: _digest(f"{root}/{name}"),
    )
    for key in keys:
        tests, others = _in_both(tests, others, key)
        if not tests:
            return IdenticalImages()
    twins = {_digest(f"{root}/{name}"): name for name in others}
    first = min(tests)
    return IdenticalImages(num_test_images=len(tests), example=(first, twins[_digest(f"{root}/{first}")]))


def _in_both(tests: Names, others: Names, key: Callable[[str], Hashable]) -> tuple[list[str], list[str]]:
    """Those names of each side whose key the other side has too; files that cannot be read are in neither."""
    first, second = ({name: key(name) for name in names} for names in (tests, others))
    common = (set(first.values()) & set(second.values())) - {None}
    return [name for name in first if first[name] in common], [name for name in second if second[name] in common]


def _tail(path: str, size: int) -> tuple[int, int] | None:
    """The size of a file, and a hash of its last bytes; as few system calls as can be, a hundred thousand times."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return None
    try:
        os.lseek(descriptor, max(0, size - TAIL_BYTES), os.SEEK_SET)
        return size, hash(os.read(descriptor, TAIL_BYTES))
    except OSError:  # a pipe has no end
        return None
    finally:
        os.close(descriptor)


def _digest(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return hashlib.file_digest(file, "blake2b").digest()
    except OSError:
        return None
