"""The nodes in the order in which a walk from the output along the inputs finishes them; the others are dropped.

    order(node) = order(inputs[0]), order(inputs[1]), ..., node        each node once

The order that a graph was made in depends on Python's hash seed; this one depends on the graph alone.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import onnx_ir as ir


def order_from_output(graph: "ir.Graph") -> None:
    """Put the nodes of a graph with one output into that order."""
    wanted = _walk(graph.outputs[0])
    kept = set(wanted)
    graph.remove([node for node in graph if node not in kept], safe=True)
    graph.remove(wanted)
    graph.extend(wanted)


def _walk(output: "ir.Value") -> "list[ir.Node]":
    finished: dict[ir.Node, None] = {}
    waiting = [(output.producer(), False)]
    while waiting:
        node, inputs_are_done = waiting.pop()
        if node is None or node in finished:
            continue
        if inputs_are_done:
            finished[node] = None
            continue
        waiting.append((node, True))
        waiting.extend((each.producer(), False) for each in reversed(node.inputs) if each is not None)
    return list(finished)
