"""Where this user's data was when it was last used: SHA-256 of the data -> what was typed. Loads no data.

A run says which data it was made on by a SHA-256 alone, as a stranger's run must not decide what is read or downloaded.
The place is kept in edgekit's cache folder, which belongs to this user.
"""

import re
from dataclasses import asdict, dataclass
from pathlib import Path

from edgekit.datasets.base import Dataset, DatasetRequest
from edgekit.foundation.atomic_files import write_json
from edgekit.foundation.errors import CacheError, RunFolderError
from edgekit.foundation.files.cache_folder import check_private, private_folder
from edgekit.foundation.files.documents import read_json

FOLDER = "data-locations"

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class DataLocation:
    """Where data was.

    Attributes:
        data: NAME:PATH, the path absolute.
        skip_broken: Broken images were left out.
        test_data: Where the test images were, a path absolute; None: with the others.
    """

    data: str
    skip_broken: bool = False
    test_data: str | None = None


def remember(name: str, dataset: Dataset, request: DatasetRequest) -> None:
    """Keep where `dataset` was found, which the source `name` loaded for `request`.

    A name alone needs no memory, and images for one purpose, or test images alone, are no whole data set. If only
    the test images were loaded, a place that is still there is kept: it may hold more. If the cache folder cannot
    be used, a note says that the next command will need --data.
    """
    if request.role or (request.location is None and request.test_data is None):
        return
    if not len(dataset.train) and (not request.test_only or _is_there(recall(name, dataset.sha256, request.cache_dir))):
        return
    test_data = request.test_data and _absolute_spec(request.test_data)
    data = _absolute(name, request.location) if request.location else name
    location = DataLocation(data=data, skip_broken=request.skip_broken, test_data=test_data)
    path = _path(request.cache_dir, dataset.sha256)
    try:
        private_folder(request.cache_dir)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        write_json(path, asdict(location))
    except (CacheError, RunFolderError, OSError) as error:
        request.progress.note(
            f"The location of the data could not be saved ({error}). Pass --data to the next commands too."
        )


def recall(name: str, sha256: object, cache_dir: Path) -> DataLocation | None:
    """Where the data of the source `name` with that `Dataset.sha256` was.

    Other sources may hold the same test images: an .npz of digits is not what a run on digits was made on.

    Returns:
        None if that was not kept, or cannot be believed.
    """
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
        return None
    path = _path(cache_dir, sha256)
    try:
        check_private(cache_dir)
        found: DataLocation = read_json(path, DataLocation)
    except (CacheError, RunFolderError, OSError):
        return None
    return found if found.data.partition(":")[0] == name else None


def _is_there(location: DataLocation | None) -> bool:
    return location is not None and Path(location.data.partition(":")[2]).exists()


def _path(cache_dir: Path, sha256: str) -> Path:
    return cache_dir / FOLDER / f"{sha256}.json"


def _absolute_spec(spec: str) -> str:
    """What was typed, from any folder: "./held-out", "folder:held-out"."""
    name, colon, place = spec.partition(":")
    if colon and len(name) > 1:
        return _absolute(name, place)
    path = Path(spec).expanduser()
    return str(path.absolute()) if path.exists() else spec


def _absolute(name: str, location: str) -> str:
    """NAME:PATH from any folder; what is not a path here (hub:OWNER/NAME) stays as it is."""
    path = Path(location.partition("#")[0]).expanduser()
    return f"{name}:{Path(location).expanduser().absolute() if path.exists() else location}"
