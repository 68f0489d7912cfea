"""Turns Keras' loading errors into sentences for users. Loads nothing."""

import re
import zipfile
from pathlib import Path

from edgekit.exporting.keras.loading.custom_objects import OPTION, CustomObjects
from edgekit.exporting.keras.loading.tf_keras_model import written_by
from edgekit.foundation.errors import first_line_of
from edgekit.foundation.grammar import listed
from edgekit.foundation.keras_setup import import_keras

LIBRARIES = {
    "keras_hub": "keras-hub",
    "keras_cv": "keras-cv",
    "keras_nlp": "keras-nlp",
    "Addons": "tensorflow-addons",
    "TFAddons": "tensorflow-addons",
}
"""Package of registered names, and of modules -> the distribution that holds it."""

_MISSING = re.compile(
    r"(?:Could not locate (?:class|function)|Unknown (?:layer|object|activation function):?) '([\w>. ]+)'"
    r"|Could not deserialize (?:class |function )?'(?:\w+\.)*(\w+)' because"
)
_PARENT = re.compile(r"its parent module (\w+)[\w.]* cannot be imported")
_INNERMOST = "Exception encountered: "
"""Before the reason, if Keras wraps one exception into another for each level of nesting."""


def reason(path: Path, error: Exception, custom: CustomObjects) -> str:
    """Why the file at `path` cannot be loaded, and what to do.

    Args:
        path: The file.
        error: What Keras raised.
        custom: What the user's own file defines.
    """
    text = str(error)
    if "safe_mode" in text or "Lambda" in text or "lambda" in text:
        return _carries_code(path, custom)
    if name := missing_object(error):
        parent = _PARENT.search(text)
        package = parent[1] if parent else name.rpartition(">")[0]
        return needs_library(path, name, package) if package in LIBRARIES else needs(path, name, custom)
    if _INNERMOST in text:
        return (
            f"{path} holds a network that cannot be built by Keras{_and_its_version(path)}: "
            f"{first_line_of(ValueError(text.rsplit(_INNERMOST, 1)[1])).rstrip('.')}. Replace the layer, or save "
            f"the model again."
        )
    if "No model config" in text:
        return f"{path} holds only weights, without the network. Save the whole model, with model.save('model.keras')."
    is_cut_off = path.suffix.lower() == ".keras" and not zipfile.is_zipfile(path)
    said = "its zip archive has no end" if is_cut_off else first_line_of(error)
    return (
        f"{path} cannot be loaded as a Keras model; it may be truncated or damaged "
        f"({type(error).__name__}: {said}). Save the model again or restore the file."
    )


def missing_object(error: Exception) -> str | None:
    """The class or function that Keras did not find, "mine>Gate"; None if it says something else."""
    missing = _MISSING.search(str(error))
    return (missing[1] or missing[2]) if missing else None


def needs(path: Path, name: str, custom: CustomObjects) -> str:
    """The sentence for a class or function called `name` that Keras does not have; "mine>Gate" is called Gate."""
    missing = f"{path} needs '{name.rpartition('>')[2]}', which is not part of Keras{_and_its_version(path)}."
    if custom.path is not None:
        return f"{missing} {custom.path} does not define it, but {listed(sorted(custom.objects)) or 'nothing'}. Add it."
    return (
        f"{missing} Name the Python file that defines it: {OPTION}. edgekit executes that file, and never code that "
        f"comes with a model."
    )


def needs_library(path: Path, name: str, package: str) -> str:
    """The sentence for a class of a library beside Keras that is not installed, or does not have it."""
    return (
        f"{path} needs '{name.rpartition('>')[2]}' of {package}, which is not installed here, or only in a version "
        f"without it. Install it and export again: pip install {LIBRARIES[package]}."
    )


def _carries_code(path: Path, custom: CustomObjects) -> str:
    refused = (
        f"{path} carries Python code (a Lambda layer or the like), which edgekit does not run: the file could do "
        f"anything."
    )
    if custom.path is None:
        return f"{refused} Replace it by a Keras layer, such as Rescaling or Activation, and save the model again."
    return (
        f"{refused} {custom.path} does not change that: Keras' safe mode takes a function that is called by its name, "
        f"keras.layers.Lambda(my_function), and no lambda. Define the function there, and save the model again with it."
    )


def _and_its_version(path: Path) -> str:
    """Words for a file of a Keras that is newer than the one here; "" for any other."""
    here, there = import_keras("edgekit export").__version__, written_by(path)
    numbers = [[int(number) for number in re.findall(r"\d+", version)[:3]] for version in (here, there)]
    return f" {here} (the file was written by Keras {there}, which is newer: install that)" * (numbers[1] > numbers[0])
