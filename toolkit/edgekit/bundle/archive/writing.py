"""Files -> one zip, byte-identical for the same files: fixed times, order, permissions, no compression.

Nothing is compressed, because the bytes of a compressor change with its version; model files and pictures would shrink
by little.
"""

import hashlib
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

from edgekit.artifact import sha256_of
from edgekit.foundation.atomic_files import atomic_path

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first time that a zip can hold."""

REGULAR_FILE = 0o100644
UNIX = 3

Content = bytes | Path
"""What a file holds, or where it lies now."""


def write_zip(path: Path, folder: str, files: Mapping[str, Content]) -> None:
    """Write the zip at `path`, atomically; raises RunFolderError if it cannot be written.

    Args:
        path: The zip.
        folder: The one folder at its top.
        files: Path below that folder, with "/" -> content.
    """
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            content = files[name]
            info = zipfile.ZipInfo(f"{folder}/{name}", EPOCH)
            info.create_system, info.external_attr = UNIX, REGULAR_FILE << 16
            info.file_size = size_of(content)
            with archive.open(info, "w") as target:
                if isinstance(content, bytes):
                    target.write(content)
                else:
                    with content.open("rb") as source:
                        shutil.copyfileobj(source, target, 2**20)


def size_of(content: Content) -> int:
    """In bytes."""
    return len(content) if isinstance(content, bytes) else content.stat().st_size


def digest_of(content: Content) -> str:
    """SHA-256 as a hex digest."""
    return hashlib.sha256(content).hexdigest() if isinstance(content, bytes) else sha256_of(content)
