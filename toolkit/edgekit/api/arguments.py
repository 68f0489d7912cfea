"""What a public function accepts: a path as text or Path, one name or several; other types become sentences.

The annotations of a function say what it takes. `public` checks them at each call, so a function needs no type checks,
and turns numbers of other libraries (numpy) into Python's.
"""

import functools
import inspect
import os
import typing
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from pathlib import Path
from types import NoneType
from typing import Any, ParamSpec, TypeVar

from edgekit.artifact import Precision
from edgekit.datasets import DATASETS, Dataset, DatasetRequest, load_dataset
from edgekit.datasets.location import parsed_location
from edgekit.foundation.errors import EdgekitError, UnknownNameError, UsageError, os_error_in_words
from edgekit.foundation.progress import Progress, SilentProgress
from edgekit.foundation.registry import Registry
from edgekit.foundation.typed.names import names_of
from edgekit.foundation.typed.plain_values import (
    MAX_WHOLE,
    WRONG,
    in_short,
    is_usable_text,
    items_of,
    number_of,
    path_of,
    shown,
    text_of,
    whole_number_of,
)
from edgekit.foundation.typed.synonyms import meant
from edgekit.runs.folder import RunFolder, find_run

MAX_LISTED = 10
"""Items of a wrong list that a message shows."""

P = ParamSpec("P")
T = TypeVar("T")

AnyPath = str | os.PathLike[str]
"""A file or a folder; a RunFolder is a PathLike."""

Names = str | Sequence[str]
"""One name, several separated by commas, or a list; members of an enum are names."""

Percent = str | float
"""A share in percent: 95, "95" or "95%"."""

OWN_FILES = frozenset({"folder", "csv", "npz"})
"""Sources whose place is a file or folder of the user's."""

ALL = "all"
"""The name of every precision together."""


def public(function: Callable[P, T]) -> Callable[P, T]:
    """Make `function` raise an EdgekitError for arguments of wrong types, and instead of an OSError."""

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        bound = _bind(function, args, kwargs)
        try:
            return function(*bound.args, **bound.kwargs)
        except BrokenPipeError:  # of the caller's own output, by way of its progress
            raise
        except OSError as error:
            raise EdgekitError(os_error_in_words(error)) from error

    return call


