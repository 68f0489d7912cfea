"""Reads an int8 or int16x8 `.tflite` and finds the operators that compute in float.

Knows nothing of how the file was made.
"""

from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from edgekit.exporting.keras.layer_names import LayerNames
from edgekit.exporting.tflite.graph import MOVES, WEIGHTED, Graph, GraphOperator

_BORDER = {"QUANTIZE", "DEQUANTIZE", "CAST"}
_CONTROL_FLOW = {"IF", "WHILE"}


@dataclass(frozen=True, kw_only=True)
class Island:
    """One operator that computes in float.

    Attributes:
        operator: Its name: "LEAKY_RELU".
        output: Name of the tensor that it makes.
        layers: The Keras layers that it comes from; empty if its name does not say.
        kinds: What each of these layers computes, for a person: "LayerNormalization", "softplus".
    """

    operator: str
    output: str
    layers: tuple[str, ...]
    kinds: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object, for the manifest."""
        return {"operator": self.operator, "layers": list(self.layers)}


def find_islands(content: bytes, names: LayerNames) -> tuple[Island, ...]:
    """The operators of a `.tflite` that compute in float, in the order of the graph."""
    graph = Graph(content)
    return tuple(
        _island(operator, graph, names)
        for operator in graph.operators
        if operator.gives_float and operator.name not in _BORDER
    )


def find_loops(content: bytes, names: LayerNames) -> tuple[Island, ...]:
    """The operators of a float `.tflite` that run other subgraphs, as those of a recurrent layer do."""
    graph = Graph(content)
    return tuple(_island(operator, graph, names) for operator in graph.operators if operator.name in _CONTROL_FLOW)


def islands_at(outputs: AbstractSet[str], content: bytes, names: LayerNames) -> tuple[Island, ...]:
    """The operators of a float `.tflite` that make the tensors called `outputs`, in the order of the graph."""
    graph = Graph(content)
    return tuple(_island(operator, graph, names) for operator in graph.operators if operator.output in outputs)


def _island(operator: GraphOperator, graph: Graph, names: LayerNames) -> Island:
    layers = _layers_of(operator, graph, names)
    kinds = tuple(names.kind_of(layer, with_weights=operator.name in WEIGHTED) for layer in layers)
    return Island(operator=operator.name, output=operator.output, layers=layers, kinds=kinds)


def _layers_of(operator: GraphOperator, graph: Graph, names: LayerNames) -> tuple[str, ...]:
    """The layers of an operator; the model's last one for what makes the output, which has lost its own name."""
    layers = names.of(operator.output)
    return layers or ((names.last,) if operator.output in graph.output_names else ())


def in_words(islands: Sequence[Island]) -> str:
    """For a person: "LEAKY_RELU (leaky_re_lu, leaky_re_lu_1), SOFTMAX (scores)"; "" if there are none."""
    grouped: dict[str, list[str]] = {}
    for island in islands:
        grouped.setdefault(island.operator, []).extend(island.layers)
    return ", ".join(
        f"{operator} ({', '.join(dict.fromkeys(layers))})" if layers else operator
        for operator, layers in grouped.items()
    )


def kinds_in_words(islands: Sequence[Island]) -> str:
    """For a person, by what the layers compute: "LayerNormalization x 7, softplus"; "" if there are none.

    An operator that does the work of several layers, as an addition with the ReLU after it, counts for those of them
    that have no other. One that comes from no layer counts by its own name, one that changes no number not at all.
    """
    counted: dict[str, str] = {}
    for island in sorted(islands, key=lambda each: len(each.layers)):
        if island.operator not in MOVES and not any(layer in counted for layer in island.layers):
            kinds = (
                zip(island.layers, island.kinds, strict=True) if island.kinds else [(island.output, island.operator)]
            )
            counted.update(dict(kinds))
    return ", ".join(
        f"{kind} x {number}" if number > 1 else kind for kind, number in Counter(counted.values()).most_common()
    )


def outputs_of_layers(graph: Graph, layers: Sequence[str], names: LayerNames) -> dict[str, frozenset[str]]:
    """For each of `layers` the output tensors of its operators; empty for a layer without operators of its own."""
    outputs = {operator.output: _layers_of(operator, graph, names) for operator in graph.operators}
    return {layer: frozenset(name for name, owners in outputs.items() if layer in owners) for layer in layers}


def outputs_of_head(graph: Graph) -> frozenset[str]:
    """The output tensors of the last operator that has weights, and of those after it."""
    head: set[str] = set()
    for operator in reversed(graph.operators):
        head.add(operator.output)
        if operator.name in WEIGHTED:
            break
    return frozenset(head)
