"""An untrusted zip -> files in a temporary folder, or an error. Nothing outside that folder is written.

Before anything is unpacked, the list of the zip must be one of a bundle: relative paths below one folder, each once,
on every file system; plain files; sizes that a bundle can have.
"""

import re
import stat
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from edgekit.foundation.errors import BundleError, first_line_of
from edgekit.foundation.grammar import counted
from edgekit.runs.manifest import is_inside

MAX_FILES = 20_000
MAX_BYTES = 2**34
MAX_RATIO = 200
"""A zip that claims to hold this many times its own size is a bomb."""

SMALL = 2**24
"""Claims up to this are harmless whatever their ratio."""

PIECE = 2**20

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\\:*?\"<>|\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def unpack(path: Path, target: Path) -> Path:
    """Unpack the zip at `path` into the empty folder `target`.

    Returns:
        The one folder that the zip holds.

    Raises:
        BundleError: It is not a zip, is damaged, or holds what no bundle holds.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not _is_folder(entry)]
            folder = _checked(path, archive.infolist(), entries, path.stat().st_size)
            for entry in entries:
                _unpack_one(archive, entry, target / entry.filename)
            return target / folder
    except FileNotFoundError as error:
        raise BundleError(f"There is no bundle {path}. Expected a .zip that edgekit bundle wrote.") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeDecodeError, RuntimeError) as error:
        raise BundleError(f"{path} is not a valid zip: {first_line_of(error)}. Copy or bundle it again.") from error
    except OSError as error:
        raise BundleError(f"{path} cannot be read or unpacked: {error.strerror or error}.") from error


def _is_folder(entry: zipfile.ZipInfo) -> bool:
    return entry.filename.endswith("/") and entry.file_size == 0  # is_dir() fails at an entry without a name


def _checked(path: Path, listed: list[zipfile.ZipInfo], entries: list[zipfile.ZipInfo], size: int) -> str:
    """The one folder of all entries; raises BundleError."""
    if not entries or len(listed) > MAX_FILES:
        raise _refused(path, f"it holds {counted(len(listed), 'entry', 'entries')}", f"1 to {MAX_FILES:,} files")
    for entry in listed:
        if not _is_safe(entry.orig_filename if "\0" in entry.orig_filename else entry.filename):
            raise _refused(path, f"it holds {entry.filename[:100]!r}", "relative paths inside the bundle's folder")
    for entry in entries:
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            raise _refused(path, f"{entry.filename[:100]!r} is a link or a device", "plain files")
        if entry.flag_bits & 0x1 or entry.compress_type not in _METHODS:
            raise _refused(
                path, f"{entry.filename[:100]!r} is encrypted or packed unusually", "stored or deflated files"
            )
    if twice := _twice(entry.filename for entry in entries):
        raise _refused(path, f"it holds {twice[:100]!r} twice", "each path once, upper and lower case being the same")
    total, packed = sum(entry.file_size for entry in entries), sum(entry.compress_size for entry in entries)
    if total > MAX_BYTES or (total > SMALL and total > MAX_RATIO * size) or packed > size:
        raise _refused(path, f"it claims to hold {total:,} bytes in {size:,}", "files that fit into it")
    folders = {entry.filename.split("/")[0] for entry in entries if "/" in entry.filename}
    if len(folders) != 1 or any("/" not in entry.filename for entry in entries):
        raise _refused(path, "it holds several folders, or files beside its folder", "one folder with all files")
    return folders.pop()


def _refused(path: Path, received: str, expected: str) -> BundleError:
    return BundleError(
        f"{path} cannot be trusted as a bundle: {received}. Expected {expected}. Do not unpack it; get the bundle "
        f"again from its author."
    )


def _is_safe(name: str) -> bool:
    parts = name.rstrip("/").split("/")
    return is_inside(PurePosixPath(name)) and not _UNPRINTABLE.search(name) and not {"", ".", ".."} & set(parts)


def _twice(names: Iterable[str]) -> str | None:
    """The first path that is there already, as a file, or as the folder of another one."""
    seen: set[str] = set()
    for name in sorted(names, key=lambda each: (each.count("/"), each)):
        lower = name.casefold()
        parents = {str(parent) for parent in PurePosixPath(lower).parents}
        if lower in seen or parents & seen:
            return name
        seen.add(lower)
    return None


def _unpack_one(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    """Write one file; never more bytes than its entry claims, whatever its data say. The CRC is checked."""
    target.parent.mkdir(parents=True, exist_ok=True)
    left = entry.file_size
    with archive.open(entry) as source, target.open("xb") as file:
        while piece := source.read(PIECE):
            left -= len(piece)
            if left < 0:
                break
            file.write(piece)
    if left != 0:
        raise zipfile.BadZipFile(f"{entry.filename[:100]!r} holds another number of bytes than the zip says")
