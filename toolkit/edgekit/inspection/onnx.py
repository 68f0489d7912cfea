"""Reads the protobuf of an `.onnx` file. Weights are described, never loaded, wherever they lie.

A graph in QDQ form computes in float as it is written; a runtime computes a node in integers when its inputs
come from DequantizeLinear and its output goes to QuantizeLinear. That is what is counted here. Of a matrix product the
output may stay float: ONNX Runtime has kernels that multiply integers and write float (QGemm, MatMulIntegerToFloat).
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import isfinite, prod
from pathlib import Path
from typing import Any

from edgekit.artifact import TensorSpec
from edgekit.foundation.errors import ArtifactError
from edgekit.inspection.info import FLOATS, SMALL_INTEGERS, Arithmetic, Graph, Operator, Weights
from edgekit.inspection.ort import as_onnx
from edgekit.inspection.self_description import SelfDescription
from edgekit.inspection.sniffing import is_ort, what_it_seems

BORDERS = frozenset({"QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "Cast"})
SOURCES = frozenset({"Constant", "ConstantOfShape", "Range", "Shape", "Size"})
"""Operators whose result is a shape or a constant, not a function of the pixels."""
MOVES = frozenset({"Flatten", "Identity", "Reshape", "Squeeze", "Transpose", "Unsqueeze"})
"""Operators that change the place of numbers, not the numbers."""
FUSED = frozenset({"Relu", "Clip"})
"""Activations that a runtime folds into the node before them."""
PRODUCTS = frozenset({"Gemm", "MatMul"})
"""Operators with a kernel that takes integers and writes float."""
WIDE = frozenset({"int16", "uint16"})
STANDARD_DOMAINS = frozenset({"", "ai.onnx"})
MAX_SHAPE_INFERENCE_BYTES = 2**30
MAX_METADATA_TEXT = 200


def read_graph(path: Path) -> Graph:
    """The graph in the file at `path`; raises ArtifactError if it is truncated, damaged or something else."""
    model = as_onnx(path) if is_ort(path) else _parsed(path)
    if not model.graph.node or not model.opset_import:
        raise ArtifactError(
            f"{path} is not a complete ONNX model: it has {len(model.graph.node)} nodes and "
            f"{len(model.opset_import)} operator sets; it seems to be {what_it_seems(path)}. Copy or export it again."
        )
    try:
        return _Reader(model).graph()
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise ArtifactError(
            f"{path} can be parsed as ONNX, but its graph is damaged ({type(error).__name__}: {error}). "
            f"Copy or export it again."
        ) from error


def _parsed(path: Path) -> Any:
    """The protobuf in the file at `path`."""
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    try:
        return onnx.ModelProto.FromString(path.read_bytes())
    except DecodeError as error:
        raise ArtifactError(
            f"{path} seems to be {what_it_seems(path)}, but it is truncated or damaged. Copy or export it again."
        ) from error


@dataclass(frozen=True, kw_only=True)
class _Constant:
    """A tensor that is in the file."""

    dtype: str
    dims: tuple[int, ...]
    location: str


class _Reader:
    """One model."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._nodes = list(model.graph.node)
        self._constants = {name: constant for name, constant in self._find_constants() if name}
        self._producer = {name: node for node in self._nodes for name in node.output if name}
        self._consumers: dict[str, list[Any]] = defaultdict(list)
        for node in self._nodes:
            for name in node.input:
                self._consumers[name].append(node)
        self._outputs = {output.name for output in model.graph.output}
        self._fixed = self._fixed_names()

    def graph(self) -> Graph:
        """Everything the model says."""
        graph = self._model.graph
        return Graph(
            inputs=tuple(_spec(value) for value in graph.input if value.name not in self._constants),
            outputs=tuple(_spec(value) for value in graph.output),
            operators=[self._operator(node) for node in self._nodes],
            weights=list(self._weights()),
            has_wide_activations=any(self._is_wide(node) for node in self._nodes),
            multiply_adds=self._multiply_adds(),
            metadata=self._metadata(),
            stored_input=self._stored_input(),
            self_description=SelfDescription.of_properties(
                {entry.key: entry.value for entry in self._model.metadata_props}
            ),
        )

    def _stored_input(self) -> TensorSpec | None:
        """See `ModelInfo.stored_input`: what the QuantizeLinear nodes make of it that read it, moved or not."""
        inputs = [value for value in self._model.graph.input if value.name not in self._constants]
        if len(inputs) != 1:
            return None
        readers = self._consumers[inputs[0].name]
        while len(readers) == 1 and readers[0].op_type in MOVES:
            readers = self._consumers[readers[0].output[0]]
        if not readers or any(node.op_type != "QuantizeLinear" or len(node.input) < 3 for node in readers):
            return None
        values = {name.name: name for name in self._model.graph.initializer}
        stored = {(_one_number(values.get(n.input[1])), _one_number(values.get(n.input[2]))): n for n in readers}
        [(scale, zero_point), node] = next(iter(stored.items()))
        if len(stored) != 1 or scale is None or zero_point is None:
            return None
        return replace(
            _spec(inputs[0]),
            dtype=_dtype(values[node.input[2]].data_type),
            scale=float(scale),
            zero_point=int(zero_point),
        )

    def _find_constants(self) -> Iterator[tuple[str, _Constant]]:
        for tensor in self._model.graph.initializer:
            yield tensor.name, _constant(tensor)
        for node in self._nodes:
            for attribute in node.attribute:
                if node.op_type == "Constant" and attribute.name == "value" and node.output:
                    yield node.output[0], _constant(attribute.t)

    def _fixed_names(self) -> set[str]:
        """Tensors that do not depend on the pixels: constants, shapes, and what is made of them alone."""
        fixed = set(self._constants)
        for node in self._nodes:
            if node.op_type in SOURCES or all(name in fixed for name in node.input if name):
                fixed.update(node.output)
        return fixed

    def _operator(self, node: Any) -> Operator:
        is_standard = node.domain in STANDARD_DOMAINS
        return Operator(
            name=_text(node.op_type) if is_standard else f"{_text(node.domain)}.{_text(node.op_type)}",
            kind="builtin" if is_standard or node.domain == "ai.onnx.ml" else "custom",
            arithmetic=self._arithmetic(node),
        )

    def _arithmetic(self, node: Any) -> Arithmetic:
        if node.op_type in BORDERS:
            return Arithmetic.BORDER
        if all(name in self._fixed for name in node.output):
            return Arithmetic.NONE
        if _is_integer_operator(node) or self._moves_integers(node):
            return Arithmetic.INTEGER
        is_integer = self._comes_from_integers(node) and (
            node.op_type in PRODUCTS or all(self._goes_to_integers(name) for name in node.output)
        )
        return Arithmetic.INTEGER if is_integer else Arithmetic.FLOAT

    def _moves_integers(self, node: Any) -> bool:
        """Whether what goes in is stored as integers, as between QLinear operators."""
        pixels = [name for name in node.input if name and name not in self._fixed]
        before = [self._producer[name] for name in pixels if name in self._producer]
        return len(before) == len(pixels) and all(
            producer.op_type == "QuantizeLinear" or producer.op_type.startswith("QLinear") for producer in before
        )

    def _comes_from_integers(self, node: Any) -> bool:
        return all(self._is_dequantized(node, name, at) for at, name in enumerate(node.input) if name)

    def _is_dequantized(self, node: Any, name: str, at: int) -> bool:
        if constant := self._constants.get(name):
            is_bias_or_shape = node.op_type not in ("Conv", "Gemm", "MatMul", "Add", "Mul") or at > 1
            return is_bias_or_shape or constant.dtype not in FLOATS
        before = self._producer.get(name)
        if before is None:
            return False
        if node.op_type in FUSED and before.op_type not in BORDERS:
            return self._comes_from_integers(before) and len(self._consumers[name]) == 1
        return before.op_type == "DequantizeLinear" or name in self._fixed

    def _goes_to_integers(self, name: str) -> bool:
        """Whether every reader of a tensor quantizes it; an output without readers does not matter."""
        return name not in self._outputs and all(
            node.op_type == "QuantizeLinear" or (node.op_type in FUSED and self._goes_to_integers(node.output[0]))
            for node in self._consumers[name]
        )

    def _weights(self) -> Iterator[Weights]:
        for name, constant in self._constants.items():
            uses = [(node, at) for node in self._consumers[name] for at, i in enumerate(node.input) if i == name]
            if not any(_is_weight(node, at) for node, at in uses):
                continue
            is_dequantized = any(node.op_type == "DequantizeLinear" for node, _ in uses)
            if constant.dtype in FLOATS | SMALL_INTEGERS or (constant.dtype == "int32" and is_dequantized):
                yield Weights(
                    dtype=constant.dtype,
                    num_elements=prod(constant.dims),
                    is_per_channel=any(self._has_many_scales(node) for node, _ in uses),
                )

    def _has_many_scales(self, node: Any) -> bool:
        at = {"DequantizeLinear": 1, "QLinearConv": 4, "QLinearMatMul": 4, "QGemm": 4}.get(node.op_type)
        if at is None or len(node.input) <= at:
            return False
        scale = self._constants.get(node.input[at])
        return scale is not None and prod(scale.dims) > 1

    def _is_wide(self, node: Any) -> bool:
        zero_point = self._constants.get(node.input[2]) if len(node.input) > 2 else None
        return node.op_type == "QuantizeLinear" and zero_point is not None and zero_point.dtype in WIDE

    def _multiply_adds(self) -> int | None:
        """Multiply-adds of one image in convolutions and matrix products; None if a shape is not known."""
        shapes = self._inferred_shapes()
        total = 0
        for node in self._nodes:
            if node.op_type not in _WEIGHT_AT:
                continue
            weights = self._dims(node.input[_WEIGHT_AT[node.op_type]])
            spread = shapes.get(node.input[0] if node.op_type == "ConvTranspose" else node.output[0])
            if weights is None or spread is None or None in spread[1:]:
                return None
            total += _node_multiply_adds(node, weights, [size or 0 for size in spread[1:]])
        return total

    def _inferred_shapes(self) -> dict[str, list[int | None]]:
        import onnx

        if self._model.ByteSize() > MAX_SHAPE_INFERENCE_BYTES:
            return {}
        try:
            graph = onnx.shape_inference.infer_shapes(self._model).graph
        except Exception:  # noqa: BLE001  a damaged graph makes it raise anything; shapes are then not known
            return {}
        values = (*graph.value_info, *graph.input, *graph.output)
        return {value.name: _dims(value) for value in values if value.type.tensor_type.HasField("shape")}

    def _dims(self, name: str) -> tuple[int, ...] | None:
        """Dimensions of a constant, also after the DequantizeLinear or QuantizeLinear nodes it goes through."""
        for _ in range(4):
            if name in self._constants:
                return self._constants[name].dims
            node = self._producer.get(name)
            if node is None or not node.input:
                return None
            name = node.input[0]
        return None

    def _metadata(self) -> dict[str, str]:
        model = self._model
        opsets = ", ".join(f"{_text(entry.domain) or 'ai.onnx'} {entry.version}" for entry in model.opset_import)
        found = {"ir_version": str(model.ir_version), "opset": opsets}
        if model.producer_name:
            found["producer"] = f"{_text(model.producer_name)} {_text(model.producer_version)}".strip()
        for entry in model.metadata_props:
            is_short = len(entry.value) <= MAX_METADATA_TEXT
            found[_text(entry.key)] = _text(entry.value) if is_short else f"{len(entry.value)} characters"
        if locations := sorted({constant.location for constant in self._constants.values() if constant.location}):
            found["weights in other files"] = ", ".join(locations)
        return found


