"""The protocol of a quantizer for `.tflite` files: a float file and what was seen of it in, an integer file out."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

from edgekit.artifact import Precision
from edgekit.exporting.options import ExportOptions

if TYPE_CHECKING:
    from edgekit.quantization.activations import Activations
    from edgekit.quantization.calibration import CalibrationSet


@dataclass(frozen=True, kw_only=True, eq=False)
class QuantizeRequest:
    """What a quantizer is given.

    Attributes:
        content: The float32 `.tflite`.
        precision: Of the file: int8 or int16x8.
        options: What was chosen.
        calibration: The images; None if the activations stay in float (dynamic).
        activations: What was seen on these images; None with `calibration`.
        float_outputs: Output tensors of the operators that stay in float.
        default_outputs: Those of them that were not asked for; operators that are merged into others may go.
        gives_float: Whether the file's output is float32, whatever its input is.
    """

    content: bytes
    precision: Precision
    options: ExportOptions
    calibration: "CalibrationSet | None" = None
    activations: "Activations | None" = None
    float_outputs: frozenset[str] = frozenset()
    default_outputs: frozenset[str] = frozenset()
    gives_float: bool = False

    @property
    def input_type(self) -> str:
        """Type of the file's input: pixels as bytes in int8 files alone."""
        return self.options.tflite.io if self.precision is Precision.INT8 else "float32"

    @property
    def output_type(self) -> str:
        """Type of the file's output."""
        return "float32" if self.gives_float else self.input_type


class TFLiteQuantizer(Protocol):
    """One way to integers.

    Attributes:
        choices: Precision -> the options of `ExportOptions.words` that it supports there.
        keeps_islands: Whether an operator without integer form stays in float, instead of an error.
    """

    choices: ClassVar[dict[Precision, frozenset[str]]]
    keeps_islands: ClassVar[bool]

    def quantize(self, request: QuantizeRequest) -> bytes:
        """The bytes of the integer file; raises ExportError."""
