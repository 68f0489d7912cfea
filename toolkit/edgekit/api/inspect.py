"""`edgekit.inspect`: what is in one model file."""

from dataclasses import replace
from pathlib import Path

from edgekit.api.arguments import AnyPath, public
from edgekit.inspection import ModelInfo, inspect_file
from edgekit.inspection.kernels import inspect_kernels


@public
def inspect(file: AnyPath, *, weights: bool = False) -> ModelInfo:
    """Read the tensors, scales, operators, size and metadata of a .tflite or .onnx file; nothing in it is run.

    Args:
        file: The model.
        weights: Count the zeros and the distinct values of every kernel too.

    Raises:
        ArtifactError: It is missing, broken, or not a model that edgekit can read.
    """
    path = Path(file)
    info = inspect_file(path)
    return replace(info, kernels=inspect_kernels(path)) if weights else info
