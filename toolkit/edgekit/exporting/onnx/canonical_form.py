"""One form for an ONNX graph, so that the same model gives the same bytes. Changes no arithmetic.

tf2onnx numbers the names it invents through the life of the process, and where it merges equal nodes and
constants, which name survives depends on Python's hash seed; ONNX Runtime's tools leave marks of their own.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from edgekit.exporting.keras.classifier import INPUT_NAME, OUTPUT_NAME
from edgekit.exporting.onnx.targets import IR_VERSION
from edgekit.foundation.errors import ExportError

if TYPE_CHECKING:
    import onnx

BATCH_NAME = "batch"

_PROBES = 2

_COUNTER = re.compile(r"__\d+|:0$")
MOVERS = {"Cast", "Concat", "Gather", "Identity", "Reshape", "Shape", "Slice", "Squeeze", "Transpose", "Unsqueeze"}
"""Operators that tf2onnx moves and merges, so that their names are not to be trusted."""


def in_canonical_form(
    model: "onnx.ModelProto", *, output_name: str = OUTPUT_NAME, ir_version: int = IR_VERSION
) -> "onnx.ModelProto":
    """A copy of `model` (one input, one output, no subgraphs) with settled names, order and metadata.

    Raises:
        ExportError: It has subgraphs (control flow), or another number of inputs or outputs.
    """
    import onnx

    graph = model.graph
    if len(graph.input) != 1 or len(graph.output) != 1:
        raise ExportError(
            f"The ONNX graph has {len(graph.input)} inputs and {len(graph.output)} outputs. Expected one."
        )
    if any(attribute.HasField("g") or attribute.graphs for node in graph.node for attribute in node.attribute):
        raise ExportError("The model holds control flow (If, Loop, Scan). Not yet: edgekit exports plain graphs.")
    result = onnx.shape_inference.infer_shapes(model, data_prop=True)
    _fix_reshapes(result)
    _order(result.graph)
    _rename(result.graph, output_name)
    result = with_settled_metadata(result, ir_version=ir_version)
    onnx.checker.check_model(result)
    return result


def with_settled_metadata(model: "onnx.ModelProto", *, ir_version: int = IR_VERSION) -> "onnx.ModelProto":
    """A copy of `model` without traces of the tools and the day: versions, producer, comments, unused operator sets."""
    import onnx

    from edgekit import __version__

    result = onnx.ModelProto()
    result.CopyFrom(model)
    graph = result.graph
    result.ir_version = ir_version
    result.producer_name, result.producer_version, result.doc_string = "edgekit", __version__, ""
    graph.name, graph.doc_string = "edgekit", ""
    used = {node.domain for node in graph.node} | {""}
    versions = sorted({(each.domain, each.version) for each in result.opset_import if each.domain in used})
    del result.opset_import[:], result.metadata_props[:], graph.value_info[:]
    for domain, version in versions:
        result.opset_import.add(domain=domain, version=version)
    for node in graph.node:
        node.doc_string = ""
    return result


def _fix_reshapes(model: "onnx.ModelProto") -> None:
    """Give every Reshape of known shape but for the batch a constant target, in place of one computed at run time."""
    import numpy as np
    import onnx

    graph = model.graph
    shapes = {
        value.name: [dim.dim_value for dim in value.type.tensor_type.shape.dim]
        for value in (*graph.value_info, *graph.output)
    }
    constants = {each.name for each in graph.initializer}
    open_ones = [node for node in graph.node if node.op_type == "Reshape" and node.input[1] not in constants]
    if unknown := [node.output[0] for node in open_ones if not all(shapes.get(node.output[0], [0])[1:] or [0])]:
        shapes.update(_measured_shapes(model, unknown))
    for node in open_ones:
        sizes = shapes.get(node.output[0], [])
        if sizes and 0 not in sizes[1:]:
            target = onnx.numpy_helper.from_array(np.array([-1, *sizes[1:]], np.int64), f"{node.output[0]}/shape")
            graph.initializer.append(target)
            node.input[1] = target.name


def _measured_shapes(model: "onnx.ModelProto", names: list[str]) -> dict[str, list[int]]:
    """Shapes of tensors that inference does not find, as in older operator sets: the graph is run on two empty images.

    Those whose first dimension is not the batch are left out.
    """
    import numpy as np
    import onnx
    import onnxruntime

    probe = onnx.ModelProto()
    probe.CopyFrom(model)
    for name in names:
        probe.graph.output.add().name = name
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(probe.SerializeToString(), options, providers=["CPUExecutionProvider"])
    pixels = model.graph.input[0]
    images = np.zeros([_PROBES, *(dim.dim_value for dim in pixels.type.tensor_type.shape.dim[1:])], np.float32)
    results = session.run(names, {pixels.name: images})
    return {name: list(each.shape) for name, each in zip(names, results, strict=True) if len(each) == _PROBES}


def _order(graph: "onnx.GraphProto") -> None:
    """Put the nodes in the order in which a walk from the output along the inputs finishes them; drop the others."""
    producers = {name: node for node in graph.node for name in node.output}
    finished: dict[str, onnx.NodeProto] = {}
    waiting = [(graph.output[0].name, False)]
    while waiting:
        name, inputs_are_done = waiting.pop()
        node = producers.get(name)
        if node is None or node.output[0] in finished:
            continue
        if inputs_are_done:
            finished[node.output[0]] = node
            continue
        waiting.append((name, True))
        waiting.extend((each, False) for each in reversed(node.input))
    ordered = [type(node).FromString(node.SerializeToString()) for node in finished.values()]
    del graph.node[:]
    graph.node.extend(ordered)


def _rename(graph: "onnx.GraphProto", output_name: str) -> None:
    """Name nodes by the layer they come from, and constants by the first node that uses them, numbered apart."""
    names = {"": "", graph.input[0].name: INPUT_NAME, graph.output[0].name: output_name}
    taken = set(names.values())
    constants = {each.name: each for each in graph.initializer}

    def settle(name: str, stem: str) -> str:
        if name not in names:
            names[name] = next(each for each in _numbered(stem) if each not in taken)
            taken.add(names[name])
        return names[name]

    for node in graph.node:
        stem = _stem(node, names)
        outputs = [settle(name, stem) for name in node.output]
        node.input[:] = [settle(name, f"{outputs[0]}.{index}") for index, name in enumerate(node.input)]
        node.output[:] = outputs
        node.name = outputs[0]
    used = [constants[name] for name in names if name in constants]
    copies = [type(each).FromString(each.SerializeToString()) for each in used]
    for copy in copies:
        copy.name = names[copy.name]
    del graph.initializer[:]
    graph.initializer.extend(copies)
    for value, name in ((graph.input[0], INPUT_NAME), (graph.output[0], output_name)):
        value.name, value.doc_string = name, ""
        value.type.tensor_type.shape.dim[0].dim_param = BATCH_NAME


def _stem(node: "onnx.NodeProto", names: dict[str, str]) -> str:
    """The node's own name without counters and the exporter's wrapper; its source and its type where that may vary."""
    if node.op_type in MOVERS:
        source = names.get(node.input[0], "")
        return f"{source}/{node.op_type}" if source else node.op_type
    return _COUNTER.sub("", node.output[0]).removeprefix("edgekit_1/").removeprefix("edgekit/")


def _numbered(stem: str) -> Iterator[str]:
    yield stem
    number = 2
    while True:
        yield f"{stem}_{number}"
        number += 1
