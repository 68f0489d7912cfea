"""Where the pixels of CIFAR-10 lie: a folder or a .tar.gz, the Python version or the binary one.

Reads the few files that are needed, one at a time; nothing is unpacked to the disk.
"""

import gzip
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any, TypeVar

from edgekit.datasets.base import Split
from edgekit.datasets.cifar10.safe_pickle import PickledArray, as_text, read_pickle
from edgekit.foundation.errors import DatasetError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIDE = 32
NUM_PIXEL_BYTES = 3 * SIDE * SIDE
FOLDERS = ("cifar-10-batches-py", "cifar-10-batches-bin")
BATCH = re.compile(r"(?:data_batch_(?P<number>\d+)|test_batch)(?P<suffix>\.bin)?")
NAMES_FILES = ("batches.meta", "batches.meta.txt")

T = TypeVar("T")
Wanted = Callable[[str], bool]
Read = Callable[[IO[bytes], str], T]


def read_files(location: Path, is_wanted: Wanted, read: Read[T]) -> Iterator[tuple[str, T]]:
    """(name, what `read(file, name)` makes of it) for every wanted file of a folder or archive.

    Raises:
        DatasetError: There is nothing at `location`, or it cannot be read or trusted.
    """
    if location.is_dir():
        return _read_folder(location, is_wanted, read)
    if location.is_file():
        return _read_archive(location, is_wanted, read)
    raise DatasetError(
        f"There is no {location}. Expected the CIFAR-10 archive (.tar.gz) or a folder {' or '.join(FOLDERS)}."
    )


def _read_folder(location: Path, is_wanted: Wanted, read: Read[T]) -> Iterator[tuple[str, T]]:
    for path in _paths_in_folder(location, is_wanted):
        try:
            with path.open("rb") as file:
                yield path.name, read(file, path.name)
        except OSError as error:
            raise DatasetError(f"{path} cannot be read: {error.strerror or error}.") from error


def _paths_in_folder(location: Path, is_wanted: Wanted) -> list[Path]:
    """The wanted files of the first folder that holds a test batch: `location` itself, or one in it."""
    for folder in (location, *(location / name for name in FOLDERS)):
        paths = sorted(path for path in folder.glob("*batch*") if is_wanted(path.name))
        if any(path.name.startswith("test_batch") for path in paths):
            return paths
    return []


def _read_archive(location: Path, is_wanted: Wanted, read: Read[T]) -> Iterator[tuple[str, T]]:
    try:
        with gzip.open(location) as unpacked:
            with tarfile.open(fileobj=unpacked, mode="r:") as archive:
                for member in archive:
                    _check_member(location, member)
                    name = PurePosixPath(member.name).name
                    if is_wanted(name) and (file := archive.extractfile(member)):
                        yield name, read(file, name)
            while unpacked.read(1 << 20):  # to the end: only there does gzip compare its checksum
                pass
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        raise DatasetError(
            f"{location} is not a whole .tar.gz archive: {error}. Expected cifar-10-python.tar.gz; get it again."
        ) from error


def _check_member(location: Path, member: tarfile.TarInfo) -> None:
    path = PurePosixPath(member.name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", member.name):
        raise DatasetError(
            f"{location} was rejected: its member '{member.name}' would leave the folder it is unpacked to. "
            f"The official archive holds no such path; get it again from a source that you trust."
        )
    if not (member.isreg() or member.isdir()):
        raise DatasetError(
            f"{location} was rejected: its member '{member.name}' is neither a file nor a folder but a link or a "
            f"device. The official archive holds none; get it again from a source that you trust."
        )


def read_names(file: IO[bytes], name: str) -> tuple[str, ...]:
    """The class names in `batches.meta` or `batches.meta.txt`; raises DatasetError."""
    if name.endswith(".txt"):
        return tuple(line.strip() for line in file.read().decode("latin1").splitlines() if line.strip())
    names = read_pickle(file, name).get("label_names")
    if not isinstance(names, list) or not all(isinstance(label, str | bytes) for label in names):
        raise DatasetError(f"{name} holds no list 'label_names'. Expected batches.meta of CIFAR-10.")
    return tuple(as_text(label) for label in names)


def read_batch(file: IO[bytes], name: str) -> Split:
    """The images uint8 (n, 32, 32, 3) and labels int64 (n,) of one batch; raises DatasetError."""
    return _read_binary(file, name) if name.endswith(".bin") else _read_pickled(file, name)


def _read_pickled(file: IO[bytes], name: str) -> Split:
    import numpy as np

    content = read_pickle(file, name)
    data, labels = content.get("data"), content.get("labels")
    if not isinstance(data, PickledArray) or not isinstance(labels, list):
        raise DatasetError(
            f"{name} is not a batch of CIFAR-10. Expected an array 'data' and a list 'labels', "
            f"received {', '.join(content) or 'nothing'}."
        )
    if not all(type(label) is int and 0 <= label < 256 for label in labels):
        raise DatasetError(f"The labels in {name} must be whole numbers from 0 to 9.")
    pixels = data.to_numpy()
    if pixels.shape != (len(labels), NUM_PIXEL_BYTES):
        raise DatasetError(
            f"{name} contradicts itself: {len(labels)} labels and pixels of shape {pixels.shape}. "
            f"Expected ({len(labels)}, {NUM_PIXEL_BYTES})."
        )
    return Split(images=_as_images(pixels), labels=np.array(labels, np.int64))


def _read_binary(file: IO[bytes], name: str) -> Split:
    import numpy as np

    content = np.frombuffer(file.read(), np.uint8)
    row_bytes = 1 + NUM_PIXEL_BYTES
    if len(content) % row_bytes:
        raise DatasetError(
            f"{name} is truncated or not a binary batch of CIFAR-10: {len(content):,} bytes, "
            f"expected a multiple of {row_bytes:,}. Get it again."
        )
    rows = content.reshape(-1, row_bytes)
    return Split(images=_as_images(rows[:, 1:]), labels=rows[:, 0].astype(np.int64))


def _as_images(pixels: "NDArray[Any]") -> "NDArray[np.uint8]":
    """(n, 3072), all red, all green, all blue -> (n, 32, 32, 3)."""
    import numpy as np

    return np.ascontiguousarray(pixels.reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1))
