"""Option types beside text and numbers: lists, shares, data. Each knows how a shell completes it.

The values themselves are read by `edgekit.api`, so that Python takes the same ones.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class Names(click.ParamType[str]):
    """One name, or several with commas; with `multiple=True` what is given again is added.

    Args:
        kind: What they name, in words: "precision". A shell completes those of `COMPLETIONS`.
    """

    name = "names"

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text as it is: `edgekit.api` takes it apart."""
        return str(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
        """The names that the last piece begins, after the pieces before it."""
        from click.shell_completion import CompletionItem

        before, comma, piece = incomplete.rpartition(",")
        given = before.split(",")
        known = [name for name in COMPLETIONS[self.kind]() if name not in given]
        return [CompletionItem(f"{before}{comma}{name}") for name in known if name.startswith(piece)]


class Percent(click.ParamType[Any]):
    """A number that may be written with a percent sign; `edgekit.api` reads it."""

    name = "percent"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """What was typed, or the default, as it is."""
        return value


PERCENT = Percent()
"""What the shares of all commands are: 95, 95%, 0.5."""


class Named(click.ParamType[str]):
    """A name or a path, kept as it was typed: a recipe, a run, a data set.

    Args:
        kind: What it names; a shell completes those of `COMPLETIONS`, and paths.
    """

    name = "name or path"

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text as it is."""
        return str(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
        """The names that begin so, and the paths that the shell finds; bash shows these if no name begins so.

        The request for paths comes first, because click's script for bash forgets the names before it.
        """
        from click.shell_completion import CompletionItem

        names = [name for name in COMPLETIONS[self.kind]() if name.startswith(incomplete)]
        return [CompletionItem(incomplete, type="file"), *map(CompletionItem, names)]


def _precisions() -> Iterable[str]:
    from edgekit.artifact import Precision

    return [*Precision, "all"]


def _runtimes() -> Iterable[str]:
    from edgekit.runtimes import RUNTIMES

    return [*RUNTIMES, "all"]


def _clients() -> Iterable[str]:
    from edgekit.clients.catalog import CLIENTS

    return [*CLIENTS, "all"]


def _recipes() -> Iterable[str]:
    from edgekit.recipe import recipe_names

    return recipe_names()


def _runs() -> Iterable[str]:
    """The run folders under `exported/`, as a person types them."""
    manifests = Path("exported").glob("*/manifest.json")
    return sorted(path.parent.as_posix() for path in manifests)


def _datasets() -> Iterable[str]:
    from edgekit.datasets import DATASETS

    return [name if name == "digits" else f"{name}:" for name in DATASETS]


COMPLETIONS: dict[str, Callable[[], Iterable[str]]] = {
    "precision": _precisions,
    "runtime": _runtimes,
    "client": _clients,
    "format": lambda: ("tflite", "onnx"),
    "target": lambda: ("android", "ios", "web", "mcu", "server"),
    "recipe": _recipes,
    "run": _runs,
    "data set": _datasets,
    "": lambda: (),
}
"""What a list may name -> the names, found when a shell asks for them."""
