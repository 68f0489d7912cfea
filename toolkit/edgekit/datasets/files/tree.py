"""What lies in each folder below a data set: images, other files, folders. Opens no file."""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edgekit.datasets.images.decoding import SUFFIXES
from edgekit.foundation.errors import DatasetError

ARCHIVE_FOLDERS = frozenset({"__MACOSX"})
"""Folders that archivers add beside the real ones; ignored as hidden ones are."""


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What one folder holds directly; names that start with a dot are ignored.

    Attributes:
        images: Names of the files that are images by their suffix, sorted.
        folders: Names of the folders, sorted.
        links: Those of `folders` that are links.
        others: How many other files there are by suffix, or by name if there is none.
    """

    images: tuple[str, ...]
    folders: tuple[str, ...]
    links: frozenset[str]
    others: Counter[str]


class Tree:
    """The folders below `root`; each is read once, when it is first asked for.

    Folders are named relative to `root` with `/`; `root` itself is "".

    Args:
        root: An existing folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._known: dict[str, Contents] = {}

    def path(self, folder: str) -> Path:
        """Where a folder lies."""
        return self.root / folder if folder else self.root

    def contents(self, folder: str) -> Contents:
        """What a folder holds; raises DatasetError if it cannot be read: it must not look like an empty one."""
        if folder not in self._known:
            self._known[folder] = _read(self.path(folder))
        return self._known[folder]

    def below(self, folder: str) -> Iterator[str]:
        """`folder` and all folders below it, from the top down; links are not followed."""
        waiting = [folder]
        while waiting:
            yield (current := waiting.pop())
            contents = self.contents(current)
            waiting += [joined(current, name) for name in reversed(contents.folders) if name not in contents.links]

    def images_below(self, folder: str) -> list[str]:
        """The images in `folder` and below it, relative to `root`, sorted."""
        return sorted(joined(each, name) for each in self.below(folder) for name in self.contents(each).images)

    def others_below(self, folder: str) -> Counter[str]:
        """How many files are not images, in `folder` and below it, by suffix."""
        return sum((self.contents(each).others for each in self.below(folder)), Counter[str]())


def joined(folder: str, name: str) -> str:
    """`folder/name`, or `name` alone if `folder` is the root."""
    return f"{folder}/{name}" if folder else name


def level_of(folder: str) -> int:
    """How many folders below the root a folder lies; 0 for the root itself."""
    return folder.count("/") + 1 if folder else 0


def _read(path: Path) -> Contents:
    images: list[str] = []
    folders: list[str] = []
    links: set[str] = set()
    others: Counter[str] = Counter()
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                name = entry.name
                if name[0] == "." or name in ARCHIVE_FOLDERS:
                    continue
                suffix = name[name.rfind(".") :].lower() if "." in name else ""
                if entry.is_dir():
                    folders.append(name)
                    if entry.is_symlink():
                        links.add(name)
                elif suffix in SUFFIXES:
                    images.append(name)
                else:
                    others[suffix or name] += 1
    except OSError as error:
        raise DatasetError(f"The folder {path} cannot be read: {error.strerror}. It may hold images.") from error
    return Contents(images=tuple(sorted(images)), folders=tuple(sorted(folders)), links=frozenset(links), others=others)
