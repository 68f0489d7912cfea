"""`edgekit.inspect`: what is in one model file."""

from pathlib import Path

from edgekit.api.arguments import AnyPath, public
from edgekit.execution.file_inspection import inspect_in_worker
from edgekit.inspection import ModelInfo


@public
def inspect(file: AnyPath, *, weights: bool = False) -> ModelInfo:
    """Read the tensors, scales, operators, size and metadata of a .tflite or .onnx file; nothing in it is run.

    A process of its own reads it, so that a file that was made to do harm ends that process alone.

    Args:
        file: The model.
        weights: Count the zeros and the distinct values of every kernel too.

    Raises:
        ArtifactError: It is missing, broken, or not a model that edgekit can read.
    """
    return inspect_in_worker(Path(file), with_kernels=weights)
