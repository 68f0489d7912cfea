"""Reads the flatbuffer of a `.tflite` file. A file is data from a stranger: it is read, never believed.

A flatbuffer may claim lengths that its bytes cannot hold, or let a million entries point at one table, so
every vector is paid for out of an allowance that grows with the file. The file is mapped, not loaded.
"""

import mmap
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from math import isfinite, prod
from pathlib import Path
from typing import Any, TypeVar

from edgekit.artifact import TensorSpec
from edgekit.foundation.errors import ArtifactError
from edgekit.inspection.info import FLOATS, Arithmetic, Graph, Operator, Weights
from edgekit.inspection.litert_metadata import METADATA_NAME, Description, read_metadata
from edgekit.inspection.self_description import MAX_BYTES, SelfDescription

T = TypeVar("T")

BORDERS = frozenset({"QUANTIZE", "DEQUANTIZE", "CAST"})
UNPACKING = "DENSIFY"
"""Restores weights that are stored without their zeros; computes nothing."""
HOLD_STATE = frozenset({"LSTM", "UNIDIRECTIONAL_SEQUENCE_LSTM", "BIDIRECTIONAL_SEQUENCE_LSTM", "SVDF"})
"""Operators whose int8 form keeps a state in int16, which is not an activation of 16 bits."""
MAX_METADATA_TEXT = 200
_BROKEN = (struct.error, IndexError, ValueError, TypeError, KeyError, AttributeError, OverflowError, AssertionError)
"""What reading damaged bytes as a flatbuffer raises."""


def read_graph(path: Path) -> Graph:
    """The graph in the file at `path`; raises ArtifactError if it is truncated or damaged."""
    try:
        with path.open("rb") as file:
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        reader = _Reader(content)
        graph = reader.graph(_attached_files(path))
        return replace(graph, self_description=_self_description(path, reader.description()))
    except _BROKEN as error:
        raise ArtifactError(
            f"{path} starts like a LiteRT model but is truncated or damaged ({type(error).__name__}: {error}). "
            f"Copy or export it again."
        ) from error


def model_object(content: bytes) -> Any:
    """The `ModelT` of a file, as the objects of its schema; its buffers hold their bytes, as views of `content`.

    ai-edge-quantizer puts the weights of files of 256 KiB and more behind the flatbuffer, and so do files beyond 2 GB.
    A buffer then holds an offset and a size. Whoever packs the schema's own objects again loses these weights.

    Raises:
        ValueError: A buffer lies outside of the file.
    """
    import numpy as np
    from ai_edge_litert.schema_py_generated import Model, ModelT

    model = ModelT.InitFromObj(Model.GetRootAs(content, 0))
    for number, buffer in enumerate(model.buffers or ()):
        if buffer.offset <= 1:  # 0: it is in the flatbuffer. 1: a placeholder of a file that is being written
            continue
        if buffer.offset + buffer.size > len(content):
            raise ValueError(f"buffer {number} ends at byte {buffer.offset + buffer.size} of {len(content)}")
        buffer.data = np.frombuffer(content, np.uint8, buffer.size, buffer.offset)
        buffer.offset = buffer.size = 0
    return model


