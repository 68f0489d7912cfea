"""`edgekit.__all__` holds every function of a command and every type that one of them takes or returns."""

import dataclasses
import enum
import inspect
import sys
import types
import typing
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

import edgekit
from edgekit.cli import COMMANDS
from edgekit.exporting.onnx.targets import OrtTarget
from edgekit.verification.verdict.report import CandidateReport

ANY_LIBRARY = types.SimpleNamespace(Model=object, Layer=object, Optimizer=object, Callback=object)
FOR_TYPES_ALONE = {
    "np": np,
    "NDArray": NDArray,
    "CandidateReport": CandidateReport,
    "OrtTarget": OrtTarget,
    "keras": types.SimpleNamespace(**vars(ANY_LIBRARY), optimizers=ANY_LIBRARY, callbacks=ANY_LIBRARY),
}
"""Names that modules import for types alone."""


def function_of(command: str) -> Any:
    """The function itself; `edgekit.datasets` is a package that passes calls on."""
    found = getattr(edgekit, command.replace("-", "_"))
    return found if inspect.isfunction(found) else found._load()


def types_in(hint: Any) -> Iterator[type]:
    """The classes of edgekit in an annotation."""
    for part in typing.get_args(hint):
        yield from types_in(part)
    if isinstance(hint, type) and hint.__module__.startswith("edgekit"):
        yield hint


def members_of(owner: type) -> Iterator[Any]:
    """The annotations of what a reader of an object may look at: fields and properties."""
    yield from typing.get_type_hints(owner, localns=FOR_TYPES_ALONE).values()
    for name, member in vars(owner).items():
        if isinstance(member, property) and not name.startswith("_"):
            yield typing.get_type_hints(member.fget, localns=FOR_TYPES_ALONE).get("return")


def public_types() -> set[type]:
    """Every class that can be reached from the functions."""
    hints = [hint for name in COMMANDS for hint in typing.get_type_hints(function_of(name)).values()]
    todo = [one for hint in hints for one in types_in(hint)]
    todo += [value for name in edgekit.__all__ if isinstance(value := getattr(edgekit, name), type)]
    found: set[type] = set()
    while todo:
        owner = todo.pop()
        if owner not in found:
            found.add(owner)
            todo += [one for hint in members_of(owner) for one in types_in(hint)]
    return found


def test_every_public_type_is_a_name_of_edgekit() -> None:
    reached = public_types()
    assert len(reached) > 50
    missing = {one.__name__ for one in reached if not one.__name__.startswith("_")} - set(edgekit.__all__)
    assert missing == set()
    assert [one for one in reached if getattr(edgekit, one.__name__) is not one] == []


def test_public_types_are_dataclasses_enums_errors_or_described() -> None:
    for one in public_types():
        assert dataclasses.is_dataclass(one) or issubclass(one, enum.Enum | Exception) or one.__doc__, one


def test_names_are_listed_as_they_load() -> None:
    assert dir(edgekit) == sorted([*edgekit.__all__, "__version__"])
    assert [name for name in edgekit._NAMES.values() if not name] == []
    named = {name for names in edgekit._NAMES.values() for name in names.split()} | {
        "bundle",
        "clients",
        "datasets",
        "runtimes",
    }
    assert sorted(named) == edgekit.__all__


def test_importing_edgekit_imports_nothing_of_it() -> None:
    import subprocess

    script = "import sys, edgekit; dir(edgekit); print([n for n in sys.modules if n.startswith('edgekit.')])"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    assert not hasattr(edgekit, "verifi")