_WEIGHT_AT = {
    "Conv": 1,
    "ConvInteger": 1,
    "ConvTranspose": 1,
    "Gemm": 1,
    "MatMul": 1,
    "MatMulInteger": 1,
    "QGemm": 3,
    "QLinearConv": 3,
    "QLinearMatMul": 3,
}


def _node_multiply_adds(node: Any, weights: tuple[int, ...], spread: list[int]) -> int:
    """Of one image; `spread` is the shape, without the batch, of the output, or of a ConvTranspose's input."""
    if node.op_type in ("Gemm", "QGemm"):
        return prod(weights)
    if node.op_type in ("MatMul", "MatMulInteger", "QLinearMatMul"):
        return prod(spread) * weights[-2]
    return prod(spread) * prod(weights[1:])


def _is_integer_operator(node: Any) -> bool:
    return node.op_type.startswith("QLinear") or node.op_type in ("ConvInteger", "MatMulInteger", "QGemm")


def _is_weight(node: Any, at: int) -> bool:
    """Whether input number `at` holds weights, rather than a scale, a zero point or a shape."""
    if node.op_type in BORDERS:
        return at == 0
    if node.op_type in ("QLinearConv", "QGemm"):
        return at in ((3, 8) if node.op_type == "QLinearConv" else (3, 6))
    if node.op_type.startswith("QLinear"):
        return at in (0, 3)
    return not (node.op_type in ("ConvInteger", "MatMulInteger") and at > 1)


