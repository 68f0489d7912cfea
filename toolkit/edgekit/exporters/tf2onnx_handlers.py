"""TensorFlow's operators that tf2onnx does not know, as ONNX operators; a new one is one function and one line."""

from typing import Any


def handlers() -> dict[str, tuple[Any, list[Any]]]:
    """What `tf2onnx.convert` takes as `custom_op_handlers`: the operator's name -> (function, further arguments).

    A new dictionary each time, because tf2onnx adds to it.
    """
    return {"Erfc": (_erfc, [])}


def _erfc(graph: Any, node: Any, name: str, _: list[Any]) -> None:
    """erfc(x) = 1 - erf(x): what the exact GELU of Keras is made of. Its error stays below a rounding of 1."""
    import numpy as np

    value, outputs = node.input[0], node.output
    shapes, types = node.output_shapes, node.output_dtypes
    graph.remove_node(name)
    erf = graph.make_node("Erf", [value], shapes=shapes, dtypes=types)
    one = graph.make_const(f"{name}/one", np.ones((), np.float32))
    graph.make_node("Sub", [one.output[0], erf.output[0]], name=name, outputs=outputs, shapes=shapes, dtypes=types)