class _Reader:
    """One file's bytes."""

    def __init__(self, content: mmap.mmap) -> None:
        from ai_edge_litert import schema_py_generated as schema

        self._allowance = 10_000 + len(content)
        self._size = len(content)
        self._model = schema.Model.GetRootAs(content)
        self._operator_names = _names_of(schema.BuiltinOperator)
        self._dtypes = {number: name.lower() for number, name in _names_of(schema.TensorType).items()}

    def graph(self, attached: list[str]) -> Graph:
        """Everything that the first subgraph, the model, says; operators and weights of all of them."""
        model = self._model
        codes = [self._code(code) for code in self._vector(model.OperatorCodesLength(), model.OperatorCodes)]
        sizes = [self._buffer_size(buffer) for buffer in self._vector(model.BuffersLength(), model.Buffers)]
        subgraphs = [
            _Subgraph(self, graph, codes, sizes) for graph in self._vector(model.SubgraphsLength(), model.Subgraphs)
        ]
        if not subgraphs or not subgraphs[0].operators:
            raise ValueError("it holds no operators")
        main = subgraphs[0]
        return Graph(
            inputs=main.specs(main.inputs),
            outputs=main.specs(main.outputs),
            operators=[operator for graph in subgraphs for operator in graph.operators],
            weights=[tensor for graph in subgraphs for tensor in graph.weights],
            has_wide_activations=any(graph.has_wide_activations for graph in subgraphs),
            multiply_adds=main.multiply_adds,
            metadata=self._metadata(attached),
            num_sparse=sum(graph.num_sparse for graph in subgraphs),
            stored_input=main.stored_input,
            is_all_int16=all(graph.is_all_int16 for graph in subgraphs),
        )

    def _code(self, code: Any) -> tuple[str, str]:
        """(name, kind) of an operator code. Old files keep it in a field of one byte."""
        number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        name = self._operator_names.get(number, f"OPERATOR_{number}")
        if name != "CUSTOM":
            return name, "builtin"
        custom = (code.CustomCode() or b"unnamed").decode(errors="replace")
        return custom, "flex" if custom.startswith("Flex") else "custom"

    def _buffer_size(self, buffer: Any) -> int:
        """Bytes of a buffer; those of very large models lie after the flatbuffer."""
        size = buffer.Size() if buffer.Offset() > 1 else buffer.DataLength()
        if size > self._size:
            raise ValueError(f"a tensor claims {size} bytes in a file of {self._size}")
        return int(size)

    def description(self) -> Description | None:
        """What its LiteRT metadata says; None if it has none, or one that cannot be read."""
        for entry in self._vector(self._model.MetadataLength(), self._model.Metadata):
            if entry.Name() == METADATA_NAME.encode():
                try:
                    return read_metadata(self._buffer_content(entry.Buffer()))
                except ValueError:
                    return None
        return None

    def _metadata(self, attached: list[str]) -> dict[str, str]:
        model = self._model
        found = {"schema version": str(model.Version())}
        if model.Description():
            found["description"] = _text(model.Description())
        for entry in self._vector(model.MetadataLength(), model.Metadata):
            name, content = _text(entry.Name() or b"unnamed"), self._buffer_content(entry.Buffer())
            found |= _described(content) if name == METADATA_NAME else {name: _shown(content)}
        signatures = [
            _text(s.SignatureKey() or b"") for s in self._vector(model.SignatureDefsLength(), model.SignatureDefs)
        ]
        if signatures:
            found["signatures"] = ", ".join(signatures)
        if attached:
            found["attached files"] = ", ".join(attached)
        return found

    def _buffer_content(self, index: int) -> bytes:
        if not 0 <= index < self._model.BuffersLength():
            raise ValueError(f"metadata points at buffer {index}")
        buffer = self._model.Buffers(index)
        return b"" if buffer.DataIsNone() else bytes(buffer.DataAsNumpy().tobytes())

    def _vector(self, length: int, get: Callable[[int], T]) -> list[T]:
        self.spend(length)
        return [get(index) for index in range(length)]

    def spend(self, count: int) -> None:
        """Pay for reading `count` entries; raises ValueError if the file cannot hold so many."""
        self._allowance -= count
        if self._allowance < 0:
            raise ValueError("its tables claim more entries than the file can hold")

    def integers(self, vector: Any) -> list[int]:
        """A vector of numbers as a list; flatbuffers gives 0 if there is none."""
        if isinstance(vector, int):
            return []
        self.spend(len(vector))
        return [int(value) for value in vector]

    def dtype(self, number: int) -> str:
        """Name of a tensor type, as numpy calls it."""
        return self._dtypes.get(number, f"type {number}")


