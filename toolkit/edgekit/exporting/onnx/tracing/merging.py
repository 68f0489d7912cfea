"""tf2onnx's merging of equal nodes, so that the node that stays does not depend on Python's hash seed.

tf2onnx keeps the first of equal nodes in an order that sets of names decide. Here it is the first by name.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from edgekit.exporting.base import replaced

_COUNTER = re.compile(r"__\d+")
"""What tf2onnx appends to the names that it invents; it counts through the life of the process."""


@contextmanager
def merging_by_name() -> Iterator[None]:
    """Let tf2onnx merge by name while the block runs."""
    from tf2onnx.optimizer.merge_duplicated_nodes_optimizer import MergeDuplicatedNodesOptimizer

    merge = MergeDuplicatedNodesOptimizer._merge_nodes_that_are_duplicated

    def merged(self: Any, nodes: list[Any], graph: Any) -> None:
        merge(self, sorted(nodes, key=_rank), graph)

    with replaced(MergeDuplicatedNodesOptimizer, "_merge_nodes_that_are_duplicated", merged):
        yield


def _rank(node: Any) -> tuple[str, int, str]:
    numbers = [int(found[2:]) for found in _COUNTER.findall(node.name)]
    return _COUNTER.sub("", node.name), numbers[-1] if numbers else 0, node.name
