"""What each ONNX Runtime reads: operator sets, IR versions, and the operators of its small mobile packages.

A file that is newer than the runtime in the app does not load (microsoft/onnxruntime#14932, #20559), so a file is
never newer than the runtime that it is for. Knows no Keras model.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.foundation.errors import ExportError, UsageError

if TYPE_CHECKING:
    import onnx_ir as ir

OPSET = 15
"""What edgekit writes if the target allows it: nothing that it writes needs a newer one."""
IR_VERSION = 8
"""Of operator set 15, after the version table of ONNX (onnx.helper.VERSION_TABLE)."""
PER_CHANNEL_OPSET = 13
"""Since when QuantizeLinear and DequantizeLinear have an axis, and so one scale per channel (ONNX's Operators.md)."""

DEFAULT_TARGET = "1.16"
"""The release of three years ago: onnxruntime-mobile and onnxruntime-android 1.16.3 came out on 21 November 2023
(Maven Central), this table was made in November 2026."""


@dataclass(frozen=True, kw_only=True)
class OrtRelease:
    """What a release of ONNX Runtime reads.

    Attributes:
        version: (major, minor).
        opset: The newest ai.onnx operator set.
        ir_version: The newest IR version.
        source: Where that is from.
    """

    version: tuple[int, int]
    opset: int
    ir_version: int
    source: str

    @property
    def name(self) -> str:
        """As in "1.16"."""
        return f"{self.version[0]}.{self.version[1]}"


_DOCUMENTED = "docs/Versioning.md of microsoft/onnxruntime"
_MEASURED = "the wheel of PyPI, shown one-node files of every operator set and IR version"

RELEASES = (
    OrtRelease(version=(1, 3), opset=12, ir_version=6, source=_DOCUMENTED),
    OrtRelease(version=(1, 6), opset=13, ir_version=7, source=_DOCUMENTED),
    OrtRelease(version=(1, 8), opset=14, ir_version=7, source=_DOCUMENTED),
    OrtRelease(version=(1, 9), opset=15, ir_version=7, source=_DOCUMENTED),
    OrtRelease(version=(1, 15), opset=19, ir_version=9, source=_MEASURED),
    OrtRelease(version=(1, 17), opset=20, ir_version=9, source=_MEASURED),
    OrtRelease(version=(1, 19), opset=21, ir_version=10, source=_MEASURED),
    OrtRelease(version=(1, 22), opset=22, ir_version=10, source=_MEASURED),
    OrtRelease(version=(1, 23), opset=23, ir_version=11, source=_MEASURED),
    OrtRelease(version=(1, 31), opset=26, ir_version=13, source=_MEASURED),
)
"""Where something changed, oldest first. A release between two rows reads at least what the row before it says."""

_MOBILE_OPERATORS = """
Abs Add And ArgMax ArgMin AveragePool Cast Ceil Clip Concat ConstantOfShape Conv ConvTranspose Cos CumSum
DepthToSpace DequantizeLinear Div DynamicQuantizeLinear Elu Equal Erf Exp Expand Flatten Floor Gather GatherND Gemm
GlobalAveragePool Greater GreaterOrEqual Identity If InstanceNormalization LRN LeakyRelu Less LessOrEqual Log
LogSoftmax Loop MatMul MatMulInteger Max MaxPool Mean Min Mul Neg NonMaxSuppression NonZero Not Or PRelu Pad Pow
QLinearConv QLinearMatMul QuantizeLinear Range Reciprocal ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum Relu
Reshape Resize ReverseSequence Round Scan ScatterND Shape Sigmoid Sin Size Slice Softmax SpaceToDepth Split Sqrt
Squeeze Sub Sum Tanh ThresholdedRelu Tile TopK Transpose Unique Unsqueeze Where
"""
MOBILE_OPERATORS = frozenset(_MOBILE_OPERATORS.split())
"""Operators of ai.onnx in the packages of reduced size (onnxruntime-mobile, onnxruntime-mobile-c, up to 1.18), from
tools/ci_build/github/android/mobile_package.required_operators.config of microsoft/onnxruntime. They hold kernels for
float32, int8 and uint8 alone; the full packages (onnxruntime-android, onnxruntime-c) hold all operators and float16."""


@dataclass(frozen=True, kw_only=True)
class OrtTarget:
    """The oldest ONNX Runtime that a file is for.

    Attributes:
        name: As the user gave it: "1.16", "1.16.3".
        opset: The operator set of the file.
        ir_version: Its IR version.
    """

    name: str = DEFAULT_TARGET
    opset: int = OPSET
    ir_version: int = IR_VERSION

    @classmethod
    def parse(cls, text: str) -> "OrtTarget":
        """The target called `text`, as in "1.16" or "1.16.3".

        Raises:
            UsageError: It is not a version, or older than the table.
        """
        found = re.fullmatch(r"([0-9]{1,4})\.([0-9]{1,4})(\.[0-9]{1,4})?", text)
        oldest, newest = RELEASES[0], RELEASES[-1]
        span = f"Supported: {oldest.name} to {newest.name}, and later ones."
        if not found:
            raise UsageError(f"--ort-target must be a version of ONNX Runtime, such as 1.16. Received '{text}'. {span}")
        version = int(found[1]), int(found[2])
        readable = [release for release in RELEASES if release.version <= version]
        if not readable:
            raise UsageError(f"--ort-target {text} is older than the oldest supported ONNX Runtime. {span}")
        release = readable[-1]
        return cls(name=text, opset=min(OPSET, release.opset), ir_version=min(IR_VERSION, release.ir_version))

    def check_per_channel(self) -> None:
        """Raise UsageError if the runtime knows no scale for each channel."""
        if self.opset < PER_CHANNEL_OPSET:
            first = next(release for release in RELEASES if release.opset >= PER_CHANNEL_OPSET)
            raise UsageError(
                f"An int8 file with one scale per channel needs operator set {PER_CHANNEL_OPSET}, which ONNX Runtime "
                f"reads since {first.name}. Received --ort-target {self.name}, which reads {self.opset}. Give a newer "
                f"target, or --per-tensor."
            )


def check_readable(model: "ir.Model", target: OrtTarget) -> None:
    """Raise ExportError if `model` is newer than `target` reads, or holds an operator of another domain."""
    opsets = model.opset_imports
    if model.ir_version > target.ir_version or opsets.get("", 0) > target.opset or set(opsets) - {""}:
        said = ", ".join(f"{domain or 'ai.onnx'} {version}" for domain, version in sorted(opsets.items()))
        raise ExportError(
            f"The file came out with {said} and IR version {model.ir_version}; ONNX Runtime {target.name} reads "
            f"ai.onnx {target.opset} and IR version {target.ir_version}. Give a newer --ort-target."
        )


def missing_in_mobile(content: bytes) -> tuple[str, ...]:
    """The operators in an `.onnx` file that the mobile packages of reduced size lack."""
    import onnx

    graph = onnx.ModelProto.FromString(content).graph
    return tuple(sorted({node.op_type for node in graph.node} - MOBILE_OPERATORS))
