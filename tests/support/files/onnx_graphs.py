"""ONNX graphs written as text, in onnx-ir's form, and what they compute."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def model_of(text: str, **constants: Any) -> Any:
    """The model of a graph in ONNX's text form, operator set 15, with `constants` beside those in the text."""
    import onnx_ir as ir

    model = ir.from_onnx_text(f'<ir_version: 8, opset_import: ["" : 15]> {text}')
    for name, values in constants.items():
        add_constant(model, name, np.asarray(values))
    return model


def add_constant(model: Any, name: str, values: NDArray[Any]) -> None:
    """Make a constant of what the nodes read under `name`, which nothing computes."""
    import onnx_ir as ir

    value = next(each for node in model.graph for each in node.inputs if each is not None and each.name == name)
    value.const_value = ir.tensor(values, name=name)
    value.shape, value.dtype = ir.Shape(values.shape), value.const_value.dtype
    model.graph.register_initializer(value)


def operators(model: Any) -> list[str]:
    """The operators, in order."""
    return [node.op_type for node in model.graph]


def constants_of(model: Any) -> dict[str, NDArray[Any]]:
    """Every constant that a node reads, name -> numbers."""
    return {name: value.const_value.numpy() for name, value in model.graph.initializers.items() if value.uses()}


def computed(model: Any, values: Any, name: str = "x") -> NDArray[Any]:
    """What ONNX Runtime makes of `values`, float32."""
    import onnx_ir as ir
    import onnxruntime

    content = ir.to_proto(model).SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    result: NDArray[Any] = session.run(None, {name: np.asarray(values, np.float32)})[0]
    return result


def recursive_function(content: bytes) -> bytes:
    """The model with one node more at its end: a model-local function whose body calls itself."""
    from onnx import ModelProto, helper

    model = ModelProto.FromString(content)
    opsets = [helper.make_opsetid("mine", 1)]
    again = helper.make_node("Again", ["x"], ["y"], domain="mine")
    model.functions.append(helper.make_function("mine", "Again", ["x"], ["y"], [again], opsets))
    model.opset_import.extend(opsets)
    name = model.graph.output[0].name
    for node in model.graph.node:
        node.output[:] = ["before" if one == name else one for one in node.output]
    model.graph.node.append(helper.make_node("Again", ["before"], [name], domain="mine"))
    return bytes(model.SerializeToString())
