"""What a model file holds, as plain values, and the verdict on its quantization. Reads no file.

An operator *computes* when it touches float or quantized numbers that depend on the input; it computes in
integers when it touches no float. Quantize, Dequantize and Cast are counted apart: they are the borders.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from edgekit.artifact import Format, ImageInput, TensorSpec
from edgekit.foundation.grammar import counted, noun
from edgekit.foundation.results import Displayed, plain
from edgekit.inspection.self_description import SelfDescription

FLOATS = frozenset({"float16", "float32", "float64", "bfloat16"})
SMALL_INTEGERS = frozenset({"int4", "uint4", "int2", "uint2", "int8", "uint8"})


ACCELERATORS = {
    "edgetpu-custom-op": "the Edge TPU",
    "ethos-u": "an Arm Ethos-U NPU (Vela)",
    "DISPATCH_OP": "an NPU (LiteRT's compiler)",
}
"""Custom operator that a compiler puts in the place of others -> what it was compiled for."""


class Arithmetic(StrEnum):
    """In what an operator computes.

    Attributes:
        INTEGER: Only integers.
        FLOAT: Floats, at least in part.
        BORDER: It turns one into the other: Quantize, Dequantize, Cast.
        NONE: It moves shapes or indices and computes nothing that a score depends on.
    """

    INTEGER = "integer"
    FLOAT = "float"
    BORDER = "border"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class Operator:
    """One node of the graph.

    Attributes:
        name: As the format calls it: "CONV_2D", "Conv", "FlexErf".
        kind: "builtin", "flex" (needs TensorFlow's kernels) or "custom" (needs the application's own).
        arithmetic: In what it computes.
    """

    name: str
    kind: str
    arithmetic: Arithmetic


@dataclass(frozen=True, kw_only=True)
class Weights:
    """One constant tensor that scores depend on.

    Attributes:
        dtype: numpy's name of its element type.
        num_elements: How many numbers it holds.
        is_per_channel: It has more than one scale.
    """

    dtype: str
    num_elements: int
    is_per_channel: bool = False


@dataclass(frozen=True, kw_only=True)
class OperatorCount:
    """How often an operator occurs in the graph; attributes as in `Operator`."""

    name: str
    kind: str
    count: int


@dataclass(frozen=True, kw_only=True)
class Quantization:
    """Whether the file really computes in integers.

    Attributes:
        verdict: "fully int8", "int8 with float islands", "int8 weights only (dynamic range)", "float16 weights",
            "float32"; or "int16 activations, int8 weights", with float islands or without; each may end in ", sparse
            weights". "compiled for …" for a file whose operators an accelerator's compiler has replaced.
        explanation: One sentence with the numbers.
        num_computing: Operators that compute.
        num_integer: Those of them that compute in integers only.
        float_operators: name -> how many compute in float.
        integer_weight_share: Share of the weights' numbers stored in at most 8 bits, biases left out; 0 to 1.
        num_per_channel: Weight tensors with a scale for each channel.
        num_quantize: Quantize nodes, those that only change the scale included.
        num_dequantize: Dequantize nodes.
        num_transpose: Transpose nodes; each costs time and does no work.
        num_sparse: Weight tensors that are stored without their zeros.
    """

    verdict: str
    explanation: str
    num_computing: int
    num_integer: int
    float_operators: Mapping[str, int]
    integer_weight_share: float
    num_per_channel: int
    num_quantize: int
    num_dequantize: int
    num_transpose: int
    num_sparse: int


@dataclass(frozen=True, kw_only=True)
class Kernel:
    """One kernel.

    Attributes:
        name: Of its tensor in the file.
        dtype: How it is stored.
        num_weights: How many numbers.
        num_zeros: How many of them are exactly zero.
        num_distinct: How many different values it holds.
        num_distinct_in_a_channel: The most of any output channel: a scale for each channel, or a folded batch
            normalization, multiplies the values of a whole layer.
    """

    name: str
    dtype: str
    num_weights: int
    num_zeros: int
    num_distinct: int
    num_distinct_in_a_channel: int


@dataclass(frozen=True, kw_only=True)
class FileKernels:
    """All kernels of a file.

    Attributes:
        size_bytes: Size of the file, with that of the files beside it that hold its weights.
        zipped_bytes: Its size after gzip, level 9: what a download or an app package takes.
        kernels: In the order in which they are used.
    """

    size_bytes: int
    zipped_bytes: int
    kernels: tuple[Kernel, ...]

    @property
    def sparsity(self) -> float:
        """Share of zeros among all weights; 0 if there are none."""
        num_weights = sum(each.num_weights for each in self.kernels)
        return sum(each.num_zeros for each in self.kernels) / num_weights if num_weights else 0.0

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "size_bytes": self.size_bytes,
            "zipped_bytes": self.zipped_bytes,
            "sparsity": round(self.sparsity, 6),
            "kernels": [asdict(each) for each in self.kernels],
        }


@dataclass(frozen=True, kw_only=True)
class Arena:
    """The memory for tensors that one file needs on a microcontroller.

    Attributes:
        num_bytes: The smallest arena, in bytes, with which it ran on this machine. A processor of 32 bits needs less,
            because its pointers are half as long.
        measured_with: "tflite-micro 0.dev20261023182759".
    """

    num_bytes: int
    measured_with: str


@dataclass(frozen=True, kw_only=True)
class ModelInfo(Displayed):
    """What a model file holds.

    Attributes:
        file: Its name, without a folder.
        format: What it really is.
        size_bytes: Size of the file, with that of the files beside it that hold its weights.
        sha256: Hex digest of its bytes.
        inputs: The tensors that go in.
        outputs: The tensors that come out.
        operators: Every operator with its count, most frequent first.
        quantization: Whether it is really int8.
        num_weights: Numbers stored as weights and biases.
        weights_by_dtype: Element type -> how many of them.
        multiply_adds: Of one image, in convolutions and matrix products; None if shapes are not known.
        metadata: What the file says about itself.
        kernels: Zeros and distinct values of its kernels; None if not asked for.
        stored_input: The integers that hold the pixels: the input itself, or what the graph makes of a float input
            first; None if pixels stay float.
        is_all_int16: Every operator reads or writes an activation of int16.
        arena: Memory for tensors on a microcontroller; None if it was not measured.
        self_description: Class names and normalization, as the file says them; None if it says neither.
    """

    file: str
    format: Format
    size_bytes: int
    sha256: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    operators: tuple[OperatorCount, ...]
    quantization: Quantization
    num_weights: int
    weights_by_dtype: Mapping[str, int]
    multiply_adds: int | None
    metadata: Mapping[str, str]
    kernels: FileKernels | None = None
    stored_input: TensorSpec | None = None
    is_all_int16: bool = False
    arena: Arena | None = None
    self_description: SelfDescription | None = None

    def __repr__(self) -> str:
        return f"<ModelInfo {self.file}: {self.quantization.verdict}, {self.size_bytes:,} bytes>"

    @property
    def image_size(self) -> tuple[int, int] | None:
        """(height, width) of the images that go in; None if the file leaves it open, or takes something else."""
        image = self._image_input
        return image.size if image else None

    @property
    def channels(self) -> int | None:
        """3 for RGB images, 1 for gray ones; None if the file takes something else."""
        image = self._image_input
        return image.channels if image else None

    @property
    def _image_input(self) -> ImageInput | None:
        return ImageInput.of(self.inputs[0].shape[1:]) if len(self.inputs) == 1 else None

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object; `weights` only if the kernels were requested."""
        document = asdict(self)
        del document["kernels"]
        return plain(document | ({"weights": self.kernels.to_dict()} if self.kernels else {}))


