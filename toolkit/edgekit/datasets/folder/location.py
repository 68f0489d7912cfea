"""What follows `folder:`: a folder, and at which depth its class folders lie."""

import re
from dataclasses import dataclass
from pathlib import Path

from edgekit.datasets.base import DatasetRequest
from edgekit.foundation.errors import UsageError

_LEVEL = re.compile(r"(?P<path>.+)#(?P<level>[1-9]\d?)", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class FolderLocation:
    """One folder of images.

    Attributes:
        path: The folder.
        level: How many folders below it the class folders lie, from 1; folders of the same name are one class then.
            None: the folders themselves say it.
    """

    path: Path
    level: int | None = None

    @classmethod
    def of(cls, request: DatasetRequest) -> "FolderLocation":
        """`PATH[#LEVEL]`; what is a folder as it is written is one. Raises UsageError if no path was given."""
        path = request.path
        if path is None:
            raise UsageError("The data set 'folder' needs a path, as in folder:photos.")
        match = None if path.is_dir() else _LEVEL.fullmatch(str(path))
        return cls(path=Path(match["path"]), level=int(match["level"])) if match else cls(path=path)
