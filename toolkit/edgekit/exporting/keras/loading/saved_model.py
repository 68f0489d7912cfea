"""Reads a SavedModel folder of TensorFlow 2 as a Keras model of one layer, `keras.layers.TFSMLayer`.

A SavedModel is a program: its graph may read and write files. So it is read as data first, and rejected unless every
operation that loading or calling it can reach only computes. Its layers and their names are lost.
"""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.foundation.errors import ExportError, first_line_of
from edgekit.foundation.keras_setup import import_keras, import_tensorflow
from edgekit.foundation.quiet import held_back

if TYPE_CHECKING:
    import keras

PROGRAM = "saved_model.pb"
ENDPOINTS = ("serving_default", "serve", "__call__")
"""What is called, the first that there is."""

STATEFUL = frozenset(
    {
        "Assert",
        "AssignVariableOp",
        "Case",
        "CheckNumerics",
        "CheckNumericsV2",
        "DisableCopyOnRead",
        "GuaranteeConst",
        "If",
        "RandomStandardNormal",
        "RandomUniform",
        "RandomUniformInt",
        "ReadVariableOp",
        "ResourceGather",
        "ResourceGatherNd",
        "RngReadAndSkip",
        "RngSkip",
        "StatefulPartitionedCall",
        "StatefulStandardNormalV2",
        "StatefulTruncatedNormal",
        "StatefulUniform",
        "StatefulUniformInt",
        "StatelessRandomGetAlg",
        "TruncatedNormal",
        "VarHandleOp",
        "VarIsInitializedOp",
        "VariableShape",
        "While",
    }
)
"""Operations with a state that only compute, or read and write variables."""

_REACH_OUT = frozenset({"PyFuncStateless", "GenerateVocabRemapping"})
"""Operations that TensorFlow calls stateless, take no text, and call Python or read files all the same."""


def is_saved_model(path: Path) -> bool:
    """Whether `path` is a SavedModel folder."""
    return path.is_dir() and (path / PROGRAM).is_file()


