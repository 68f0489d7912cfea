"""Nodes are called after the layer that they come from, and constants after the first node that uses them.

    node = its output        constant = NODE.INDEX        both with _2, _3, ... if that name is taken

tf2onnx numbers the names that it invents through the life of the process (`conv__17:0`); those numbers go. An operator
that it moves and merges is called after what it reads, SOURCE/OPERATOR, because its own name cannot be trusted.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from edgekit.exporting.keras.classifier import INPUT_NAME
from edgekit.exporting.onnx.graph import source_of

if TYPE_CHECKING:
    import onnx_ir as ir

MOVERS = {"Cast", "Concat", "Gather", "Identity", "Reshape", "Shape", "Slice", "Squeeze", "Transpose", "Unsqueeze"}
"""Operators that tf2onnx moves and merges."""
_COUNTER = re.compile(r"__\d+|:0$")


def settle_names(graph: "ir.Graph", output_name: str) -> None:
    """Name everything in a graph in order, with one input and one output; constants that no node reads are dropped."""
    names = _Names({graph.inputs[0]: INPUT_NAME, graph.outputs[0]: output_name})
    for node in graph:
        stem = _stem(node, names)
        outputs = [names.settle(value, stem) for value in node.outputs if value.name]
        for index, value in enumerate(node.inputs):
            if value is not None:
                names.settle(value, f"{outputs[0]}.{index}")
        node.name = outputs[0]
    used = [value for value in names.settled if value.is_initializer()]
    graph.initializers.clear()
    for value, name in names.settled.items():
        value.name = name
    for value in used:
        graph.register_initializer(value)


class _Names:
    """Which name each tensor gets, in the order in which they were settled; no name twice."""

    def __init__(self, settled: "dict[ir.Value, str]") -> None:
        self.settled = settled
        self._taken = set(settled.values())

    def settle(self, value: "ir.Value", stem: str) -> str:
        if value not in self.settled:
            self.settled[value] = next(name for name in _numbered(stem) if name not in self._taken)
            self._taken.add(self.settled[value])
        return self.settled[value]


def _stem(node: "ir.Node", names: _Names) -> str:
    """The node's own name without counters and the exporter's wrapper; its source and its type if that may vary."""
    if node.op_type in MOVERS:
        source = names.settled.get(source_of(node), "")
        return f"{source}/{node.op_type}" if source else node.op_type
    return _COUNTER.sub("", node.outputs[0].name or "").removeprefix("edgekit_1/").removeprefix("edgekit/")


def _numbered(stem: str) -> Iterator[str]:
    yield stem
    number = 2
    while True:
        yield f"{stem}_{number}"
        number += 1
