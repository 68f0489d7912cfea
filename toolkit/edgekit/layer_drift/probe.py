"""The protocol of a probe: a model file whose intermediate tensors can be read, and fed. Knows no metric.

One file per format implements it. Layouts are brought to channels last, integers to the real numbers they stand for.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.artifact import TensorSpec
from edgekit.foundation.registry import Registry
from edgekit.inspection.model_file import check_format

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FED = "fed to the readers of "
"""How the name of an input begins that a cut model has for a tensor: the tensor's own name follows."""

Values = Mapping[str, "NDArray[np.float32]"]
"""Name of a tensor -> float32 values (1, ..., C), dequantized."""


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One tensor that the graph computes.

    Attributes:
        name: The tensor's name in the file.
        operator: What computes it, as the format calls it.
        inputs: Names of the tensors that its operator reads.
        scale: Its quantization step; None for a float tensor.
        limits: The numbers between which its values round to something nearer than its end: half a step below the
            lowest representable number, and half a step above the highest; None for a float tensor.
    """

    name: str
    operator: str
    inputs: tuple[str, ...] = ()
    scale: float | None = None
    limits: tuple[float, float] | None = None


class Probe(ABC):
    """A model file, opened.

    Attributes:
        input_spec: Its one input.
        layers: Its intermediate tensors, in the order in which they are computed; each name once.
    """

    input_spec: TensorSpec
    layers: tuple[Layer, ...]

    @abstractmethod
    def read(self, pixels: "NDArray[np.generic]") -> Values:
        """All layers' values for one image, given as the input expects it: (1, ...); raises ArtifactError."""

    @abstractmethod
    def cut_at(self, names: Collection[str]) -> "CutModel":
        """The same model with a cut after each of these tensors: their consumers read what is fed instead."""


class CutModel(ABC):
    """A float model that is cut after some of its tensors."""

    @abstractmethod
    def compute(self, pixels: "NDArray[np.generic]", fed: Values) -> Values:
        """What each of these tensors becomes when the layers before it have given what is in `fed`.

        Args:
            pixels: One image.
            fed: A value for each tensor that the model was cut at; float32 (1, ..., C).
        """


def limits_of(scale: float, zero_point: int, lowest: int, highest: int) -> tuple[float, float]:
    """`Layer.limits` of a tensor that stores integers from `lowest` to `highest`."""
    return (lowest - zero_point - 0.5) * scale, (highest - zero_point + 0.5) * scale


PROBES: Registry[Callable[[Path], Probe]] = Registry(
    "format",
    {
        "tflite": ("edgekit.layer_drift.tflite:TFLiteProbe", "LiteRT's builtin kernels"),
        "onnx": ("edgekit.layer_drift.onnx:OnnxProbe", "ONNX Runtime without graph optimizations"),
    },
)


def open_probe(path: Path) -> Probe:
    """The probe of the file's format; raises ArtifactError if it cannot be loaded."""
    return PROBES.load(check_format(path).value)(path)
