"""Whether ONNX Runtime's reduced mobile package has every operator and type of an .onnx file; nothing is run.

The package `onnxruntime-mobile` ended with 1.18. Its operators are those of ONNX Runtime's page "ORT 1.17 Mobile
Package Operators", the last that was published, for the operator sets 12 to 15. Newer apps use `onnxruntime-android`
and `onnxruntime-c`, which have all operators.
"""

import re

from edgekit.foundation.grammar import listed
from edgekit.inspection.info import ModelInfo

VERSION = "1.17"
OPSETS = (12, 15)
"""The smallest and the largest operator set of the package."""
OPERATORS = frozenset(
    [
        "Abs",
        "Add",
        "And",
        "ArgMax",
        "ArgMin",
        "AveragePool",
        "Cast",
        "Ceil",
        "Clip",
        "Concat",
        "ConstantOfShape",
        "Conv",
        "ConvTranspose",
        "Cos",
        "CumSum",
        "DepthToSpace",
        "DequantizeLinear",
        "Div",
        "DynamicQuantizeLinear",
        "Elu",
        "Equal",
        "Erf",
        "Exp",
        "Expand",
        "Flatten",
        "Floor",
        "Gather",
        "GatherND",
        "Gemm",
        "GlobalAveragePool",
        "Greater",
        "GreaterOrEqual",
        "HardSigmoid",
        "Identity",
        "If",
        "InstanceNormalization",
        "LRN",
        "LayerNormalization",
        "LeakyRelu",
        "Less",
        "LessOrEqual",
        "Log",
        "LogSoftmax",
        "Loop",
        "MatMul",
        "MatMulInteger",
        "Max",
        "MaxPool",
        "Mean",
        "Min",
        "Mul",
        "Neg",
        "NonMaxSuppression",
        "NonZero",
        "Not",
        "Or",
        "PRelu",
        "Pad",
        "Pow",
        "QLinearConv",
        "QLinearMatMul",
        "QuantizeLinear",
        "Range",
        "Reciprocal",
        "ReduceMax",
        "ReduceMean",
        "ReduceMin",
        "ReduceProd",
        "ReduceSum",
        "Relu",
        "Reshape",
        "Resize",
        "ReverseSequence",
        "Round",
        "Scan",
        "ScatterND",
        "Shape",
        "Sigmoid",
        "Sin",
        "Size",
        "Slice",
        "Softmax",
        "SpaceToDepth",
        "Split",
        "Sqrt",
        "Squeeze",
        "Sub",
        "Sum",
        "Tanh",
        "ThresholdedRelu",
        "Tile",
        "TopK",
        "Transpose",
        "Unique",
        "Unsqueeze",
        "Where",
    ]
    + [
        f"com.microsoft.{name}"
        for name in [
            "DynamicQuantizeMatMul",
            "FusedConv",
            "FusedGemm",
            "FusedMatMul",
            "Gelu",
            "MatMulIntegerToFloat",
            "NhwcMaxPool",
            "QLinearAdd",
            "QLinearAveragePool",
            "QLinearConv",
            "QLinearGlobalAveragePool",
            "QLinearLeakyRelu",
            "QLinearMul",
            "QLinearSigmoid",
        ]
    ]
)
NOT_COUNTED = frozenset({"Constant"})
"""What becomes a weight when the file is loaded."""
TYPES = frozenset({"float32", "int8", "uint8", "int32", "int64", "bool"})
"""Of weights, inputs and outputs; int32 and int64 for shapes, indices and integer biases."""


def missing_in_mobile(info: ModelInfo) -> str:
    """What the package lacks of an .onnx file, as sentences; "" if it has everything."""
    operators = sorted({one.name for one in info.operators} - OPERATORS - NOT_COUNTED)
    types = sorted(({one.dtype for one in (*info.inputs, *info.outputs)} | set(info.weights_by_dtype)) - TYPES)
    found = re.search(r"(?:^|, )ai\.onnx (\d+)", info.metadata.get("opset", ""))
    sentences = []
    if operators:
        sentences.append(f"It has no kernel for {listed(operators)}.")
    if types:
        sentences.append(f"It does not take {listed(types)}.")
    if found and not OPSETS[0] <= int(found[1]) <= OPSETS[1]:
        sentences.append(f"It takes operator sets {OPSETS[0]} to {OPSETS[1]}; the file has {found[1]}.")
    return " ".join(sentences)
