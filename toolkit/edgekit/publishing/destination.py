"""Where something is published: "hub:USER/REPO". Asks no server."""

import re
from dataclasses import dataclass

from edgekit.foundation.errors import UsageError

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9_])?")
MAX_LENGTH = 96

EXPECTED = (
    f"Expected hub:USER/REPO, as in hub:jane/flowers: letters, digits, dashes, underscores and dots, each name at most "
    f"{MAX_LENGTH} long"
)


@dataclass(frozen=True, kw_only=True)
class HubRepository:
    """A repository of models.

    Attributes:
        owner: A user or an organization.
        name: Of the repository.
    """

    owner: str
    name: str

    def __str__(self) -> str:
        return f"{self.owner}/{self.name}"

    @classmethod
    def parse(cls, text: str) -> "HubRepository":
        """What "hub:USER/REPO" names; raises UsageError for anything else."""
        service, colon, path = text.partition(":")
        if not colon or service != "hub":
            raise UsageError(f"'{text}' is not a place to publish to. {EXPECTED}.")
        names = path.split("/")
        if len(names) != 2 or not all(map(_is_usable, names)):
            raise UsageError(f"'{text}' names no repository of the hub. {EXPECTED}.")
        return cls(owner=names[0], name=names[1])


def _is_usable(name: str) -> bool:
    if len(name) > MAX_LENGTH or not _NAME.fullmatch(name):
        return False
    return not ("--" in name or ".." in name or name.endswith(".git"))
