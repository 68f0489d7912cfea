"""Files that a user names to be written: what lies there already is replaced only if it is of the same kind."""

from dataclasses import dataclass
from pathlib import Path

from edgekit.foundation.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class OutputKind:
    """A kind of file that is written.

    Attributes:
        name: In words: "a page".
        start: The first bytes of every such file, in small letters.
    """

    name: str
    start: bytes

    def checked(self, path: Path) -> Path:
        """`path`; raises UsageError if it is a folder, a device, or a file of another kind, which would be lost."""
        if path.is_dir():
            raise UsageError(f"{path} is a folder. Expected the name of a file.")
        if path.exists() and not path.is_file():
            raise UsageError(f"{path} is a pipe or a device, not a file. Write into a file and copy it there.")
        if path.is_file():
            with path.open("rb") as file:
                start = file.read(len(self.start))
            if start and start.lower() != self.start:
                raise UsageError(
                    f"{path} exists and is not {self.name}, so it is not overwritten. Name another file, or remove "
                    f"that one first."
                )
        return path


PAGE = OutputKind(name="a page", start=b"<!doctype html")
PICTURE = OutputKind(name="a picture", start=b"\x89png")
ARCHIVE = OutputKind(name="a zip", start=b"pk\x03\x04")