class _Tensor:
    """One tensor: what it is and whether it is constant."""

    def __init__(self, reader: _Reader, tensor: Any, sizes: list[int]) -> None:
        self.name = _text(tensor.Name() or b"")
        self.shape = reader.integers(tensor.ShapeAsNumpy())
        self._signature = reader.integers(tensor.ShapeSignatureAsNumpy())
        self.dtype = reader.dtype(tensor.Type())
        self.is_constant = sizes[tensor.Buffer()] > 0
        self.is_sparse = tensor.Sparsity() is not None
        quantization = tensor.Quantization()
        self.scales: Any = [] if quantization is None or quantization.ScaleIsNone() else quantization.ScaleAsNumpy()
        has_zero = quantization is not None and not quantization.ZeroPointIsNone()
        self._zero_point = int(quantization.ZeroPoint(0)) if has_zero and quantization.ZeroPointLength() else 0
        reader.spend(len(self.scales))
        if not all(map(isfinite, self.scales)):
            raise ValueError(f"tensor '{self.name}' has a scale that is not a number")

    @property
    def is_float(self) -> bool:
        return self.dtype in FLOATS

    @property
    def is_number(self) -> bool:
        """A value that scores depend on, rather than a shape, an axis or an index."""
        return self.is_float or len(self.scales) > 0

    @property
    def spec(self) -> TensorSpec:
        per_tensor = len(self.scales) == 1 and not self.is_float
        return TensorSpec(
            name=self.name,
            shape=tuple(None if size < 0 else size for size in self._signature or self.shape),
            dtype=self.dtype,
            scale=float(self.scales[0]) if per_tensor else None,
            zero_point=self._zero_point if per_tensor else None,
        )


class _Subgraph:
    """One graph of the file: the model, or a branch of a control flow operator."""

    def __init__(self, reader: _Reader, graph: Any, codes: list[tuple[str, str]], sizes: list[int]) -> None:
        vector = reader._vector
        self._tensors = [_Tensor(reader, t, sizes) for t in vector(graph.TensorsLength(), graph.Tensors)]
        self.inputs = reader.integers(graph.InputsAsNumpy())
        self.outputs = reader.integers(graph.OutputsAsNumpy())
        nodes = [
            (codes[op.OpcodeIndex()], reader.integers(op.InputsAsNumpy()), reader.integers(op.OutputsAsNumpy()))
            for op in vector(graph.OperatorsLength(), graph.Operators)
        ]
        self.operators = [
            Operator(name=name, kind=kind, arithmetic=self._arithmetic(name, self._of(inputs), self._of(outputs)))
            for (name, kind), inputs, outputs in nodes
        ]
        self.weights = [
            Weights(dtype=t.dtype, num_elements=prod(t.shape), is_per_channel=len(t.scales) > 1)
            for t in self._tensors
            if t.is_constant and t.is_number
        ]
        self.num_sparse = sum(tensor.is_sparse and tensor.is_constant for tensor in self._tensors)
        self.has_wide_activations = any(
            tensor.dtype == "int16" and not tensor.is_constant
            for (name, _), inputs, outputs in nodes
            if name not in HOLD_STATE
            for tensor in self._of([*inputs, *outputs])
        )
        self.is_all_int16 = all(
            any(tensor.dtype == "int16" and not tensor.is_constant for tensor in self._of([*inputs, *outputs]))
            for _, inputs, outputs in nodes
        )
        self.multiply_adds = sum(_multiply_adds(name, self._of(i), self._of(o)) for (name, _), i, o in nodes)
        self.stored_input = self._find_stored_input([(name, inputs, outputs) for (name, _), inputs, outputs in nodes])

    def specs(self, indices: list[int]) -> tuple[TensorSpec, ...]:
        """The tensors at `indices` as the file declares them."""
        return tuple(tensor.spec for tensor in self._of(indices))

    def _find_stored_input(self, nodes: list[tuple[str, list[int], list[int]]]) -> TensorSpec | None:
        """See `ModelInfo.stored_input`; a float input counts if all that read it store it in the same integers."""
        if len(self.inputs) != 1:
            return None
        [spec] = self.specs(self.inputs)
        readers = [(name, outputs) for name, inputs, outputs in nodes if self.inputs[0] in inputs]
        if spec.scale is not None or not readers or any(name != "QUANTIZE" for name, _ in readers):
            return spec if spec.scale is not None else None
        stored = {(one.scale, one.zero_point, one.dtype): one for _, outputs in readers for one in self.specs(outputs)}
        found = next(iter(stored.values()))
        return found if len(stored) == 1 and found.scale is not None else None

    def _of(self, indices: Iterable[int]) -> list[_Tensor]:
        """Tensors by index; -1 stands for an optional input that is not there."""
        chosen = [index for index in indices if index != -1]
        if any(index < 0 for index in chosen):
            raise ValueError("an operator names a tensor below 0")
        return [self._tensors[index] for index in chosen]

    @staticmethod
    def _arithmetic(name: str, inputs: list[_Tensor], outputs: list[_Tensor]) -> Arithmetic:
        if name in BORDERS:
            return Arithmetic.BORDER
        if name == UNPACKING:
            return Arithmetic.NONE
        numbers = [tensor for tensor in (*inputs, *outputs) if tensor.is_number and not tensor.is_constant]
        if not numbers:
            return Arithmetic.NONE
        return Arithmetic.FLOAT if any(tensor.is_float for tensor in numbers) else Arithmetic.INTEGER


