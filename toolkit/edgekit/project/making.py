"""A new project folder: every file or none, and never over anything that is there."""

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.foundation.atomic_files import scratch_path
from edgekit.foundation.errors import UsageError
from edgekit.foundation.grammar import counted
from edgekit.runs.folder import check_outside_runs

SOURCES = Path(__file__).parent / "files"
PLACEHOLDER = "NAME_OF_PROJECT"

FILES: Mapping[str, str] = {
    "README.md": "README.md",
    "recipe.py": "recipe.py.txt",
    "Makefile": "Makefile",
    "pyproject.toml": "pyproject.toml.txt",
    "data/README.md": "data-README.md",
    ".github/workflows/verify-models.yml": "verify-models.yml",
    ".gitignore": "gitignore.txt",
}
"""Path in the project -> its source in `files/`."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
MAX_LENGTH = 64
_OF_WINDOWS = {"con", "prn", "aux", "nul", *(f"{name}{number}" for name in ("com", "lpt") for number in range(1, 10))}


@dataclass(frozen=True, kw_only=True, eq=False)
class Project(os.PathLike[str]):
    """A project that was made; it can be given wherever a path can.

    Attributes:
        path: The folder.
        files: Its files, as paths below it, with "/".
    """

    path: Path
    files: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<Project {self.path}: {counted(len(self.files), 'file')}>"

    def __fspath__(self) -> str:
        return str(self.path)

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        return {"path": str(self.path), "files": list(self.files)}


def make_project(folder: Path) -> Project:
    """Write a new project to `folder`, whose last part is its name.

    Raises:
        UsageError: The name cannot be used, or the folder is not new and empty.
        RunFolderError: The folder cannot be written.
    """
    name = _checked_name(folder)
    _check_free(folder)
    with scratch_path(folder) as temporary:
        for path, source in FILES.items():
            file = temporary / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text((SOURCES / source).read_text("utf-8").replace(PLACEHOLDER, name), "utf-8", newline="\n")
        if folder.is_dir():
            for entry in sorted(temporary.iterdir()):  # the empty folder stays, with its owner and permissions
                shutil.move(entry, folder / entry.name)
        else:
            temporary.rename(folder)
    return Project(path=folder, files=tuple(FILES))


def _checked_name(folder: Path) -> str:
    """The name of the project; raises UsageError if shells, make or other systems would stumble over it."""
    name = folder.name
    if not _NAME.fullmatch(name) or len(name) > MAX_LENGTH or name.lower() in _OF_WINDOWS:
        raise UsageError(
            f"'{name or folder}' cannot name a project. Expected at most {MAX_LENGTH} letters, digits, dashes and "
            f"underscores, a letter or digit first, and no name that Windows reserves. Try: edgekit new photos"
        )
    return name


def _check_free(folder: Path) -> None:
    check_outside_runs(folder)
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise UsageError(f"{folder} is a file or a link already. Nothing was written. Choose another name.")
    if folder.is_dir() and any(folder.iterdir()):
        raise UsageError(
            f"{folder} is a folder that is not empty, and nothing in it is overwritten. Choose another name, or move "
            f"its files away."
        )
