"""The folder of a page: written whole, and replaced only if everything in it is edgekit's own."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from edgekit.bundle.archive.writing import Content
from edgekit.foundation.atomic_files import scratch_path
from edgekit.foundation.errors import UsageError

DOCUMENT = "demo.json"
MADE_BY = "edgekit demo-page"


def check_free(folder: Path) -> None:
    """Raise UsageError if `folder` holds anything that edgekit demo-page has not written there."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise UsageError(f"{folder} is a file or a link. Expected a new folder, or one that {MADE_BY} has written.")
    if not folder.is_dir():
        return
    own = _listed_in(folder)
    strange = next((path for path in sorted(folder.rglob("*")) if not _is_own(path, folder, own)), None)
    if strange is not None:
        raise UsageError(
            f"{folder} holds {strange.relative_to(folder)}, which {MADE_BY} has not written, so it is left alone. Name "
            f"another folder: --out FOLDER"
        )


def write_folder(folder: Path, files: Mapping[str, Content]) -> None:
    """Write the files, instead of an earlier page.

    Raises:
        UsageError: See `check_free`.
        RunFolderError: It cannot be written; what was there before is then there still.
    """
    check_free(folder)
    with scratch_path(folder) as temporary:
        for name, content in files.items():
            path = temporary / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                path.write_bytes(content)
            else:
                shutil.copyfile(content, path)
        if folder.is_dir():
            folder.rename(temporary.parent / "replaced")
        temporary.rename(folder)


def _listed_in(folder: Path) -> frozenset[str]:
    """The files that the page in `folder` names as its own; none if there is no page."""
    try:
        document = json.loads((folder / DOCUMENT).read_text("utf-8"))
        if document["made_by"] != MADE_BY:
            return frozenset()
        return frozenset(map(str, document["files"]))
    except (OSError, ValueError, KeyError, TypeError):
        return frozenset()


def _is_own(path: Path, folder: Path, own: frozenset[str]) -> bool:
    if path.is_symlink():
        return False
    return path.is_dir() or path.relative_to(folder).as_posix() in own