@dataclass(frozen=True, kw_only=True)
class Graph:
    """What a reader of one format found; `describe_quantization` judges it.

    Attributes:
        inputs: The tensors that go in.
        outputs: The tensors that come out.
        operators: Every node.
        weights: Every constant that scores depend on.
        has_wide_activations: Some activations are int16.
        multiply_adds: As in `ModelInfo`.
        metadata: As in `ModelInfo`.
        num_sparse: As in `Quantization`.
        stored_input: As in `ModelInfo`.
        is_all_int16: As in `ModelInfo`.
        self_description: As in `ModelInfo`.
    """

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    operators: Sequence[Operator]
    weights: Sequence[Weights]
    has_wide_activations: bool
    multiply_adds: int | None
    metadata: Mapping[str, str]
    num_sparse: int = 0
    stored_input: TensorSpec | None = None
    is_all_int16: bool = False
    self_description: SelfDescription | None = None


def count_operators(operators: Sequence[Operator]) -> tuple[OperatorCount, ...]:
    """Each operator with its count, most frequent first, equal counts by name."""
    counts = Counter((operator.name, operator.kind) for operator in operators)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(OperatorCount(name=name, kind=kind, count=count) for (name, kind), count in ordered)


def count_weights(weights: Sequence[Weights]) -> dict[str, int]:
    """Element type -> numbers stored in it, the most frequent first."""
    counts: Counter[str] = Counter()
    for tensor in weights:
        counts[tensor.dtype] += tensor.num_elements
    return dict(counts.most_common())


