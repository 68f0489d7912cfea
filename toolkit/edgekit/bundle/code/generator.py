"""The code of one bundled model, in every language that runs it."""

from collections.abc import Callable, Mapping

from edgekit.bundle.code.cpp import cpp_code
from edgekit.bundle.code.javascript import javascript_code
from edgekit.bundle.code.kotlin import kotlin_code
from edgekit.bundle.code.python import python_code
from edgekit.bundle.code.swift import swift_code
from edgekit.bundle.model import BundledModel

Generator = Callable[[BundledModel], Mapping[str, bytes]]
"""From a model to its files: path below the model's own code folder -> content. Empty if the language has none."""

GENERATORS: tuple[Generator, ...] = (python_code, javascript_code, kotlin_code, swift_code, cpp_code)
"""One generator per language. Each decides by `model.targets`, format and precision whether it has something to say."""


def generated_code(model: BundledModel) -> Mapping[str, bytes]:
    """The source files for `model`.

    The same model gives the same bytes: no time, no path of this machine.

    Args:
        model: What to write code for.

    Returns:
        Relative paths with "/" -> contents. The bundle puts them below `model.code_folder`.
    """
    return {path: content for generate in GENERATORS for path, content in generate(model).items()}
