"""Opens a bundle, a zip or a folder, as a folder without links that lead out of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edgekit.bundle.archive.reading import unpack
from edgekit.foundation.errors import BundleError
from edgekit.foundation.files.temporary_folders import TemporaryFolder


@contextmanager
def opened(path: Path) -> Iterator[Path]:
    """The folder of a bundle; a zip is unpacked into a temporary one.

    Raises:
        BundleError: It is missing, is not a bundle, or holds a link or a path outside its folder.
    """
    if path.is_dir():
        yield path
    elif path.exists() and not path.is_file():
        raise BundleError(f"{path} is a pipe or a device. Expected a .zip that edgekit bundle wrote.")
    else:
        with TemporaryFolder() as folder:
            yield unpack(path, folder)


def files_in(folder: Path) -> list[str]:
    """Every file below `folder`, as paths with "/"; raises BundleError for links and devices."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise BundleError(f"{path} is a link or a device. Expected plain files: get the bundle again.")
        if path.is_file():
            found.append(path.relative_to(folder).as_posix())
    return found