def describe_quantization(graph: Graph) -> Quantization:
    """The verdict on a graph: what it computes in, what its weights are stored in."""
    computing = [op for op in graph.operators if op.arithmetic in (Arithmetic.INTEGER, Arithmetic.FLOAT)]
    islands = Counter(op.name for op in computing if op.arithmetic is Arithmetic.FLOAT)
    num_integer = len(computing) - islands.total()
    names = Counter(_plain(operator.name) for operator in graph.operators)
    verdict = _verdict(graph, num_integer, islands.total())
    return Quantization(
        verdict=verdict,
        explanation=_explanation(graph, num_integer, islands),
        num_computing=len(computing),
        num_integer=num_integer,
        float_operators=dict(islands.most_common()),
        integer_weight_share=_small_share(graph.weights),
        num_per_channel=sum(tensor.is_per_channel for tensor in graph.weights),
        num_quantize=names["quantize"] + names["quantizelinear"] + names["dynamicquantizelinear"],
        num_dequantize=names["dequantize"] + names["dequantizelinear"],
        num_transpose=names["transpose"],
        num_sparse=graph.num_sparse,
    )


def _verdict(graph: Graph, num_integer: int, num_float: int) -> str:
    if compiled := next((each.name for each in graph.operators if each.name in ACCELERATORS), None):
        return f"compiled for {ACCELERATORS[compiled]}"
    return _verdict_on_numbers(graph, num_integer, num_float) + (", sparse weights" if graph.num_sparse else "")


def _verdict_on_numbers(graph: Graph, num_integer: int, num_float: int) -> str:
    dtypes = {tensor.dtype for tensor in graph.weights}
    quantizes_while_running = any(operator.name == "DynamicQuantizeLinear" for operator in graph.operators)
    if dtypes & SMALL_INTEGERS and (not num_integer or quantizes_while_running):
        return "int8 weights only (dynamic range)"
    if not num_integer:
        return "float16 weights" if "float16" in dtypes else "float32"
    if graph.has_wide_activations:
        return "int16 activations, int8 weights" + (", with float islands" if num_float else "")
    return "int8 with float islands" if num_float else "fully int8"


def _explanation(graph: Graph, num_integer: int, islands: Counter[str]) -> str:
    if compiled := Counter(each.name for each in graph.operators if each.name in ACCELERATORS):
        [(name, count)] = compiled.most_common(1)
        return (
            f"{count} of its {len(graph.operators)} operators {noun(count, 'is', 'are')} {name}, made by a compiler: "
            f"what {noun(count, 'it computes', 'they compute')} cannot be read in the file, and only this accelerator "
            f"has it. Inspect and verify the file that was compiled."
        )
    total = num_integer + islands.total()
    sentence = (
        f"{num_integer} of {total} computing operators work in integers; "
        f"{_small_share(graph.weights):.1%} of the weights are stored in 8 bits or less"
    )
    if num_integer and islands:
        named = ", ".join(f"{name} x {count}" if count > 1 else name for name, count in islands.most_common(8))
        sentence += f"; in float: {named}"
    if graph.num_sparse:
        tensors, are = counted(graph.num_sparse, "weight tensor"), noun(graph.num_sparse, "is", "are")
        sentence += f"; {tensors} {are} stored without zeros (DENSIFY unpacks them)"
        sentence += ", which XNNPACK cannot run in integers" if num_integer or _small_share(graph.weights) else ""
    return sentence + "."


def _small_share(weights: Sequence[Weights]) -> float:
    """Share of small integers among the weights; 32-bit biases belong to neither side."""
    known = [tensor for tensor in weights if tensor.dtype in FLOATS | SMALL_INTEGERS]
    total = sum(tensor.num_elements for tensor in known)
    return sum(tensor.num_elements for tensor in known if tensor.dtype in SMALL_INTEGERS) / total if total else 0.0


def _plain(name: str) -> str:
    return name.replace("_", "").lower()
