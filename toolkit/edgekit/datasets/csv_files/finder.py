"""The files that the cells of a table name, however they are written. Opens no image."""

import os
from pathlib import Path

from edgekit.datasets.files.tree import Tree


class FileFinder:
    """Finds image files below one folder.

    A cell may be a path relative to the folder, with or without its suffix, or a file name alone, as long as one
    image in the folder has it. The folder is only walked if a path is not enough.

    Args:
        root: The folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._index: dict[str, str | None] | None = None

    def find(self, cell: str) -> str | None:
        """The file's path relative to the folder; None if there is no such image, or more than one."""
        name = cell.replace("\\", "/") if "/" not in cell else cell
        if name and os.path.isfile(f"{self.root}/{name}"):  # noqa: PTH113 - once for each of very many rows
            return os.path.normpath(name)
        return self._indexed().get(name.removeprefix("./")) if name else None

    def _indexed(self) -> dict[str, str | None]:
        """Every other way to name an image -> its path; None if two images share it."""
        if self._index is None:
            self._index = {}
            for image in Tree(self.root).images_below(""):
                name = image.rpartition("/")[2]
                for key in {image, name, image.rpartition(".")[0], name.rpartition(".")[0]}:
                    self._index[key] = None if key in self._index else image
        return self._index
