"""Plug-ins of other packages: found through entry points, checked before use, never trusted to work.

A package declares what it brings in its pyproject.toml, name = "module:attribute" in the group of its kind:

    [project.entry-points."edgekit.runtimes"]
    my-runtime = "my_package.my_runtime:MyRuntime"

Entry points are read on request, never at import. `importlib.metadata` costs more to import than
the whole of `edgekit --help`, so the folders of installed packages are searched for a mention of edgekit first.
`edgekit export --help` reads this module too: no dataclasses here, and a Path only for what was found.
"""

import importlib
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from edgekit.foundation.errors import PluginError, PluginWarning, first_line_of

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
"""What a plug-in may be called: its name becomes part of command lines and of file names."""

_METADATA_FOLDERS = (".dist-info", ".egg-info")


class PluginGroup(NamedTuple):
    """One kind of things that other packages may bring.

    Attributes:
        name: The group of their entry points: "edgekit.runtimes".
        problem: From a name and what its entry point leads to, to what is wrong with it, as a clause without a full
            stop ("it is not a subclass of Runtime"); None: nothing.
    """

    name: str
    problem: Callable[[str, Any], str | None]


class Plugin(NamedTuple):
    """One entry point of another package.

    Attributes:
        name: What it is called on the command line.
        target: "package.module:attribute".
        package: The distribution that brings it, as pip calls it.
        version: The version of that distribution.
        summary: The line with which the distribution describes itself; "" if it does not.
    """

    name: str
    target: str
    package: str
    version: str
    summary: str

    @property
    def origin(self) -> str:
        """The package and its version, for a person."""
        return f"{self.package} {self.version}"

    def load(self, kind: str, group: PluginGroup) -> Any:
        """Import what it stands for and check it.

        Args:
            kind: What it is, in words: "runtime".
            group: Knows what is wrong with it.

        Raises:
            PluginError: It cannot be imported, or is not what its group wants.
        """
        module, _, attribute = self.target.partition(":")
        try:
            with redirect_stdout(sys.stderr):  # stdout is for results
                value = importlib.import_module(module)
                for part in filter(None, attribute.split(".")):
                    value = getattr(value, part)
                problem = group.problem(self.name, value)
        except (Exception, SystemExit) as error:
            raise PluginError(self.sentence(kind, f"{type(error).__name__}: {first_line_of(error)}")) from error
        if problem:
            raise PluginError(self.sentence(kind, f"{problem} (received {_in_short(value)})"))
        return value

    def sentence(self, kind: str, problem: str) -> str:
        """Why it cannot be used, and what to do."""
        return (
            f"The {kind} '{self.name}' of the package {self.origin} cannot be used: {problem}. Update the package, "
            f"or remove it: pip uninstall {self.package}"
        )


def installed_plugins(group: PluginGroup) -> list[Plugin]:
    """The entry points of `group` in all installed packages, by name and package; imports none of them.

    Entry points that cannot be read cause a PluginWarning.
    """
    found = [plugin for folder in _folders_that_mention_edgekit(tuple(sys.path)) for plugin in _plugins(folder, group)]
    return sorted(found, key=lambda plugin: (plugin.name, plugin.package))


def warn_of_plugin(message: str) -> None:
    """Say what is wrong with a plug-in, and go on; the command line prints it to stderr."""
    warnings.warn(message, PluginWarning, stacklevel=2)


def _plugins(folder: Path, group: PluginGroup) -> Iterator[Plugin]:
    """The entry points of `group` in one folder of metadata."""
    from importlib.metadata import PathDistribution

    try:
        distribution = PathDistribution(folder)
        metadata, said = distribution.metadata, {"Name": folder.name.partition("-")[0], "Version": "of no version"}
        said |= {key: str(metadata[key]) for key in ("Name", "Version", "Summary") if key in metadata}
        package, version, summary = said["Name"], said["Version"], said.get("Summary", "")
        entries = [entry for entry in distribution.entry_points if entry.group == group.name]
    except Exception as error:  # noqa: BLE001  a damaged file may make the parser raise anything
        reason = f"{type(error).__name__}: {first_line_of(error)}"
        warn_of_plugin(f"The entry points in {folder} cannot be read ({reason}). Reinstall or remove that package.")
        return
    for entry in entries:
        plugin = Plugin(name=entry.name, target=entry.value, package=package, version=version, summary=summary)
        if NAME.fullmatch(entry.name):
            yield plugin
        else:
            warn_of_plugin(plugin.sentence("plug-in", "a name may hold letters, digits, '-' and '_' alone"))


@cache
def _folders_that_mention_edgekit(path: tuple[str, ...]) -> tuple[Path, ...]:
    """The folders of metadata below the entries of `path` whose entry points name a group of edgekit's.

    Of several versions of one package the first counts, as it does for imports.
    """
    found: dict[str, str] = {}
    for name, folder in _metadata_folders(path):
        distribution = name.partition("-")[0].lower()
        found.setdefault(distribution, folder)
    return tuple(Path(folder) for folder in found.values() if _mentions_edgekit(f"{folder}/entry_points.txt"))


def _metadata_folders(path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Name and path of every folder of metadata."""
    for entry in path:
        try:
            names = os.listdir(entry or os.curdir)  # noqa: PTH208  Path would make an object of each of thousands
        except OSError:  # a zip file, or nothing at all
            continue
        yield from ((name, f"{entry or os.curdir}/{name}") for name in names if name.endswith(_METADATA_FOLDERS))


def _mentions_edgekit(file: str) -> bool:
    try:
        with open(file, "rb") as stream:  # noqa: PTH123  see above: a Path for each of thousands
            return b"[edgekit." in stream.read()
    except OSError:
        return False


def _in_short(value: object) -> str:
    """What was received: a class by its name, anything else by its type."""
    return (
        f"the class {type.__getattribute__(value, '__name__')}"
        if issubclass(type(value), type)
        else type(value).__name__
    )