def _bind(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> inspect.BoundArguments:
    """The arguments by name, checked; raises UsageError."""
    signature, hints = _declared(function)
    title = f"edgekit.{function.__name__}"
    for name in kwargs:
        if name not in signature.parameters:
            raise UnknownNameError(f"option of {title}", name, signature.parameters)
    try:
        bound = signature.bind(*args, **kwargs)
    except TypeError as error:
        raise UsageError(f"{title}: {error}. What it takes is shown by help({title}).") from error
    for name, value in bound.arguments.items():
        bound.arguments[name] = checked(name, value, hints[name])
    return bound


@functools.cache
def _declared(function: Callable[..., Any]) -> tuple[inspect.Signature, dict[str, Any]]:
    return inspect.signature(function), typing.get_type_hints(function)


def checked(name: str, value: Any, hint: Any) -> Any:
    """The value of the parameter `name` as Python's own type; raises UsageError if `hint` does not allow it."""
    for kind in _kinds(hint):
        found = _as_kind(name, value, kind)
        if found is not WRONG:
            _check_text(name, found, hint)
            return found
    if isinstance(value, int) and abs(value) > MAX_WHOLE and int in _kinds(hint):
        raise UsageError(f"{name} must be a whole number of at most {MAX_WHOLE}. Received {shown(value)}.")
    if isinstance(value, list | tuple | set | frozenset):
        raise UsageError(_one_is_expected(name, list(value)))
    raise UsageError(f"{name} must be {_in_words(hint)}. Received {shown(value)}.")


def _check_text(name: str, value: Any, hint: Any) -> None:
    """Raise UsageError for text that no path and no name can be."""
    if not isinstance(value, str | os.PathLike):
        return
    if not is_usable_text(value):
        raise UsageError(f"{name} holds a character that no path and no name can hold. Received {shown(value)}.")
    if value == "" and os.PathLike in [_class_of(kind) for kind in _kinds(hint)]:
        raise UsageError(
            f"{name} is empty text. Expected a path or a name. A shell gives empty text for a variable that is not set."
        )


def _kinds(hint: Any) -> tuple[Any, ...]:
    """The members of a union, or the type itself."""
    return typing.get_args(hint) if _is_union(hint) else (hint,)


def _is_union(hint: Any) -> bool:
    return typing.get_origin(hint) in (typing.Union, type(int | str))


def _class_of(kind: Any) -> Any:
    return typing.get_origin(kind) or kind


_CONVERSIONS: dict[Any, Callable[[Any], Any]] = {
    str: text_of,
    os.PathLike: path_of,
    int: whole_number_of,
    float: number_of,
}


def _as_kind(name: str, value: Any, kind: Any) -> Any:
    """The value as one of that kind, or WRONG."""
    wanted = _class_of(kind)
    if wanted is Sequence:
        items, item = items_of(value), typing.get_args(kind)[0]
        return WRONG if items is WRONG else tuple(checked(name, each, item) for each in items)
    if wanted is bool or isinstance(value, bool):
        return value if wanted is bool and isinstance(value, bool) else WRONG
    if wanted in _CONVERSIONS:
        return _CONVERSIONS[wanted](value)
    return value if isinstance(value, wanted) else WRONG


def _one_is_expected(name: str, values: list[Any]) -> str:
    if not values:
        return f"Expected one {name}. Received an empty list. Leave it out for the default."
    received = ", ".join([*map(in_short, values[:MAX_LISTED]), *["…"] * (len(values) > MAX_LISTED)])
    if len(values) == 1:
        return f"Expected one {name}. Received a list with {received}. Give {received} itself."
    return f"Expected one {name}. Received {len(values)}: {received}. Give one at a time."


def _in_words(hint: Any) -> str:
    """What may be given: "text, a Path or None"."""
    kinds = [_kind_in_words(kind) for kind in _kinds(hint)]
    return " or ".join(filter(None, (", ".join(kinds[:-1]), kinds[-1])))


def _kind_in_words(kind: Any) -> str:
    origin = typing.get_origin(kind) or kind
    if origin is Sequence:
        return "a list of them"
    words = {
        os.PathLike: "a Path",
        str: "text",
        int: "a whole number",
        float: "a number",
        bool: "True or False",
        NoneType: "None",
    }
    return words.get(origin, f"a {getattr(origin, '__name__', origin)}")


@typing.overload
def as_path(value: None) -> None: ...
@typing.overload
def as_path(value: AnyPath) -> Path: ...
@typing.overload
def as_path(value: AnyPath | None) -> Path | None: ...
def as_path(value: AnyPath | None) -> Path | None:
    """A path as it was given."""
    return None if value is None else Path(value)


@typing.overload
def run_or_file(value: None) -> None: ...
@typing.overload
def run_or_file(value: AnyPath) -> Path: ...
@typing.overload
def run_or_file(value: AnyPath | None) -> Path | None: ...
def run_or_file(value: AnyPath | None) -> Path | None:
    """A path where a run may be named, and so by its name under `exported/` too; None: the newest run."""
    if isinstance(value, RunFolder):
        return value.path
    return None if value is None else find_run(Path(value))


def each_run_or_file(name: str, values: AnyPath | Sequence[AnyPath] | None) -> list[Path]:
    """One path, several, or none if `values` is None.

    An empty list is none that anybody meant: a search for files has found nothing. It raises UsageError.
    """
    given = [] if values is None else [values] if isinstance(values, str | os.PathLike) else list(values)
    if values is not None and not given:
        raise UsageError(f"{name} is an empty list. Expected a path or several; leave it out for the default.")
    return [run_or_file(value) for value in given]


@typing.overload
def as_data(value: AnyPath | Dataset) -> str | Dataset: ...
@typing.overload
def as_data(value: AnyPath | Dataset | None) -> str | Dataset | None: ...
def as_data(value: AnyPath | Dataset | None) -> str | Dataset | None:
    """A data set that is loaded, or the text that names one.

    What leads nowhere is an error here, before a model is loaded: see `parsed_location` and `load_dataset`.
    """
    if isinstance(value, Dataset | None):
        return value
    text = os.fspath(value)
    source, place = parsed_location(text, DATASETS)
    path = DatasetRequest(location=place.partition("#")[0]).path if place and source in OWN_FILES else None
    if path is not None and not path.exists():
        load_dataset(text)  # says what was expected there
    return text


def channels_of(color: str | None) -> int | None:
    """1 for "gray", 3 for "rgb", None for None; raises UnknownNameError."""
    known = {"rgb": 3, "gray": 1}
    if color is not None and color not in known:
        raise UnknownNameError("color", color, known)
    return None if color is None else known[color]


def registered(registry: Registry[Any], values: Names | None) -> tuple[str, ...]:
    """`names_of`, each of them in the registry, synonyms replaced; raises UnknownNameError."""
    return _unique(one_registered(registry, name) for name in names_of(values))


def chosen_runtime_names(values: Names | None) -> tuple[str, ...]:
    """`registered` in `RUNTIMES`, where "all" means every runtime that works here; raises UnknownNameError."""
    from edgekit.execution.availability import availability_of
    from edgekit.runtimes import RUNTIMES

    names = names_of(values)
    working = [name for name in RUNTIMES if availability_of(name).is_available] if "all" in names else []
    return registered(RUNTIMES, [*(name for name in names if name != "all"), *working])


def one_registered(registry: Registry[Any], name: str) -> str:
    """The name in the registry that `name` means; raises UnknownNameError."""
    found = _spelled_in(registry, registry.kind, name)
    if found is None:
        registry[name]  # raises, with the closest name
    return found or name


def known_names(kind: str, values: Names | None, known: Iterable[str]) -> tuple[str, ...]:
    """`names_of`, each of them in `known`, synonyms replaced; raises UnknownNameError with `kind`: "runtime"."""
    known = list(known)
    return _unique(_known_name(kind, name, known) for name in names_of(values))


def _known_name(kind: str, name: str, known: Sequence[str]) -> str:
    found = _spelled_in(known, kind, name)
    if found is None:
        raise UnknownNameError(kind, name, known)
    return found


def _spelled_in(known: Container[str], kind: str, name: str) -> str | None:
    """`name`, or what it is a synonym of, whichever is in `known`; None if neither is."""
    return next((spelled for spelled in (name, meant(kind, name)) if spelled in known), None)


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def parsed_precisions(values: Names | None) -> list[Precision]:
    """The precisions of these names, each once; none for "all", which stands for all there are."""
    names = names_of(values)
    found = dict.fromkeys(Precision.parse(name) for name in names if name.lower() != ALL)
    return [] if ALL in map(str.lower, names) else list(found)


def shown_progress(progress: Progress | bool | None) -> Progress:
    """Where a function reports progress: nowhere by default, on stderr if `progress` is True."""
    if progress is True:
        import sys

        from edgekit.rendering.terminal.progress.console import ConsoleProgress

        is_replaced = sys.stderr is not sys.__stderr__  # by a notebook, whose file descriptor 2 nobody sees
        return ConsoleProgress(sys.stderr if is_replaced else None)
    return progress or SilentProgress()
