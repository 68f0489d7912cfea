"""Layers, models and functions of the user's own, from a Python file that the user names.

That file is executed, as a recipe is: because the user names it, and for no other reason. No model file and no run
folder leads to one.
"""

import importlib.util
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from edgekit.foundation.errors import UsageError
from edgekit.foundation.keras_setup import import_keras

OPTION = "--custom-objects FILE.py"


@dataclass(frozen=True, kw_only=True, eq=False)
class CustomObjects:
    """What a user's file defines.

    Attributes:
        path: The file; None if none was named.
        objects: Name -> class or function.
    """

    path: Path | None = None
    objects: Mapping[str, Any] = field(default_factory=dict)

    def for_configuration(self, configuration: Any) -> dict[str, Any]:
        """The objects under their own names and under those that a model's configuration gives them: "mine>Gate"."""
        aliases = {
            name: self.objects[name.rpartition(">")[2]]
            for name in registered_names(configuration)
            if name.rpartition(">")[2] in self.objects
        }
        return {**self.objects, **aliases}


NONE = CustomObjects()


@contextmanager
def custom_objects_of(path: Path | None) -> Iterator[CustomObjects]:
    """Execute the Python file at `path` and let Keras find what it defines until the block ends; None: nothing.

    Raises:
        UsageError: There is no such file, it does not run, or it defines no class and no function.
    """
    if path is None:
        yield NONE
        return
    keras = import_keras("edgekit export")
    registered = keras.saving.get_custom_objects()
    before = dict(registered)
    try:
        objects = _defined_in(_executed(path))
        if not objects and registered == before:
            raise UsageError(
                f"{path} defines no class and no function. Expected the layers, models or functions that the model "
                f"needs."
            )
        with keras.saving.custom_object_scope(objects):
            yield CustomObjects(path=path, objects=objects)
    finally:
        registered.clear()
        registered.update(before)


def _executed(path: Path) -> ModuleType:
    if path.suffix != ".py" or not path.is_file():
        raise UsageError(
            f"There is no Python file {path}. Expected one that defines the layers, models or functions that the model "
            f"needs, as in {OPTION}."
        )
    spec = importlib.util.spec_from_file_location(f"edgekit_custom_objects_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path} cannot be loaded as Python.")
    module = importlib.util.module_from_spec(spec)
    try:
        with redirect_stdout(sys.stderr):  # stdout is for results
            spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # the file is the user's own program: it may raise anything
        raise UsageError(f"{path} does not run: {type(error).__name__}: {error}. Correct it and try again.") from error
    return module


def _defined_in(module: ModuleType) -> dict[str, Any]:
    """The classes and functions in `module`, imported ones too, but not those of Keras and TensorFlow themselves."""
    return {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("_")
        and callable(value)
        and str(getattr(value, "__module__", "")).partition(".")[0] not in ("keras", "tensorflow", "typing")
    }


def registered_names(node: Any) -> Iterator[str]:
    """Every text in a configuration that looks like "package>Name"."""
    if isinstance(node, str) and ">" in node:
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from registered_names(child)
