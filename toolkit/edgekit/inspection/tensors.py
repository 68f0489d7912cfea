"""Inputs and outputs as a file declares them, for runtimes whose library does not tell scale and zero point."""

from dataclasses import dataclass
from pathlib import Path

from edgekit.artifact import TensorSpec
from edgekit.inspection.model_file import READERS, check_format


@dataclass(frozen=True, kw_only=True)
class FileTensors:
    """What goes in and what comes out.

    Attributes:
        inputs: In the file's order.
        outputs: In the file's order.
    """

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]


def read_tensors(path: Path) -> FileTensors:
    """The inputs and outputs of the file at `path`; nothing in it is run.

    Raises:
        ArtifactError: It is missing, damaged, or of another format than its name says.
    """
    graph = READERS.load(check_format(path).value)(path)
    return FileTensors(inputs=graph.inputs, outputs=graph.outputs)
