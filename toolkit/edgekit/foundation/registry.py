"""Names for things that are loaded only when they are used.

A registry is an ordered table: name -> (where it lives, one line about it). Listing the table
imports nothing, so help texts stay fast. It does not know what it holds.
"""

import importlib
from collections.abc import Iterator, Mapping
from typing import Generic, NamedTuple, TypeVar, cast

from edgekit.foundation.errors import UnknownNameError

T = TypeVar("T")


class Entry(NamedTuple):
    """One row of a registry.

    Attributes:
        target: "package.module:attribute".
        summary: One line for a list or a help text.
    """

    target: str
    summary: str


class Registry(Generic[T]):
    """An ordered table of named things, each imported when it is first asked for.

    Args:
        kind: What the names stand for, in words, for messages: "runtime".
        entries: name -> (target, summary), in the order in which they are listed.
    """

    def __init__(self, kind: str, entries: Mapping[str, tuple[str, str]]) -> None:
        self.kind = kind
        self._entries = {name: Entry(target=target, summary=summary) for name, (target, summary) in entries.items()}

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __getitem__(self, name: str) -> Entry:
        """The row of `name`; raises UnknownNameError with the closest name."""
        if name not in self._entries:
            raise UnknownNameError(self.kind, name, self._entries)
        return self._entries[name]

    def load(self, name: str) -> T:
        """Import and return what `name` stands for; raises UnknownNameError."""
        module_name, _, attribute = self[name].target.partition(":")
        return cast(T, getattr(importlib.import_module(module_name), attribute))