def _multiply_adds(name: str, inputs: list[_Tensor], outputs: list[_Tensor]) -> int:
    """Multiply-adds of one image; 0 for operators other than convolutions and fully connected layers."""
    if len(inputs) < 2 or not outputs:
        return 0
    filters, output = inputs[1].shape, outputs[0].shape
    if name == "CONV_2D":
        return prod(output[1:]) * prod(filters[1:])
    if name == "DEPTHWISE_CONV_2D":
        return prod(output[1:]) * prod(filters[1:3])
    if name == "FULLY_CONNECTED":
        return prod(output[1:]) * filters[-1]
    if name == "TRANSPOSE_CONV" and len(inputs) > 2:
        return prod(inputs[2].shape[1:]) * prod(filters[:3])
    return 0


def _names_of(enumeration: type) -> dict[int, str]:
    return {value: name for name, value in vars(enumeration).items() if isinstance(value, int)}


def _described(content: bytes) -> dict[str, str]:
    """What LiteRT metadata says, or why it cannot be read; the model runs without it."""
    try:
        return read_metadata(content).to_dict()
    except ValueError as error:
        return {METADATA_NAME: f"not readable: {error}"}


def _shown(content: bytes) -> str:
    """The content of a metadata entry, or how long it is if it is not a short text."""
    readable = content.rstrip(b"\x00")
    is_text = len(readable) <= MAX_METADATA_TEXT and readable.isascii() and readable.decode("ascii").isprintable()
    return readable.decode("ascii") if is_text else f"{len(content)} bytes"


def _text(content: bytes) -> str:
    return content.decode(errors="replace")


def _self_description(path: Path, description: Description | None) -> SelfDescription | None:
    """Class names and normalization, as the metadata of the file say them."""
    if description is None:
        return None
    name = description.labels_file
    return SelfDescription.of(_attached_content(path, name) if name else b"", name, *description.normalization)


_NO_ARCHIVE = (zipfile.BadZipFile, OSError, ValueError, NotImplementedError)


def _attached_files(path: Path) -> list[str]:
    """Names of the files that LiteRT metadata appends as a zip archive, such as labels.txt."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except _NO_ARCHIVE:
        return []


def _attached_content(path: Path, name: str) -> bytes:
    """The first bytes of an attached file, one more than MAX_BYTES at most; empty if there is no such file."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(name) as file:
            return file.read(MAX_BYTES + 1)
    except (*_NO_ARCHIVE, KeyError, RuntimeError, zlib.error, EOFError):
        return b""
