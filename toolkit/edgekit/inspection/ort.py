"""Reads the flatbuffer of an `.ort` file, ONNX Runtime's own form of an ONNX model, as far as an inspection asks.

A file is data from a stranger: it is read, never believed, as in `edgekit.inspection.tflite`. What is read becomes an
ONNX model without weights, so that one reader judges both forms.
"""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from edgekit.foundation.errors import ArtifactError

T = TypeVar("T")

_BROKEN = (struct.error, IndexError, ValueError, TypeError, AttributeError, OverflowError, AssertionError)
"""What reading damaged bytes as a flatbuffer raises."""


def as_onnx(path: Path) -> Any:
    """The file at `path` as an `onnx.ModelProto` whose initializers have shapes and types, and no values.

    Raises:
        ArtifactError: It is truncated or damaged.
    """
    from onnxruntime.tools.ort_format_model.ort_flatbuffers_py.fbs.InferenceSession import InferenceSession

    content = path.read_bytes()
    try:
        return _Reader(len(content)).model(InferenceSession.GetRootAs(content, 0).Model())
    except _BROKEN as error:
        raise ArtifactError(
            f"{path} starts like an ONNX Runtime model (.ort) but is truncated or damaged ({type(error).__name__}: "
            f"{error}). Copy or convert it again."
        ) from error


class _Reader:
    """One file; every vector is paid for out of an allowance that grows with the file."""

    def __init__(self, size: int) -> None:
        self._allowance = 10_000 + size

    def model(self, source: Any) -> Any:
        import onnx

        model, graph = onnx.ModelProto(), source.Graph()
        model.ir_version = source.IrVersion()
        model.producer_name = _text(source.ProducerName())
        model.producer_version = _text(source.ProducerVersion())
        for one in self._all(graph.NodesLength(), graph.Nodes):
            self._add_node(model.graph.node.add(), one)
        used = {node.domain for node in model.graph.node}  # the file lists every domain that ONNX Runtime knows
        for one in self._all(source.OpsetImportLength(), source.OpsetImport):
            if _text(one.Domain()) in used:
                entry = model.opset_import.add()
                entry.domain, entry.version = _text(one.Domain()), one.Version()
        for one in self._all(graph.InitializersLength(), graph.Initializers):
            tensor = model.graph.initializer.add()
            tensor.name, tensor.data_type = _text(one.Name()), one.DataType()
            tensor.dims.extend(self._all(one.DimsLength(), one.Dims))
        self._add_ends(model.graph, graph)
        if not model.graph.node or not model.graph.input or not model.graph.output:
            raise ValueError("it has no nodes, no inputs or no outputs")
        return model

    def _add_node(self, node: Any, source: Any) -> None:
        node.op_type, node.domain, node.name = (
            _text(each) for each in (source.OpType(), source.Domain(), source.Name())
        )
        node.input.extend(map(_text, self._all(source.InputsLength(), source.Inputs)))
        node.output.extend(map(_text, self._all(source.OutputsLength(), source.Outputs)))

    def _add_ends(self, target: Any, source: Any) -> None:
        """The graph's inputs and outputs, with the types and shapes that its list of values has."""
        values = {_text(one.Name()): one for one in self._all(source.NodeArgsLength(), source.NodeArgs)}
        for ends, length, get in (
            (target.input, source.InputsLength(), source.Inputs),
            (target.output, source.OutputsLength(), source.Outputs),
        ):
            for name in map(_text, self._all(length, get)):
                self._add_value(ends.add(), name, values.get(name))

    def _add_value(self, value: Any, name: str, source: Any) -> None:
        from onnxruntime.tools.ort_format_model.ort_flatbuffers_py.fbs.TensorTypeAndShape import TensorTypeAndShape

        value.name = name
        if source is None or source.Type() is None or source.Type().Value() is None:
            return
        described, tensor = TensorTypeAndShape(), value.type.tensor_type
        described.Init(source.Type().Value().Bytes, source.Type().Value().Pos)
        tensor.elem_type = described.ElemType()
        if (shape := described.Shape()) is not None:
            for one in self._all(shape.DimLength(), shape.Dim):
                size = one.Value().DimValue() if one.Value() is not None else 0
                tensor.shape.dim.add().dim_value = max(size, 0)

    def _all(self, length: int, get: Callable[[int], T]) -> list[T]:
        self._allowance -= length
        if self._allowance < 0:
            raise ValueError("its tables claim more entries than the file can hold")
        return [get(index) for index in range(length)]


def _text(content: bytes | str | None) -> str:
    return content.decode(errors="replace") if isinstance(content, bytes) else content or ""
