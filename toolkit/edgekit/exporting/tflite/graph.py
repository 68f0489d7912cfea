"""The operators and tensors of a `.tflite`, as far as exporters read or change them."""

import copy
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from edgekit.exporting.tflite.packing import packed
from edgekit.inspection.tflite import model_object

_KEEP_SCALES = frozenset({"MAXIMUM", "MINIMUM"})
"""Operators whose integer kernels want one scale for what they read and what they give."""

WEIGHTED = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV", "BATCH_MATMUL"})
"""Operators that multiply and add up: where the time of a network is."""

MOVES = frozenset(
    {
        "BROADCAST_TO",
        "CONCATENATION",
        "EXPAND_DIMS",
        "GATHER",
        "PAD",
        "RESHAPE",
        "SLICE",
        "SPLIT",
        "SQUEEZE",
        "STRIDED_SLICE",
        "TILE",
        "TRANSPOSE",
    }
)
"""Operators that change no number."""

_BIAS_AT = {"CONV_2D": 2, "DEPTHWISE_CONV_2D": 2, "FULLY_CONNECTED": 2, "TRANSPOSE_CONV": 3}
"""Operator -> which of its inputs is the bias."""


@dataclass(frozen=True, kw_only=True)
class GraphOperator:
    """One operator.

    Attributes:
        name: "CONV_2D", "FlexErf".
        inputs: Names of the tensors that it reads, in its own order; "" for a constant, and for one that is left out.
        output: Name of its first output tensor.
        gives_float: Whether an output is float.
    """

    name: str
    inputs: tuple[str, ...]
    output: str
    gives_float: bool


