"""The code of one bundled model, in every language that runs it, and why there is none in another."""

from collections.abc import Callable, Mapping

from edgekit.bundle.code.cpp import cpp_code, why_no_cpp
from edgekit.bundle.code.javascript import javascript_code, why_no_javascript
from edgekit.bundle.code.kotlin import kotlin_code, why_no_kotlin
from edgekit.bundle.code.mediapipe import why_no_mediapipe
from edgekit.bundle.code.python import python_code
from edgekit.bundle.code.swift import swift_code, why_no_swift
from edgekit.bundle.model import BundledModel

Generator = Callable[[BundledModel], Mapping[str, bytes]]
"""From a model to its files: path below the model's own code folder -> content. Empty if the language has none."""

GENERATORS: tuple[Generator, ...] = (python_code, javascript_code, kotlin_code, swift_code, cpp_code)
"""One generator per language. Each decides by `model.targets`, format and precision whether it has something to say."""

REASONS: Mapping[str, Callable[[BundledModel], str]] = {
    "Kotlin": why_no_kotlin,
    "Swift": why_no_swift,
    "MediaPipe": why_no_mediapipe,
    "JavaScript": why_no_javascript,
    "C++": why_no_cpp,
}
"""What there may be no code for -> why, in a sentence; "" if there is code, or the bundle is for other targets."""


def missing_code(model: BundledModel) -> Mapping[str, str]:
    """What an app developer may look for and does not find: "Swift" -> why, in a sentence."""
    return {name: reason for name, why in REASONS.items() if (reason := why(model))}


def generated_code(model: BundledModel) -> Mapping[str, bytes]:
    """The source files for `model`.

    The same model gives the same bytes: no time, no path of this machine.

    Args:
        model: What to write code for.

    Returns:
        Relative paths with "/" -> contents. The bundle puts them below `model.code_folder`.
    """
    return {path: content for generate in GENERATORS for path, content in generate(model).items()}
