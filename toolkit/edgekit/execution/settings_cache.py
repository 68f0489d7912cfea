"""The fastest settings of an artifact in a runtime on this machine, found once and kept in edgekit's cache folder.

One small JSON file each. What cannot be read, or holds anything else, counts as not there: it is found again.
"""

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from edgekit.foundation.errors import CacheError, RunFolderError, UsageError
from edgekit.foundation.files.cache_folder import check_private, private_folder
from edgekit.foundation.files.documents import read_json
from edgekit.foundation.files.schema import Limits, SchemaError, conform_to
from edgekit.runtimes.base import SessionSettings

FOLDER = "runtime-settings"

VERSION = 2
"""Part of every key: raise it when the search changes."""


@dataclass(frozen=True, kw_only=True)
class SettingsCache:
    """Where a user has the fastest settings kept.

    Attributes:
        folder: edgekit's cache folder.
        search_again: Do not believe what is there; keep what is found now.
    """

    folder: Path
    search_again: bool = False


@dataclass(frozen=True, kw_only=True)
class FoundSettings:
    """What a search found.

    Attributes:
        settings: The fastest.
        images_per_second: How fast that was, above 0; None if nothing was measured.
    """

    settings: SessionSettings
    images_per_second: float | None

    def __post_init__(self) -> None:
        if self.images_per_second is not None and not self.images_per_second > 0:
            raise UsageError(f"A rate must be above 0. Received {self.images_per_second!r}.")


@dataclass(frozen=True, kw_only=True)
class _Stored:
    """`FoundSettings` as they lie in the file."""

    settings: dict[str, int]
    images_per_second: Annotated[float, Limits(low=1e-9, high=1e12)] | None


@dataclass(frozen=True, kw_only=True)
class SettingsFile:
    """Where the settings of one case are kept.

    Attributes:
        path: The JSON file; it need not be there.
    """

    path: Path

    @classmethod
    def of(cls, cache_dir: Path, **case: Any) -> "SettingsFile":
        """The file for `case`: all that the fastest settings depend on, as values that JSON knows."""
        text = json.dumps({"version": VERSION, **case}, sort_keys=True)
        return cls(path=cache_dir / FOLDER / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.json")

    def load(self) -> FoundSettings | None:
        """What `save` kept; None if there is nothing, or nothing that can be used."""
        try:
            check_private(self.path.parent.parent)
            stored = conform_to(_Stored, read_json(self.path, dict[str, Any]))
            if not stored.settings.keys() <= SessionSettings().to_dict().keys():
                return None
            settings = SessionSettings(**stored.settings)  # type: ignore[arg-type]
            return FoundSettings(settings=settings, images_per_second=stored.images_per_second)
        except (CacheError, OSError, RunFolderError, SchemaError, UsageError):
            return None

    def save(self, found: FoundSettings) -> None:
        """Keep `found`, whole or not at all; a folder that cannot be written keeps nothing."""
        from edgekit.foundation.atomic_files import write_json

        with suppress(CacheError, OSError, RunFolderError):
            private_folder(self.path.parent.parent)
            write_json(self.path, {"settings": found.settings.to_dict(), "images_per_second": found.images_per_second})
