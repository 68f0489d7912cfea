"""Many images -> one memory-mapped array, decoded once. Knows no class and no split.

An array lies in the cache as `KEY.npy`, with `KEY.json` that lists the images left out of it. For files the key
covers each one's path, size and time of change, so a changed file is decoded again.
"""

import hashlib
import math
import os
import shutil
import warnings
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, NotRequired, TypedDict

from edgekit.datasets.base import DatasetRequest, hash_of_images
from edgekit.datasets.files.states import FileStates
from edgekit.datasets.images.checksums import ArrayChecksums
from edgekit.datasets.images.decoding import BrokenImageError, DecodedImage, Kind, decode_file
from edgekit.datasets.images.form import ImageForm
from edgekit.foundation.atomic_files import atomic_path, write_json
from edgekit.foundation.errors import DatasetError, RunFolderError
from edgekit.foundation.files.cache_folder import check_private, made_private
from edgekit.foundation.files.documents import read_json
from edgekit.foundation.files.schema import Count

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CACHE_VERSION = 4
"""Part of every key: raise it when decoding changes."""

FOLDER = "decoded-images"

Skipped = list[tuple[str, str]]
Decode = Callable[[str], DecodedImage]
"""The name of an image -> the image; raises BrokenImageError."""


class _ArrayDocument(TypedDict):
    """What lies beside a decoded array: which images are left out of it, of which kinds they are, and its checksum."""

    skipped: Skipped
    sha256: str
    kinds: NotRequired[dict[str, Count]]


@dataclass(frozen=True, kw_only=True)
class ImageList:
    """Images that can be decoded one by one.

    Attributes:
        root: Where they are, for messages.
        names: One name per image, at least one, all different.
        key: Changes with every change of an image or of the list.
        decode: One image at the wanted size.
    """

    root: str
    names: Sequence[str]
    key: str
    decode: Decode


@dataclass(frozen=True, kw_only=True, eq=False)
class DecodedImages:
    """What came out of a list of files.

    Attributes:
        images: uint8 (N, height, width, C), memory-mapped and read-only.
        skipped: Positions in the list that were left out, rising; N and their number make the whole list.
        kinds: How many images were of each kind.
        checksums: Of `images`.
    """

    images: "NDArray[np.uint8]"
    skipped: tuple[int, ...]
    kinds: Counter[Kind]
    checksums: ArrayChecksums


def decode_images(
    root: Path, names: Sequence[str], form: ImageForm, split_name: str, request: DatasetRequest, states: FileStates
) -> DecodedImages:
    """Decode `root / name` for every name, in parallel, or find them in the cache; see `decode_list`."""
    images = ImageList(
        root=str(root),
        names=names,
        key=states.key(names, CACHE_VERSION, form.key, str(root.resolve())),
        decode=lambda name: decode_file(root / name, form),
    )
    return decode_list(images, form, split_name, request)