def sha256_of_folder(path: Path) -> str:
    """SHA-256 of the names and the bytes of all files below `path`, in the order of their names."""
    digest = hashlib.sha256()
    for file in files_of(path):
        digest.update(f"{file.relative_to(path).as_posix()}\0".encode())
        with file.open("rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    return digest.hexdigest()


def files_of(path: Path) -> list[Path]:
    """All files below `path`, sorted."""
    return sorted(file for file in path.rglob("*") if file.is_file())


def load_saved_model(path: Path) -> "keras.Model":
    """The SavedModel in the folder `path`, as a functional model with the outputs of its endpoint.

    Raises:
        ExportError: It is damaged, of TensorFlow 1, does more than compute, or has no endpoint that takes images.
    """
    keras = import_keras("edgekit export", backend="tensorflow")
    endpoint = _endpoint(path, _checked_graph(path))
    try:
        with held_back():
            layer = keras.layers.TFSMLayer(str(path), call_endpoint=endpoint, trainable=False)
    except Exception as error:  # a foreign file can make TensorFlow raise anything
        raise ExportError(
            f"{path} cannot be loaded as a SavedModel; it may be incomplete or damaged ({first_line_of(error)}). "
            f"Restore the folder with its variables, or save the model again."
        ) from error
    return _as_model(path, layer)


def _endpoint(path: Path, graph: Any) -> str:
    """The name of what is called."""
    signatures = sorted(name for name in graph.signature_def if not name.startswith("__"))
    attributes = {child.local_name for child in graph.object_graph_def.nodes[0].children}
    names = [name for name in ENDPOINTS if name in signatures or name in attributes]
    if not names and len(signatures) == 1:
        names = signatures
    if not names:
        raise ExportError(
            f"{path} has no endpoint that could be called: its signatures are {', '.join(signatures) or 'none'}. "
            f"Expected one called {' or '.join(ENDPOINTS[:2])}. Save the model again with model.export('{path.name}')."
        )
    return names[0]


def _as_model(path: Path, layer: Any) -> "keras.Model":
    """A functional model of the one `layer`."""
    keras = import_keras("edgekit export")
    spec = _input_spec(path, layer.call_endpoint_fn)
    pixels = keras.Input(tuple(spec.shape)[1:])
    cast = pixels if spec.dtype.name == "float32" else keras.ops.cast(pixels, spec.dtype.name)
    try:
        with held_back():
            scores = layer(cast)
    except Exception as error:  # as above
        raise ExportError(f"{path} cannot be called with images: {first_line_of(error)}") from error
    return keras.Model(pixels, scores, name="saved_model")


def _input_spec(path: Path, function: Any) -> Any:
    """The shape and type of the one input of an endpoint."""
    tensorflow = import_tensorflow("edgekit export")
    concrete = getattr(function, "concrete_functions", None) or [function]
    specs = [
        spec
        for spec in tensorflow.nest.flatten(getattr(concrete[0], "structured_input_signature", ()))
        if isinstance(spec, tensorflow.TensorSpec)
    ]
    if len(specs) != 1 or specs[0].shape.rank != 4 or specs[0].shape[0] is not None:
        received = " and ".join(f"{spec.dtype.name} {tuple(spec.shape or ())}" for spec in specs) or "nothing"
        raise ExportError(
            f"{path} takes {received}. Expected one input of images with an open batch, (None, height, width, "
            f"channels). Save the model again with such a signature."
        )
    return specs[0]


def _checked_graph(path: Path) -> Any:
    """The program of the SavedModel at `path`, read and not run.

    Raises:
        ExportError: It is damaged, of TensorFlow 1, or does more than compute.
    """
    import_tensorflow("edgekit export")
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
    from tensorflow.core.protobuf import saved_model_pb2

    if outside := [file for file in files_of(path) if not file.resolve().is_relative_to(path.resolve())]:
        raise ExportError(
            f"{outside[0]} is a link to a file outside of its SavedModel. Expected all files inside {path}. Copy what "
            f"the links mean: cp -rL {path} NEW."
        )
    program = saved_model_pb2.SavedModel()
    try:
        program.ParseFromString((path / PROGRAM).read_bytes())
    except (OSError, DecodeError) as error:
        raise ExportError(
            f"{path / PROGRAM} is not the program of a SavedModel, or damaged ({first_line_of(error)}). Restore the "
            f"folder, or save the model again."
        ) from error
    graphs = list(program.meta_graphs)
    if len(graphs) != 1 or not graphs[0].HasField("object_graph_def"):
        raise ExportError(
            f"{path} is a SavedModel of TensorFlow 1. Expected one of TensorFlow 2, as model.export(…) and "
            f"tf.saved_model.save(…) write it: load it with tf.saved_model.load and save it again."
        )
    functions = {each.signature.name: each for each in graphs[0].graph_def.library.function}
    for node in _reachable(functions, graphs[0].object_graph_def.concrete_functions):
        if not _only_computes(node.op, functions):
            raise ExportError(
                f"{path} carries the operation {node.op} ('{node.name[:60]}'), which can do more than compute, and "
                f"edgekit does not run it: the file could do anything. Leave it out of the saved function, and save "
                f"the model again."
            )
    return graphs[0]


def _reachable(functions: Mapping[str, Any], roots: Any) -> Iterator[Any]:
    """Every node of the functions that are called from `roots`: what loading and calling a SavedModel runs."""
    waiting, seen = list(roots), set(roots)
    while waiting:
        function = functions.get(waiting.pop())
        for node in function.node_def if function is not None else ():
            yield node
            called = {each for value in node.attr.values() for each in _functions_in(value)} - seen
            seen |= called
            waiting.extend(called)


def _functions_in(value: Any) -> Iterator[str]:
    """The functions that an attribute of a node names."""
    if value.HasField("func"):
        yield value.func.name
    for each in value.list.func:
        yield each.name


def _only_computes(operation: str, functions: Mapping[str, Any]) -> bool:
    from tensorflow.python.framework import op_def_registry

    definition = op_def_registry.get(operation)
    if definition is None:
        return operation in functions
    if definition.is_stateful or operation in _REACH_OUT:
        return operation in STATEFUL
    text = 7  # DT_STRING
    return not any(argument.type == text for argument in (*definition.input_arg, *definition.output_arg))
