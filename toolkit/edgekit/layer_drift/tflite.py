"""Intermediate tensors of a `.tflite` file, by LiteRT's builtin kernels: XNNPACK keeps none.

A cut model is made by editing the flatbuffer: a tensor that is cut gets a copy, which is a new input of the graph, and
every operator that read the tensor reads its copy.
"""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.artifact import TensorSpec
from edgekit.foundation.errors import ArtifactError
from edgekit.inspection.load_errors import cannot_load, in_one_sentence
from edgekit.inspection.tflite import model_object
from edgekit.layer_drift.probe import FED, CutModel, Layer, Probe, Values, limits_of
from edgekit.runtimes import RUNTIMES, SessionSettings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RUNTIME = "litert-builtin"


class TFLiteProbe(Probe):
    """One `.tflite` file; raises ArtifactError if it cannot be loaded."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.input_spec: TensorSpec = RUNTIMES.load(RUNTIME).open(path, SessionSettings()).input_spec
        self._interpreter = _open(path, model_path=str(path))
        self._details = {one["index"]: one for one in self._interpreter.get_tensor_details()}
        self._index_of: dict[str, int] = {}
        self.layers = tuple(self._find_layers())

    def read(self, pixels: "NDArray[np.generic]") -> Values:
        """See `Probe.read`."""
        try:
            self._interpreter.set_tensor(self._interpreter.get_input_details()[0]["index"], pixels)
            self._interpreter.invoke()
            return {name: self._value(index) for name, index in self._index_of.items()}
        except (RuntimeError, ValueError) as error:
            raise ArtifactError(f"LiteRT stopped while running {self._path}: {in_one_sentence(error)}") from error

    def cut_at(self, names: Collection[str]) -> CutModel:
        """See `Probe.cut_at`."""
        return _CutTFLite(self._path, [self._index_of[name] for name in names])

    def _find_layers(self) -> Iterator[Layer]:
        for operator in self._interpreter._get_ops_details():
            for index in operator["outputs"]:
                details = self._details.get(index)
                if details and details["dtype"].__name__ in _READABLE and details["name"] not in self._index_of:
                    self._index_of[details["name"]] = int(index)
                    yield self._layer(details, operator)

    def _layer(self, details: dict[str, Any], operator: dict[str, Any]) -> Layer:
        import numpy as np

        scale, zero_point = details["quantization"]
        is_quantized = bool(scale) and np.issubdtype(details["dtype"], np.integer)
        kind = np.iinfo(details["dtype"]) if is_quantized else None
        return Layer(
            name=details["name"],
            operator=operator["op_name"],
            inputs=tuple(self._details[index]["name"] for index in operator["inputs"] if index in self._details),
            scale=float(scale) if kind else None,
            limits=limits_of(float(scale), int(zero_point), kind.min, kind.max) if kind else None,
        )

    def _value(self, index: int) -> "NDArray[np.float32]":
        import numpy as np

        stored = self._interpreter.get_tensor(index)
        scale, zero_point = self._details[index]["quantization"]
        if scale and np.issubdtype(stored.dtype, np.integer):
            return (stored.astype(np.float32) - np.float32(zero_point)) * np.float32(scale)
        return stored.astype(np.float32)


class _CutTFLite(CutModel):
    def __init__(self, path: Path, indices: list[int]) -> None:
        self._path = path
        content, self._names = _cut(path.read_bytes(), indices)
        self._interpreter = _open(path, model_content=content)
        self._inputs = {one["name"]: one["index"] for one in self._interpreter.get_input_details()}
        self._outputs = {one["index"]: one["name"] for one in self._interpreter.get_output_details()}

    def compute(self, pixels: "NDArray[np.generic]", fed: Values) -> Values:
        """See `CutModel.compute`."""
        try:
            for name, index in self._inputs.items():
                known = fed.get(name.removeprefix(FED)) if name.startswith(FED) else pixels
                self._interpreter.set_tensor(index, known)
            self._interpreter.invoke()
            return {name: self._interpreter.get_tensor(index) for index, name in self._outputs.items()}
        except (RuntimeError, ValueError) as error:
            raise ArtifactError(f"LiteRT stopped while running {self._path}: {in_one_sentence(error)}") from error


_READABLE = frozenset({"float32", "float16", "int8", "uint8", "int16"})
"""Types that scores can depend on; others hold shapes, or sums that are requantized at once."""


def _open(path: Path, **model: Any) -> Any:
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    try:
        interpreter = Interpreter(
            **model,
            experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
            experimental_preserve_all_tensors=True,
        )
        interpreter.allocate_tensors()
    except (RuntimeError, TypeError, ValueError) as error:
        raise cannot_load("LiteRT", path, error) from error
    return interpreter


def _cut(content: bytes, indices: list[int]) -> tuple[bytes, list[str]]:
    """The model with a cut after the tensors `indices`, all of which are outputs; and their names."""
    from copy import copy

    import flatbuffers
    import numpy as np

    model = model_object(content)
    graph = model.subgraphs[0]
    twins: dict[int, int] = {}
    for index in indices:
        if not any(index in operator.inputs for operator in graph.operators if operator.inputs is not None):
            continue
        twin = copy(graph.tensors[index])
        twin.name, twin.buffer = FED + graph.tensors[index].name.decode(), 0
        twins[index] = len(graph.tensors)
        graph.tensors.append(twin)
    for operator in graph.operators:
        if operator.inputs is not None:
            operator.inputs = np.array([twins.get(int(i), int(i)) for i in operator.inputs], np.int32)
    graph.inputs = np.array([*graph.inputs, *twins.values()], np.int32)
    graph.outputs = np.array(indices, np.int32)
    model.signatureDefs, model.metadata = None, None
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output()), [graph.tensors[index].name.decode() for index in indices]
