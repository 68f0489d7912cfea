"""Names for things that are loaded only when they are used.

A registry is an ordered table: name -> (where it lives, one line about it). Listing the table
imports nothing, so help texts stay fast. It does not know what it holds.

Other packages may add names through entry points (`edgekit.foundation.plugins`). They are read when someone lists
the names or asks for one that is not built in, and a built-in name cannot be replaced.
"""

import importlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar, cast

from edgekit.foundation.errors import PluginError, UnknownNameError

if TYPE_CHECKING:
    from edgekit.foundation.plugins import Plugin, PluginGroup

T = TypeVar("T")


class Entry(NamedTuple):
    """One row of a registry.

    Attributes:
        target: "package.module:attribute".
        summary: One line for a list or a help text.
        origin: The package that brings it, with its version; None for what is built in.
    """

    target: str
    summary: str
    origin: str | None = None


class Registry(Generic[T]):
    """An ordered table of named things, each imported when it is first asked for.

    Args:
        kind: What the names stand for, in words, for messages: "runtime".
        entries: name -> (target, summary), in the order in which they are listed.
        plugins: What other packages may add; None: nothing.
        taken: More names that they may not have.
    """

    def __init__(
        self,
        kind: str,
        entries: Mapping[str, tuple[str, str]],
        plugins: "PluginGroup | None" = None,
        *,
        taken: Iterable[str] = (),
    ) -> None:
        self.kind = kind
        self._entries = {name: Entry(target=target, summary=summary) for name, (target, summary) in entries.items()}
        self._group = plugins
        self._taken = {*self._entries, *taken}

    def __iter__(self) -> Iterator[str]:
        """The built-in names in their order, then those of other packages by name."""
        return iter([*self._entries, *self._plugins])

    def __contains__(self, name: object) -> bool:
        return name in self._entries or name in self._plugins

    def __getitem__(self, name: str) -> Entry:
        """The row of `name`; raises UnknownNameError with the closest name."""
        if name in self._entries:
            return self._entries[name]
        if name not in self._plugins:
            raise UnknownNameError(self.kind, name, {*self, *self._taken})
        plugin = self._plugins[name]
        return Entry(target=plugin.target, summary=plugin.summary, origin=plugin.origin)

    def load(self, name: str) -> T:
        """Import and return what `name` stands for.

        Raises:
            UnknownNameError: There is no such name.
            PluginError: Another package brings it, and it cannot be used.
        """
        entry = self[name]
        if self._group is not None and name not in self._entries:
            return cast(T, self._plugins[name].load(self.kind, self._group))
        module_name, _, attribute = entry.target.partition(":")
        return cast(T, getattr(importlib.import_module(module_name), attribute))

    def load_all(self) -> Iterator[tuple[str, T]]:
        """Every name with what it stands for; what another package brings and cannot be used is a PluginWarning."""
        from edgekit.foundation.plugins import warn_of_plugin

        for name in self:
            try:
                value = self.load(name)
            except PluginError as error:
                warn_of_plugin(str(error))
            else:
                yield name, value

    def origins(self) -> dict[str, str]:
        """Name -> package and version of what other packages bring; imports none of it."""
        return {name: plugin.origin for name, plugin in self._plugins.items()}

    @cached_property
    def _plugins(self) -> "dict[str, Plugin]":
        """Name -> what another package brings; of two with the same name the first counts."""
        if self._group is None:
            return {}
        from edgekit.foundation.plugins import installed_plugins, warn_of_plugin

        found: dict[str, Plugin] = {}
        for plugin in installed_plugins(self._group):
            other = "edgekit itself" if plugin.name in self._taken else ""
            other = f"the package {found[plugin.name].origin}" if plugin.name in found else other
            if other:
                warn_of_plugin(plugin.sentence(self.kind, f"{other} has a {self.kind} of that name, which is used"))
            else:
                found[plugin.name] = plugin
        return found