def decode_list(images: ImageList, form: ImageForm, split_name: str, request: DatasetRequest) -> DecodedImages:
    """Decode all images, in parallel, or find them in the cache. Memory does not grow with their number.

    Args:
        images: What to decode.
        form: What they become.
        split_name: For the progress report.
        request: `skip_broken`, `cache_dir` and `progress` are used.

    Raises:
        DatasetError: An image is broken and `skip_broken` is not set, or the cache cannot be written.
    """
    import numpy as np

    folder = request.cache_dir / FOLDER
    names = images.names
    array_path = folder / f"{images.key}.npy"
    list_path = array_path.with_suffix(".json")
    try:
        if not (array_path.is_file() and list_path.is_file()):
            with made_private(request.cache_dir), atomic_path(array_path) as temporary:
                _check_space(folder, len(names) * math.prod(form.shape))
                broken, kinds = _write_array(temporary, images, form, split_name, request)
                sha256 = hash_of_images(np.load(temporary, mmap_mode="r")).hexdigest()
                document = {"root": images.root, "skipped": broken, "sha256": sha256, **_noteworthy(kinds)}
                write_json(list_path, document)
        check_private(request.cache_dir)
        array = np.load(array_path, mmap_mode="r")
        listed = read_json(list_path, _ArrayDocument)
        broken, checksums = listed["skipped"], ArrayChecksums(array_path, array)
        kinds = Counter({Kind(kind): count for kind, count in listed.get("kinds", {Kind.COLOR: len(array)}).items()})
        places = {name: place for place, name in enumerate(names)}
        skipped = tuple(sorted(places[name] for name, _ in broken))
        is_whole = array.shape == (len(names) - len(broken), *form.shape) and array.dtype == np.uint8
        if not is_whole or checksums.of_images != listed["sha256"]:
            raise ValueError(f"{array_path} was changed.")  # noqa: TRY301
    except (RunFolderError, OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(
            f"The decoded images cannot be kept in {folder}: {error} The folder can be emptied at any time; "
            f"EDGEKIT_CACHE names another one."
        ) from error
    if broken and not request.skip_broken:
        raise _broken(images.root, *broken[0])
    return DecodedImages(images=array, skipped=skipped, kinds=kinds, checksums=checksums)


def _noteworthy(kinds: Counter[Kind]) -> dict[str, dict[str, int]]:
    """What the list of an array says of them; nothing if all are plain color images."""
    return {} if set(kinds) <= {Kind.COLOR} else {"kinds": {kind.value: count for kind, count in sorted(kinds.items())}}


def digest_of(*parts: object) -> str:
    """A key made from the texts of `parts`."""
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _check_space(folder: Path, needed: int) -> None:
    """Raise DatasetError if so many bytes have no room: better now than after an hour of decoding."""
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise DatasetError(
            f"The decoded images need {needed:,} bytes in {folder}, where {free:,} are free. Free space there, name "
            f"another folder in EDGEKIT_CACHE, or take smaller images."
        )


def _write_array(
    path: Path, images: ImageList, form: ImageForm, split_name: str, request: DatasetRequest
) -> tuple[Skipped, Counter[Kind]]:
    """Write all whole images as .npy; returns (name, reason) of the others, and what the images were.

    Written as a stream, not through a memory map: a full disk is then an error and not a killed process.
    """
    broken: Skipped = []
    kinds: Counter[Kind] = Counter()
    with (
        path.open("wb") as file,
        _quiet_pillow(),
        request.progress.task(f"Decoding {split_name} images", len(images.names)) as advance,
    ):
        _write_header(file, (len(images.names), *form.shape))
        for name, result in _decoded_in_order(images):
            if not isinstance(result, BrokenImageError):
                file.write(result.pixels.tobytes())
                kinds[result.kind] += 1
            elif request.skip_broken:
                broken.append((name, str(result)))
            else:
                raise _broken(images.root, name, str(result))
            advance(1)
        file.seek(0)
        _write_header(file, (len(images.names) - len(broken), *form.shape))
    return broken, kinds


def _write_header(file: IO[bytes], shape: tuple[int, ...]) -> None:
    """A .npy header has room for a first dimension of any size, so a later one fits over an earlier one."""
    import numpy as np

    np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})


def _decoded_in_order(images: ImageList) -> Iterator[tuple[str, "DecodedImage | BrokenImageError"]]:
    """Decode on every core, and never hold more than a few images at once."""
    num_workers = os.cpu_count() or 1
    waiting: deque[tuple[str, Future[DecodedImage | BrokenImageError]]] = deque()
    pool = ThreadPoolExecutor(num_workers, thread_name_prefix="decode")
    try:
        for name in images.names:
            waiting.append((name, pool.submit(_try_decode, images.decode, name)))
            if len(waiting) >= 8 * num_workers:
                first, future = waiting.popleft()
                yield first, future.result()
        while waiting:
            first, future = waiting.popleft()
            yield first, future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _try_decode(decode: Decode, name: str) -> "DecodedImage | BrokenImageError":
    try:
        return decode(name)
    except BrokenImageError as error:
        return error


@contextmanager
def _quiet_pillow() -> Iterator[None]:
    """Without Pillow's remarks on odd but readable files."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="PIL")
        yield


def _broken(root: str, name: str, reason: str) -> DatasetError:
    return DatasetError(
        f"The image {root}/{name} cannot be read: {reason}. Repair or remove it, or leave broken images out with "
        f"--skip-broken."
    )
