"""TensorFlow's operators that tf2onnx does not know, as ONNX operators; a new one is one function and one line."""

from typing import Any


def handlers() -> dict[str, tuple[Any, list[Any]]]:
    """What `tf2onnx.convert` takes as `custom_op_handlers`: the operator's name -> (function, further arguments).

    A new dictionary each time, because tf2onnx adds to it.
    """
    return {"Erfc": (_erfc, []), "Expm1": (_expm1, [])}


def _erfc(graph: Any, node: Any, name: str, _: list[Any]) -> None:
    """erfc(x) = 1 - erf(x): what the exact GELU of Keras is made of. Its error stays below a rounding of 1."""
    _difference_with_one(graph, node, name, "Erf", is_one_first=True)


def _expm1(graph: Any, node: Any, name: str, _: list[Any]) -> None:
    """expm1(x) = exp(x) - 1: what CELU is made of. Where exp(x) is near 1, the error is a rounding of 1, 6e-8."""
    _difference_with_one(graph, node, name, "Exp", is_one_first=False)


def _difference_with_one(graph: Any, node: Any, name: str, operator: str, *, is_one_first: bool) -> None:
    """Put 1 - operator(x), or operator(x) - 1, where `node` stood."""
    import numpy as np

    value, outputs = node.input[0], node.output
    shapes, types = node.output_shapes, node.output_dtypes
    graph.remove_node(name)
    made = graph.make_node(operator, [value], shapes=shapes, dtypes=types).output[0]
    one = graph.make_const(f"{name}/one", np.ones((), np.float32)).output[0]
    operands = [one, made] if is_one_first else [made, one]
    graph.make_node("Sub", operands, name=name, outputs=outputs, shapes=shapes, dtypes=types)
