"""What a runtime's library says of a file that it cannot load or run, as one readable sentence. Loads no model."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.foundation.errors import ArtifactError, MissingKernelError
from edgekit.foundation.grammar import counted

if TYPE_CHECKING:
    from edgekit.inspection.info import OperatorCount

MAX_LENGTH = 500

_NOISE = (
    r"\[ONNXRuntimeError\] : \d+ : [A-Z_]+ : ",
    r"Load model from \S+ failed:",
    r"\S+\.(?:cc|cpp|h):\d+ (?:[\w:<>,&*~ ]+\([^()]*\) |[A-Z]\w+ (?=[A-Z]))?",
    r"See instructions: \S+? ?(?=Node number|$)",
)
"""Error codes, places in C++ sources and links, as regular expressions."""
_GLUED = r"(?<=[\w).])(?=Node number \d|unsupported |failed to )"
"""Where LiteRT writes two messages without a space between them."""
_NO_KERNEL = (
    r"Didn't find op for builtin opcode '(?P<name>\w+)' version '(?P<version>\d+)'",
    r"Could not find an implementation for (?P<name>\w+)\((?P<version>\d+)\)",
)
"""How LiteRT and ONNX Runtime say that they have no kernel for an operator of a known kind."""

_NOT_DELEGATED = "failed to delegate"
"""How XNNPACK says that it took an operator at first and cannot run it."""


def expect_one_each(path: Path, num_inputs: int, num_outputs: int) -> None:
    """An image classifier takes images and gives scores, nothing else.

    Raises:
        ArtifactError: The model in `path` has another number of inputs or outputs.
    """
    if num_inputs != 1 or num_outputs != 1:
        raise ArtifactError(
            f"{path} has {counted(num_inputs, 'input')} and {counted(num_outputs, 'output')}. "
            f"Expected an image classifier: one input of images, one output of scores."
        )


def cannot_load(library: str, path: Path, error: Exception) -> ArtifactError:
    """The error that says why `library` cannot load `path`.

    Operators that the library lacks are named; of a file that is damaged or another format, it is said what it is.
    If it is only this runtime's set of kernels that lacks one, the error is a MissingKernelError.
    """
    from edgekit.inspection.model_file import inspect_file

    try:
        info = inspect_file(path)
    except ArtifactError as damage:
        return ArtifactError(f"{library} cannot load {path}: {in_one_sentence(error).rstrip('.')}. {damage}")
    if missing := _missing_operators(info.operators, str(error)):
        return ArtifactError(f"{library} cannot load {path}. {missing}")
    if kernel := _missing_kernel(str(error)):
        return MissingKernelError(f"This runtime has no kernel for {kernel}, so {path.name} was not run in it.")
    if info.quantization.num_sparse and _NOT_DELEGATED in str(error):
        return ArtifactError(
            f"{library} cannot load {path}: it stores quantized weights without their zeros, and XNNPACK cannot unpack "
            f"these ({in_one_sentence(error).rstrip('.')}). Convert it again without EXPERIMENTAL_SPARSITY, or switch "
            f"XNNPACK off in the app."
        )
    return ArtifactError(f"{library} cannot load {path}: {in_one_sentence(error)}")


def not_loaded(library: str, path: Path, error: Exception) -> MissingKernelError:
    """The error that says that `library`, which not every file is made for, does not take `path`, in its own words."""
    return MissingKernelError(f"{library} does not load {path.name}: {in_one_sentence(error)}")


def path_as_text(library: str, path: Path) -> str:
    """`path` as the libraries take one; raises ArtifactError if a folder's name is not UTF-8, which they refuse."""
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise ArtifactError(
            f"{library} cannot open {path}: its path holds bytes that are not text here. Expected UTF-8: rename the "
            f"folder or the file (or, if it looks right, set LANG=C.UTF-8)."
        ) from error
    return str(path)


def in_one_sentence(error: Exception) -> str:
    """An exception's message on one line, without codes and places in sources, at most MAX_LENGTH characters."""
    text = str(error)
    for noise in _NOISE:
        text = re.sub(noise, "", text)
    text = " ".join(re.sub(_GLUED, "; ", text).split()).replace(".;", ";")
    return text[:MAX_LENGTH] or type(error).__name__


def _missing_kernel(message: str) -> str | None:
    """The operator that a library says it has no kernel for: "ELU (version 1)"; None if it says something else."""
    found = next(filter(None, (re.search(said, message) for said in _NO_KERNEL)), None)
    return f"{found['name']} (version {found['version']})" if found else None


def _missing_operators(operators: "Sequence[OperatorCount]", message: str) -> str:
    """One sentence if a file needs operators of TensorFlow or of its own author; "" if it does not."""
    flex = [operator.name for operator in operators if operator.kind == "flex"]
    custom = [one.name for one in operators if one.kind == "custom" and one.name.rpartition(".")[2] in message]
    if flex:
        return (
            f"It needs TensorFlow's own operators (Flex), which this runtime does not have: {', '.join(flex)}. "
            f"Convert the model with built-in operators only, or replace these layers."
        )
    if custom:
        return (
            f"It needs custom operators, which only its author's runtime has: {', '.join(custom)}. Replace these "
            f"layers by standard ones."
        )
    return ""
