"""Numbers with their nouns or as letters, lists in words, names as a shell takes them. Knows nothing else."""

import shlex
from collections.abc import Sequence
from os import PathLike, fspath


def counted(count: int, one: str, many: str | None = None) -> str:
    """A number with its noun: "1 image", "2,000 images", "2 classes"."""
    return f"{count:,} {noun(count, one, many)}"


def noun(count: float, one: str, many: str | None = None) -> str:
    """The noun alone, or a verb: `noun(1, "differs", "differ")`; `many` is `one` with an s, "es" after an s."""
    return one if count == 1 else many or one + ("es" if one.endswith("s") else "s")


def letters(number: int) -> str:
    """A number from 0 as columns of a spreadsheet are called: 0 is A, 25 is Z, 26 is AA."""
    return (letters(number // 26 - 1) if number >= 26 else "") + chr(ord("A") + number % 26)


def listed(names: Sequence[str]) -> str:
    """Names as one phrase: "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1] if names else "")))


def with_origin(summary: str, origin: str | None) -> str:
    """What something is, and which package brings it ("my-package 1.0") if that is not edgekit."""
    return summary if origin is None else f"{summary} (package {origin})".strip()


def for_shell(path: str | PathLike[str]) -> str:
    """A path or a name as it is written in a command that a message suggests: with quotes if a shell wants them."""
    return shlex.quote(fspath(path))