def _constant(tensor: Any) -> _Constant:
    places = [entry.value for entry in tensor.external_data if entry.key == "location"]
    return _Constant(
        dtype=_dtype(tensor.data_type),
        dims=tuple(int(size) for size in tensor.dims),
        location=_text(places[0]) if places and tensor.data_location == tensor.EXTERNAL else "",
    )


def _one_number(tensor: Any) -> float | None:
    """The number that a constant of one element holds; None for any other, and for one that lies in another file."""
    from onnx import numpy_helper

    if tensor is None or prod(tensor.dims) != 1 or tensor.data_location == tensor.EXTERNAL:
        return None
    value = float(numpy_helper.to_array(tensor).reshape(-1)[0])
    return value if isfinite(value) else None


def _spec(value: Any) -> TensorSpec:
    tensor = value.type.tensor_type
    return TensorSpec(name=_text(value.name), shape=tuple(_dims(value)), dtype=_dtype(tensor.elem_type))


def _dims(value: Any) -> list[int | None]:
    return [
        int(size.dim_value) if size.HasField("dim_value") and size.dim_value > 0 else None
        for size in value.type.tensor_type.shape.dim
    ]


def _text(value: str | bytes) -> str:
    """A string of the file; protobuf hands damaged ones out as bytes."""
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _dtype(number: int) -> str:
    import onnx

    names = {"FLOAT": "float32", "DOUBLE": "float64"}
    try:
        name: str = onnx.TensorProto.DataType.Name(number)
    except ValueError:
        return f"type {number}"
    return names.get(name, name.lower())
