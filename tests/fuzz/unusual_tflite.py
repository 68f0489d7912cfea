"""Changes of an ordinary `.tflite` file that the format allows, or that a flatbuffer can hold; see `unusual.py`."""

from collections.abc import Callable
from typing import Any

import numpy as np


def changed_tflite(content: bytes, change: Callable[[Any], None]) -> bytes:
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content))
    change(model)
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _with(**values: Any) -> Callable[[Any], None]:
    """Set fields of the model."""
    return lambda model: [setattr(model, name, value) for name, value in values.items()] and None


def _tensors(**values: Any) -> Callable[[Any], None]:
    """Set fields of every tensor."""

    def change(model: Any) -> None:
        for tensor in model.subgraphs[0].tensors:
            for name, value in values.items():
                setattr(tensor, name, value)

    return change


def _operators(**values: Any) -> Callable[[Any], None]:
    """Set fields of every operator."""

    def change(model: Any) -> None:
        for operator in model.subgraphs[0].operators:
            for name, value in values.items():
                setattr(operator, name, value)

    return change


def _codes(**values: Any) -> Callable[[Any], None]:
    """Set fields of every operator code."""

    def change(model: Any) -> None:
        for code in model.operatorCodes:
            for name, value in values.items():
                setattr(code, name, value)

    return change


def _graph(**values: Any) -> Callable[[Any], None]:
    """Set fields of the first subgraph."""
    return lambda model: [setattr(model.subgraphs[0], name, value) for name, value in values.items()] and None


def _more_subgraphs(model: Any) -> None:
    model.subgraphs = model.subgraphs * 5


def _empty_subgraph(model: Any) -> None:
    from ai_edge_litert import schema_py_generated as schema

    model.subgraphs.append(schema.SubGraphT())


def _unused_tensors(model: Any) -> None:
    model.subgraphs[0].tensors.extend([model.subgraphs[0].tensors[0]] * 5_000)


def _custom(model: Any) -> None:
    model.operatorCodes[0].builtinCode = model.operatorCodes[0].deprecatedBuiltinCode = 32
    model.operatorCodes[0].customCode = b"mine\x1b[31m\xff"


def _reads_own_output(model: Any) -> None:
    operator = model.subgraphs[0].operators[0]
    operator.inputs = np.array([operator.outputs[0], *operator.inputs[1:]], np.int32)


def _backwards(model: Any) -> None:
    model.subgraphs[0].operators.reverse()


def _two_tflite_inputs(model: Any) -> None:
    graph = model.subgraphs[0]
    graph.inputs = np.array([*graph.inputs, 0], np.int32)


def _output_is_input(model: Any) -> None:
    model.subgraphs[0].outputs = np.array(model.subgraphs[0].inputs, np.int32)


def _signatures(model: Any) -> None:
    from ai_edge_litert import schema_py_generated as schema

    model.signatureDefs = [schema.SignatureDefT() for _ in range(3)]
    for number, one in enumerate(model.signatureDefs):
        one.signatureKey, one.subgraphIndex, one.inputs, one.outputs = f"key{number}", number, [], []


def _tflite_metadata(model: Any) -> None:
    from ai_edge_litert import schema_py_generated as schema

    model.metadata = [schema.MetadataT() for _ in range(200)]
    for one in model.metadata:
        one.name, one.buffer = b"TFLITE_METADATA", 0


def _control(model: Any) -> None:
    from ai_edge_litert import schema_py_generated as schema

    one = schema.MetadataT()
    one.name, one.buffer = b"model_control_dependencies", len(model.buffers) - 1
    model.metadata = [*(model.metadata or []), one]


def _signature_shapes(model: Any) -> None:
    tensor = model.subgraphs[0].tensors[model.subgraphs[0].inputs[0]]
    tensor.shapeSignature = np.array([-1, -1, -1, -1], np.int32)


def _rank_nine(model: Any) -> None:
    tensor = model.subgraphs[0].tensors[model.subgraphs[0].inputs[0]]
    tensor.shape = np.array([1, 1, 1, 1, 1, 1, 32, 32, 3], np.int32)


def _scalar_input(model: Any) -> None:
    model.subgraphs[0].tensors[model.subgraphs[0].inputs[0]].shape = np.array([], np.int32)


def _many_codes(model: Any) -> None:
    model.operatorCodes = [*model.operatorCodes, *[model.operatorCodes[0]] * 3_000]


def _many_buffers(model: Any) -> None:
    model.buffers = [*model.buffers, *[model.buffers[0]] * 5_000]


def _intermediates(model: Any) -> None:
    for operator in model.subgraphs[0].operators:
        operator.intermediates = np.array([0, 1], np.int32)


TFLITE: dict[str, Callable[[Any], None]] = {
    "no-description": _with(description=None),
    "description": _with(description=b"\x1b[31m\xff" * 1_000),
    "version-0": _with(version=0),
    "version-99": _with(version=99),
    "no-metadata": _with(metadata=None),
    "no-signatures": _with(signatureDefs=None),
    "three-signatures": _signatures,
    "metadata-200-times": _tflite_metadata,
    "control-dependencies": _control,
    "metadata-buffers": _with(metadataBuffer=np.array([0, 1, 2**31 - 1], np.int32)),
    "five-subgraphs": _more_subgraphs,
    "empty-subgraph": _empty_subgraph,
    "unused-tensors": _unused_tensors,
    "many-codes": _many_codes,
    "many-buffers": _many_buffers,
    "custom-operator": _custom,
    "no-tensor-names": _tensors(name=None),
    "equal-tensor-names": _tensors(name=b"same"),
    "variable-tensors": _tensors(isVariable=True),
    "tensors-without-rank": _tensors(hasRank=False),
    "no-shape-signatures": _tensors(shapeSignature=None),
    "open-input": _signature_shapes,
    "rank-nine": _rank_nine,
    "scalar-input": _scalar_input,
    "no-quantization": _tensors(quantization=None),
    "operators-without-options": _operators(builtinOptions=None, builtinOptionsType=0),
    "intermediates": _intermediates,
    "code-versions": _codes(version=100),
    "old-codes-only": _codes(builtinCode=0),
    "new-codes-only": _codes(deprecatedBuiltinCode=127),
    "graph-without-name": _graph(name=None),
    "reads-own-output": _reads_own_output,
    "operators-backwards": _backwards,
    "two-inputs": _two_tflite_inputs,
    "output-is-input": _output_is_input,
    "no-operators": _graph(operators=[]),
}
"""Name -> what is changed in the flatbuffer."""
