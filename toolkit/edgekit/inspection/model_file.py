"""A model file of any format, described without running it."""

from collections.abc import Callable
from pathlib import Path

from edgekit.artifact import FORMAT_OF_SUFFIX, KERAS_SUFFIXES, Format, model_size, sha256_of
from edgekit.foundation.errors import ArtifactError, first_line_of
from edgekit.foundation.grammar import for_shell
from edgekit.foundation.registry import Registry
from edgekit.inspection.external_data import external_bytes
from edgekit.inspection.info import (
    Graph,
    ModelInfo,
    count_operators,
    count_weights,
    describe_quantization,
)
from edgekit.inspection.sniffing import NUM_BYTES, format_in, is_ort, what_it_seems

READERS: Registry[Callable[[Path], Graph]] = Registry(
    "format",
    {
        "tflite": ("edgekit.inspection.tflite:read_graph", "LiteRT (TensorFlow Lite)"),
        "onnx": ("edgekit.inspection.onnx:read_graph", "ONNX"),
    },
)


def inspect_file(path: Path) -> ModelInfo:
    """Describe the model file at `path`; nothing in it is run.

    Raises:
        ArtifactError: The file is missing, empty, broken, of another format than its name says, or of a
            format that edgekit cannot inspect.
    """
    model_format = check_format(path)
    graph = _graph_in(path, model_format)
    return ModelInfo(
        file=path.name,
        format=model_format,
        size_bytes=path.stat().st_size + (external_bytes(path) if model_format is Format.ONNX else 0),
        sha256=sha256_of(path),
        inputs=graph.inputs,
        outputs=graph.outputs,
        operators=count_operators(graph.operators),
        quantization=describe_quantization(graph),
        num_weights=sum(tensor.num_elements for tensor in graph.weights),
        weights_by_dtype=count_weights(graph.weights),
        multiply_adds=graph.multiply_adds,
        metadata=graph.metadata,
        stored_input=graph.stored_input,
        is_all_int16=graph.is_all_int16,
        self_description=graph.self_description,
    )


def _graph_in(path: Path, model_format: Format) -> Graph:
    """What the reader of the format finds; a library may raise anything at a file that was made to break it."""
    try:
        return READERS.load(model_format.value)(path)
    except (ArtifactError, MemoryError):
        raise
    except Exception as error:
        raise ArtifactError(
            f"{path} cannot be inspected: its reader stopped with {type(error).__name__} ({first_line_of(error)}). The "
            f"file is damaged or malicious. Copy or export it again."
        ) from error


def check_format(path: Path) -> Format:
    """The format of the file at `path`; raises ArtifactError if name and content do not agree on one."""
    model_size(path)
    with path.open("rb") as file:
        start = file.read(NUM_BYTES)
    return _agreed_format(path, format_in(start), path.suffix.lower())


def _agreed_format(path: Path, found: Format | None, suffix: str) -> Format:
    if suffix in KERAS_SUFFIXES:
        raise ArtifactError(
            f"{path} is named like a Keras model. edgekit inspects .tflite and .onnx files, not Keras models yet; "
            f"export it first: edgekit export {for_shell(path)}"
        )
    named = FORMAT_OF_SUFFIX.get(suffix)
    if not found:
        expected = f"a {suffix} model" if named else "a .tflite or .onnx model"
        raise ArtifactError(
            f"{path} is not a model that edgekit can read. Expected {expected}; this is {what_it_seems(path)}."
        )
    own_suffix = ".ort" if is_ort(path) else f".{found.value}"
    if named and suffix != own_suffix:
        raise ArtifactError(
            f"{path} is named {suffix}, but it holds {what_it_seems(path)}. Rename it to "
            f"{path.with_suffix(own_suffix).name}, or export the model again."
        )
    return found
