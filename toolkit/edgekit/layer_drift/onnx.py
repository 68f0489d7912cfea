"""Intermediate tensors of an `.onnx` file, by ONNX Runtime without graph optimizations, which would fuse them away.

A quantized file is one in QDQ form: a tensor's value is what comes out of its QuantizeLinear and DequantizeLinear.
Weights that are stored smaller and made float32 by operators are constants, not layers; float16 layers are layers.
A cut model is made by editing the graph: the consumers of a tensor that is cut read a new input of the graph.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.artifact import TensorSpec
from edgekit.foundation.errors import ArtifactError
from edgekit.inspection.external_data import check_external_data
from edgekit.inspection.load_errors import cannot_load, in_one_sentence
from edgekit.layer_drift.probe import FED, CutModel, Layer, Probe, Values, limits_of
from edgekit.runtimes import RUNTIMES, SessionSettings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RUNTIME = "onnxruntime-unoptimized"

_BORDERS = frozenset({"QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "Cast", "Constant"})
_FLOATS = (1, 10)
"""ONNX' numbers of float32 and float16."""
_ACTIVATIONS = frozenset({"Relu", "Clip"})
_CHANNELS_FIRST = frozenset(
    {"Conv", "ConvTranspose", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "BatchNormalization"}
)
"""Operators that take and give (N, C, ...), whatever surrounds them."""


class OnnxProbe(Probe):
    """One `.onnx` file; raises ArtifactError if it cannot be loaded."""

    def __init__(self, path: Path) -> None:
        import onnx

        check_external_data(path)
        self._path = path
        self.input_spec: TensorSpec = RUNTIMES.load(RUNTIME).open(path, SessionSettings()).input_spec
        self._model = onnx.load(str(path))
        self._graph = _Graph(self._model)
        self._read_at = {layer.name: tensor for layer, tensor in self._graph.layers()}
        self.layers = tuple(layer for layer, _ in self._graph.layers())
        outputs = {name: self._graph.type_of(name) for name in dict.fromkeys(self._read_at.values())}
        self._session = _open(path, _with_outputs(self._model, outputs))

    def read(self, pixels: "NDArray[np.generic]") -> Values:
        """See `Probe.read`."""
        wanted = list(dict.fromkeys(self._read_at.values()))
        found = _run(self._path, self._session, wanted, {self.input_spec.name: pixels})
        return {name: self._graph.channels_last(name, found[tensor]) for name, tensor in self._read_at.items()}

    def cut_at(self, names: Collection[str]) -> CutModel:
        """See `Probe.cut_at`."""
        return _CutOnnx(self._path, self._model, self._graph, names, self.input_spec.name)


class _Graph:
    """Facts about the graph: the producer and the consumers of a tensor, and its channel axis."""

    def __init__(self, model: Any) -> None:
        import onnx

        self._nodes = list(model.graph.node)
        self._constants = {tensor.name: tensor for tensor in model.graph.initializer}
        inferred = onnx.shape_inference.infer_shapes(model).graph
        values = (*inferred.value_info, *inferred.input, *inferred.output)
        self._types = {value.name: value.type.tensor_type.elem_type for value in values}
        self._outputs = {output.name for output in model.graph.output}
        self._fixed = _constant_tensors(model)
        self._makers = {name: node for node in self._nodes for name in node.output}
        self._readers: dict[str, list[Any]] = {}
        for node in self._nodes:
            for name in node.input:
                self._readers.setdefault(name, []).append(node)
        self._has_channels_first = self._find_layouts(model)

    def layers(self) -> Iterator[tuple[Layer, str]]:
        """Each layer, and the tensor that holds its value: after its DequantizeLinear if it has one."""
        for node in self._nodes:
            name = node.output[0] if node.output else ""
            if node.op_type in _BORDERS or self._types.get(name) not in _FLOATS or name in self._fixed:
                continue
            quantized = [reader for reader in self._readers.get(name, []) if reader.op_type == "QuantizeLinear"]
            restored = [
                reader
                for one in quantized
                for reader in self._readers.get(one.output[0], [])
                if reader.op_type == "DequantizeLinear"
            ]
            stored = restored[0].output[0] if restored else ""
            if restored and (described := self._described(node, quantized[0])):
                yield replace(described, name=stored if stored in self._outputs else name), stored
            elif not self._only_activated(name):
                yield Layer(name=name, operator=node.op_type, inputs=self._inputs_of(node)), name

    def type_of(self, name: str) -> int:
        """ONNX' number of the tensor's type."""
        return int(self._types.get(name, 1))

    def channels_last(self, name: str, value: "NDArray[Any]") -> "NDArray[np.float32]":
        """The value of tensor `name` with its channels at the end."""
        import numpy as np

        moved = np.moveaxis(value, 1, -1) if name in self._has_channels_first and value.ndim > 2 else value
        return moved.astype(np.float32, copy=False)

    def as_stored(self, name: str, value: "NDArray[np.float32]") -> "NDArray[np.floating[Any]]":
        """The other way round, in the type that the graph has there."""
        import numpy as np

        moved = np.moveaxis(value, -1, 1) if name in self._has_channels_first and value.ndim > 2 else value
        return np.ascontiguousarray(moved, np.float32 if self.type_of(name) == _FLOATS[0] else np.float16)

    def _described(self, node: Any, quantize: Any) -> Layer | None:
        from onnx import numpy_helper

        constants = [self._constants.get(name) for name in quantize.input[1:3]]
        if None in constants or len(constants) < 2:
            return None
        scale, zero_point = (numpy_helper.to_array(constant) for constant in constants)
        if scale.size != 1:
            return None
        lowest, highest = _range_of(zero_point.dtype)
        return Layer(
            name=node.output[0],
            operator=node.op_type,
            inputs=self._inputs_of(node),
            scale=float(scale.item()),
            limits=limits_of(float(scale.item()), int(zero_point.item()), lowest, highest),
        )

    def _inputs_of(self, node: Any) -> tuple[str, ...]:
        """The tensors that a node reads, weights aside, before they were only stored in another way."""
        return tuple(self._as_computed(name) for name in node.input if name and name not in self._fixed)

    def _as_computed(self, name: str) -> str:
        while (maker := self._makers.get(name)) is not None and maker.op_type in _BORDERS and maker.input:
            name = maker.input[0]
        return name

    def _only_activated(self, name: str) -> bool:
        """Whether a tensor is read by one activation alone, which a quantizer folds into the operator before it."""
        readers = self._readers.get(name, [])
        return len(readers) == 1 and readers[0].op_type in _ACTIVATIONS

    def _find_layouts(self, model: Any) -> set[str]:
        first = set()
        for value in model.graph.input:
            sizes = [size.dim_value for size in value.type.tensor_type.shape.dim]
            if len(sizes) == 4 and sizes[1] == 3 and sizes[3] != 3:
                first.add(value.name)
        for node in self._nodes:
            data = [name for name in node.input if name and name not in self._constants]
            is_first = node.op_type in _CHANNELS_FIRST or bool(data and data[0] in first)
            if node.op_type == "Transpose":
                is_first = not (data and data[0] in first)
            if is_first:
                first.update(node.output)
        return first