class Graph:
    """The first subgraph of a file.

    Args:
        content: The bytes of a `.tflite`.
    """

    def __init__(self, content: bytes) -> None:
        self._model = model_object(content)
        self._graph = self._model.subgraphs[0]

    @property
    def input(self) -> Any:
        """The first input tensor."""
        return self._graph.tensors[self._graph.inputs[0]]

    @property
    def input_name(self) -> str:
        """Name of the first input tensor."""
        return _text(self.input.name)

    @property
    def output_names(self) -> tuple[str, ...]:
        """Names of the output tensors."""
        return tuple(_text(self._graph.tensors[index].name) for index in self._graph.outputs)

    def ranks(self) -> dict[str, int]:
        """Tensor name -> number of its dimensions."""
        return {_text(each.name): len(each.shape) if each.shape is not None else 0 for each in self._graph.tensors}

    @cached_property
    def operators(self) -> tuple[GraphOperator, ...]:
        """The operators, in the order in which they run."""
        from ai_edge_litert.schema_py_generated import TensorType

        floats = {TensorType.FLOAT32, TensorType.FLOAT16}
        return tuple(
            GraphOperator(
                name=self._name(operator),
                inputs=tuple(self._inputs_of(operator)),
                output=_text(self._graph.tensors[operator.outputs[0]].name),
                gives_float=any(self._graph.tensors[index].type in floats for index in operator.outputs),
            )
            for operator in self._graph.operators
        )

    def with_ranges(self, ranges: Mapping[str, tuple[float, float]]) -> bytes:
        """The file with a smallest and a largest value noted for each tensor that `ranges` names, as calibrators do."""
        import numpy as np
        from ai_edge_litert.schema_py_generated import QuantizationParametersT

        for tensor in self._graph.tensors:
            if found := ranges.get(_text(tensor.name)):
                tensor.quantization = QuantizationParametersT()
                tensor.quantization.min = np.array([found[0]], np.float32)
                tensor.quantization.max = np.array([found[1]], np.float32)
        return self.packed()

    def uncut(self, ranges: Mapping[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
        """`ranges`, with those that TensorFlow's quantizer would cut for a reader made wide enough for all of them.

        It gives what a minimum or a maximum reads the range of what comes out, also if others read it too.
        """
        wide = dict(ranges)
        for operator in self._graph.operators:
            if self._name(operator) not in _KEEP_SCALES:
                continue
            output = _text(self._graph.tensors[operator.outputs[0]].name)
            for index in operator.inputs:
                name = _text(self._graph.tensors[index].name)
                if self._num_readers[index] > 1 and name in wide and output in wide:
                    wide[output] = min(wide[output][0], wide[name][0]), max(wide[output][1], wide[name][1])
        return wide

    @cached_property
    def _num_readers(self) -> Counter[int]:
        inputs = (operator.inputs for operator in self._graph.operators if operator.inputs is not None)
        return Counter(int(index) for each in inputs for index in set(each))

    def with_own_biases(self) -> bytes | None:
        """The file with a bias of its own for each operator; None if no two operators share one.

        TensorFlow 2.21 makes one int32 or int64 bias of a shared one for int16x8, at the scale of its first reader, so
        that the second adds a wrong number. A layer that is called twice has such a bias.
        """
        taken: set[int] = set()
        is_changed = False
        for operator in self._graph.operators:
            place = _BIAS_AT.get(self._name(operator))
            if place is None or len(operator.inputs) <= place or (bias := int(operator.inputs[place])) < 0:
                continue
            if bias in taken:
                operator.inputs = operator.inputs.copy()  # what was read from the file is read-only
                operator.inputs[place] = self._copy_of(bias)
                is_changed = True
            taken.add(bias)
        return self.packed() if is_changed else None

    def _copy_of(self, index: int) -> int:
        """The number of a new tensor that holds what tensor `index` holds, in a buffer of its own."""
        twin = copy.copy(self._graph.tensors[index])
        twin.name = f"{_text(twin.name)}_{len(self._graph.tensors)}".encode()
        self._model.buffers.append(copy.copy(self._model.buffers[twin.buffer]))
        twin.buffer = len(self._model.buffers) - 1
        self._graph.tensors.append(twin)
        return len(self._graph.tensors) - 1

    def with_general_sums(self) -> bytes:
        """The file with additions and subtractions of int16 that take any scales, not powers of two alone."""
        for operator in self._graph.operators:
            if hasattr(operator.builtinOptions, "potScaleInt16"):
                operator.builtinOptions.potScaleInt16 = False
        return self.packed()

    def _inputs_of(self, operator: Any) -> Iterator[str]:
        """See `GraphOperator.inputs`."""
        for index in operator.inputs if operator.inputs is not None else ():
            is_computed = index >= 0 and self._model.buffers[self._graph.tensors[index].buffer].data is None
            yield _text(self._graph.tensors[index].name) if is_computed else ""

    def rename_ends(self, input_name: str, output_name: str) -> None:
        """Give the first input and the first output names that a person can read."""
        self._graph.tensors[self._graph.inputs[0]].name = input_name
        self._graph.tensors[self._graph.outputs[0]].name = output_name

    def attach(self, name: str, content: bytes) -> None:
        """Put `content` into the file as the metadata entry `name`, instead of one of that name."""
        import numpy as np
        from ai_edge_litert.schema_py_generated import BufferT, MetadataT

        entries = self._model.metadata or []
        entry = next((each for each in entries if _text(each.name) == name), None)
        if entry is None:
            entry = MetadataT()
            entry.name, entry.buffer = name, len(self._model.buffers)
            self._model.buffers.append(BufferT())
            self._model.metadata = [*entries, entry]
        self._model.buffers[entry.buffer].data = np.frombuffer(content, np.uint8)

    def packed(self) -> bytes:
        """The file with all that was changed."""
        return packed(self._model)

    def _name(self, operator: Any) -> str:
        from ai_edge_litert.schema_py_generated import BuiltinOperator

        code = self._model.operatorCodes[operator.opcodeIndex]
        if code.customCode:
            return _text(code.customCode)
        number = max(code.builtinCode, code.deprecatedBuiltinCode)
        return next(name for name, value in vars(BuiltinOperator).items() if value == number)


def _text(content: Any) -> str:
    return bytes(content).decode(errors="replace")
