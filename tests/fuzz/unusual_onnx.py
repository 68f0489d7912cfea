"""Changes of an ordinary `.onnx` file that the format allows, or that a protobuf can hold; see `unusual.py`."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np


def changed_onnx(content: bytes, change: Callable[[Any], None]) -> bytes:
    import onnx

    model = onnx.ModelProto.FromString(content)
    change(model)
    return bytes(model.SerializeToString())


def _behind(model: Any, *nodes: Any) -> None:
    """Put nodes at the end: the first reads "before", what was the output, and the last writes the output."""
    name = model.graph.output[0].name
    for node in model.graph.node:
        node.output[:] = ["before" if one == name else one for one in node.output]
    nodes[-1].output[:] = [name]
    model.graph.node.extend(nodes)


def _function(model: Any, name: str, *nodes: Any, domain: str = "mine") -> None:
    from onnx import helper

    opsets = [helper.make_opsetid("", model.opset_import[0].version), helper.make_opsetid(domain, 1)]
    model.functions.append(helper.make_function(domain, name, ["x"], ["y"], list(nodes), opsets))
    if domain not in [one.domain for one in model.opset_import]:
        model.opset_import.append(helper.make_opsetid(domain, 1))


def _node(kind: str, inputs: list[str], outputs: list[str], **attributes: Any) -> Any:
    from onnx import helper

    return helper.make_node(kind, inputs, outputs, **attributes)


def _constant(model: Any, name: str, values: Any) -> None:
    from onnx import numpy_helper

    model.graph.initializer.append(numpy_helper.from_array(np.asarray(values), name))


def _calls_itself(model: Any) -> None:
    _function(model, "Again", _node("Again", ["x"], ["y"], domain="mine"))
    _behind(model, _node("Again", ["before"], ["after"], domain="mine"))


def _call_each_other(model: Any) -> None:
    _function(model, "Ping", _node("Pong", ["x"], ["y"], domain="mine"))
    _function(model, "Pong", _node("Ping", ["x"], ["y"], domain="mine"))
    _behind(model, _node("Ping", ["before"], ["after"], domain="mine"))


def _local_function(model: Any) -> None:
    _function(model, "Same", _node("Identity", ["x"], ["y"]))
    _behind(model, _node("Same", ["before"], ["after"], domain="mine"))


def _nested_functions(model: Any) -> None:
    _function(model, "F0", _node("Identity", ["x"], ["y"]))
    for depth in range(1, 40):
        _function(model, f"F{depth}", *(_node(f"F{depth - 1}", ["x"], ["y"], domain="mine") for _ in range(1)))
    _behind(model, _node("F39", ["before"], ["after"], domain="mine"))


def _exploding_functions(model: Any) -> None:
    """Each function calls the one before twice: 2 ^ 24 nodes when they are unfolded."""
    _function(model, "F0", _node("Identity", ["x"], ["y"]))
    for depth in range(1, 25):
        call = f"F{depth - 1}"
        _function(
            model, f"F{depth}", _node(call, ["x"], ["t"], domain="mine"), _node(call, ["t"], ["y"], domain="mine")
        )
    _behind(model, _node("F24", ["before"], ["after"], domain="mine"))


def _if(model: Any) -> None:
    from onnx import helper

    value = helper.make_tensor_value_info("then", 1, None)
    branch = helper.make_graph([_node("Identity", ["before"], ["then"])], "branch", [], [value])
    _constant(model, "yes", np.array(True))
    _behind(model, _node("If", ["yes"], ["after"], then_branch=branch, else_branch=branch))


def _nested_ifs(model: Any) -> None:
    from onnx import helper

    value = helper.make_tensor_value_info("then", 1, None)
    branch = helper.make_graph([_node("Identity", ["before"], ["then"])], "branch", [], [value])
    for _ in range(20):
        node = _node("If", ["yes"], ["then"], then_branch=branch, else_branch=branch)
        branch = helper.make_graph([node], "branch", [], [value])
        if branch.ByteSize() > 2**20:
            break
    _constant(model, "yes", np.array(True))
    _behind(model, _node("If", ["yes"], ["after"], then_branch=branch, else_branch=branch))


def _loop(model: Any) -> None:
    from onnx import helper

    body = helper.make_graph(
        [_node("Identity", ["c"], ["c2"]), _node("Identity", ["v"], ["v2"])],
        "body",
        [helper.make_tensor_value_info(name, kind, shape) for name, kind, shape in (("i", 7, []), ("c", 9, []))]
        + [helper.make_tensor_value_info("v", 1, None)],
        [helper.make_tensor_value_info("c2", 9, []), helper.make_tensor_value_info("v2", 1, None)],
    )
    _constant(model, "three", np.array(3))
    _constant(model, "yes", np.array(True))
    _behind(model, _node("Loop", ["three", "yes", "before"], ["after"], body=body))


def _many_identities(model: Any) -> None:
    names = ["before", *(f"step{number}" for number in range(3_000))]
    _behind(model, *(_node("Identity", [one], [two]) for one, two in itertools.pairwise(names)))


def _reads_itself(model: Any) -> None:
    _behind(model, _node("Add", ["before", "loop"], ["loop"]), _node("Identity", ["loop"], ["after"]))


def _two_producers(model: Any) -> None:
    model.graph.node.append(model.graph.node[-1])


def _two_inputs(model: Any) -> None:
    from onnx import helper

    model.graph.input.append(helper.make_tensor_value_info("second", 1, [1]))


def _two_outputs(model: Any) -> None:
    model.graph.output.append(model.graph.output[0])
    model.graph.output[-1].name = model.graph.node[0].output[0]


def _initializers_as_inputs(model: Any) -> None:
    from onnx import helper

    model.graph.input.extend(
        helper.make_tensor_value_info(one.name, one.data_type, one.dims) for one in model.graph.initializer
    )


def _external_weights(model: Any) -> None:
    tensor = model.graph.initializer[0]
    tensor.data_location = 1
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "weights.bin"
    tensor.ClearField("raw_data")


def _symbolic_sizes(model: Any) -> None:
    for place, size in enumerate(model.graph.input[0].type.tensor_type.shape.dim):
        size.dim_param = f"N + {place} * (M - 1)"


def _sequence_output(model: Any) -> None:
    from onnx import helper

    _behind(model, _node("SequenceConstruct", ["before"], ["after"]))
    made = helper.make_tensor_sequence_value_info(model.graph.output[0].name, 1, None)
    model.graph.output[0].CopyFrom(made)


def _optional_output(model: Any) -> None:
    from onnx import helper

    _behind(model, _node("Optional", ["before"], ["after"]))
    kind = helper.make_optional_type_proto(helper.make_tensor_type_proto(1, None))
    model.graph.output[0].CopyFrom(helper.make_value_info(model.graph.output[0].name, kind))


def _text_constants(model: Any) -> None:
    from onnx import helper

    model.graph.initializer.append(helper.make_tensor("texts", 8, [2], [b"a\xff", b"\x00"]))


def _sparse_weights(model: Any) -> None:
    from onnx import helper, numpy_helper

    values = numpy_helper.from_array(np.array([1.0, 2.0], np.float32), "sparse")
    places = numpy_helper.from_array(np.array([0, 5]), "places")
    model.graph.sparse_initializer.append(helper.make_sparse_tensor(values, places, [10]))


def _small_types(model: Any) -> None:
    from onnx import TensorProto, helper

    for kind, num_bytes in (("INT4", 2), ("UINT4", 2), ("FLOAT8E4M3FN", 4), ("BFLOAT16", 8), ("FLOAT16", 8)):
        number = getattr(TensorProto, kind)
        model.graph.initializer.append(helper.make_tensor(kind, number, [4], bytes(num_bytes), raw=True))


def _training_info(model: Any) -> None:
    info = model.training_info.add()
    info.algorithm.CopyFrom(model.graph)


def _annotations(model: Any) -> None:
    annotation = model.graph.quantization_annotation.add()
    annotation.tensor_name = model.graph.node[0].output[0]
    entry = annotation.quant_parameter_tensor_names.add()
    entry.key, entry.value = "SCALE_TENSOR", "nothing"


def _metadata(model: Any) -> None:
    for number in range(2_000):
        entry = model.metadata_props.add()
        entry.key, entry.value = f"\u202ekey {number % 7}\x1b[31m", "\x00 value" * 20


def _names(model: Any) -> None:
    model.graph.name = "\u2603" * 5_000
    for node in model.graph.node:
        node.name = "../../\x1b]0;title\x07"
        node.doc_string = "\n" * 100


def _unused_domains(model: Any) -> None:
    from onnx import helper

    model.opset_import.extend(helper.make_opsetid(f"domain{number}", 2**62) for number in range(50))


def _wide_shape(model: Any) -> None:
    from onnx import helper

    model.graph.value_info.append(helper.make_tensor_value_info("nobody", 1, [1] * 1_000))


def _no_value(model: Any) -> None:
    model.graph.output[0].ClearField("type")


def _zero_sizes(model: Any) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 0


ONNX: dict[str, Callable[[Any], None]] = {
    "function-calls-itself": _calls_itself,
    "functions-call-each-other": _call_each_other,
    "local-function": _local_function,
    "functions-40-deep": _nested_functions,
    "functions-that-double": _exploding_functions,
    "if": _if,
    "ifs-in-ifs": _nested_ifs,
    "loop": _loop,
    "three-thousand-identities": _many_identities,
    "reads-itself": _reads_itself,
    "two-producers": _two_producers,
    "two-inputs": _two_inputs,
    "two-outputs": _two_outputs,
    "initializers-as-inputs": _initializers_as_inputs,
    "external-weights": _external_weights,
    "symbolic-sizes": _symbolic_sizes,
    "sequence-output": _sequence_output,
    "optional-output": _optional_output,
    "text-constants": _text_constants,
    "sparse-weights": _sparse_weights,
    "small-types": _small_types,
    "training-info": _training_info,
    "annotations": _annotations,
    "metadata": _metadata,
    "names": _names,
    "unused-domains": _unused_domains,
    "wide-shape": _wide_shape,
    "output-without-type": _no_value,
    "zero-sizes": _zero_sizes,
    "no-graph-name": lambda model: model.graph.ClearField("name"),
    "old-ir-version": lambda model: setattr(model, "ir_version", 3),
    "future-ir-version": lambda model: setattr(model, "ir_version", 2**40),
    "no-ir-version": lambda model: model.ClearField("ir_version"),
}
"""Name -> what is changed in the protobuf."""