class _CutOnnx(CutModel):
    def __init__(self, path: Path, model: Any, graph: _Graph, names: Collection[str], pixels: str) -> None:
        from onnx import ModelProto, helper

        self._path, self._graph, self._names, self._pixels = path, graph, list(names), pixels
        cut = ModelProto()
        cut.CopyFrom(model)
        read = {name for node in cut.graph.node for name in node.input}
        self._fed = [name for name in self._names if name in read]
        for node in cut.graph.node:
            for at, name in enumerate(node.input):
                if name in self._fed:
                    node.input[at] = FED + name
        types = {name: graph.type_of(name) for name in self._names}
        cut.graph.input.extend(helper.make_tensor_value_info(FED + name, types[name], None) for name in self._fed)
        self._session = _open(path, _with_outputs(cut, types))
        self._takes = {one.name for one in self._session.get_inputs()}

    def compute(self, pixels: "NDArray[np.generic]", fed: Values) -> Values:
        """See `CutModel.compute`."""
        given = {FED + name: self._graph.as_stored(name, fed[name]) for name in self._fed} | {self._pixels: pixels}
        found = _run(self._path, self._session, self._names, {k: v for k, v in given.items() if k in self._takes})
        return {name: self._graph.channels_last(name, value) for name, value in found.items()}


def _constant_tensors(model: Any) -> frozenset[str]:
    """Names of the initializers, and of what is computed of nothing else."""
    fixed = {tensor.name for tensor in model.graph.initializer}
    for node in model.graph.node:
        if all(name in fixed for name in node.input if name):
            fixed.update(node.output)
    return frozenset(fixed)


def _with_outputs(model: Any, types: Mapping[str, int]) -> bytes:
    """The model with these tensors as its only outputs; name -> ONNX' number of its type."""
    from onnx import ModelProto, helper

    copy = ModelProto()
    copy.CopyFrom(model)
    del copy.graph.output[:]
    copy.graph.output.extend(helper.make_tensor_value_info(name, type_, None) for name, type_ in types.items())
    return bytes(copy.SerializeToString())


def _open(path: Path, content: bytes) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise cannot_load("ONNX Runtime", path, error) from error


def _run(path: Path, session: Any, names: list[str], fed: dict[str, Any]) -> dict[str, Any]:
    try:
        return dict(zip(names, session.run(names, fed), strict=True))
    except Exception as error:
        raise ArtifactError(f"ONNX Runtime stopped while running {path}: {in_one_sentence(error)}") from error


def _range_of(dtype: Any) -> tuple[int, int]:
    import numpy as np

    limits = np.iinfo(dtype)
    return int(limits.min), int(limits.max)
