"""The protocol of an exporter: a float Keras model in, the bytes of one artifact out.

Exporters know no runtime, no run folder and no data set: `edgekit.exporting` checks what they make
before it reaches the disk.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from edgekit.artifact import Format, Precision
from edgekit.errors import ExportError, UsageError
from edgekit.input_range import RAW, InputRange

if TYPE_CHECKING:
    import keras

    from edgekit.quantization.calibration import CalibrationSet

IO_TYPES = ("uint8", "int8", "float32")
MAX_BATCH = 65_536


@dataclass(frozen=True, kw_only=True)
class ExportOptions:
    """What the user may choose about an artifact; checked when made.

    Attributes:
        io: Input and output type of int8 `.tflite` files: "uint8", "int8" or "float32". uint8 input has
            scale 1 and zero point 0: a camera's bytes go straight in.
        batch: Fixed batch of `.tflite` files; None for a dynamic one. ONNX files are always dynamic.
        input_range: What the Keras model wants; built into the exported graph, which takes raw pixels.
            None where nobody said: `edgekit.exporting` then reads it in the manifest or finds it out, and
            an exporter takes pixels as they are.
        allow_flex: Keep TensorFlow operators that LiteRT lacks ("Flex"), which needs a bigger runtime.
    """

    io: str = "uint8"
    batch: int | None = 1
    input_range: InputRange | None = None
    allow_flex: bool = False

    def __post_init__(self) -> None:
        if self.io not in IO_TYPES:
            raise UsageError(f"Unknown input/output type '{self.io}'. Known: {', '.join(IO_TYPES)}.")
        if self.batch is not None and not 1 <= self.batch <= MAX_BATCH:
            raise UsageError(
                f"A batch must be at least 1 and at most {MAX_BATCH:,}, or dynamic. Received {self.batch}."
            )

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object, for the manifest."""
        return {
            "io": self.io,
            "batch": "dynamic" if self.batch is None else self.batch,
            "input_range": (self.input_range or RAW).text,
            "allow_flex": self.allow_flex,
        }


def cannot_write(folder: Path, error: Exception) -> ExportError:
    """What to raise where a library could not write its temporary files to `folder`."""
    said = getattr(error, "strerror", None) or str(error).rpartition(";")[2].partition("[Op:")[0].strip()
    return ExportError(
        f"Temporary files could not be written to {folder}: {said}. Free space there, or name another folder in TMPDIR."
    )


class Exporter(Protocol):
    """One format. Made once a model, so that the graph is traced once for all precisions.

    Attributes:
        format: What it writes.
        precisions: What it can make, best first.
    """

    format: ClassVar[Format]
    precisions: ClassVar[tuple[Precision, ...]]

    def __init__(self, model: "keras.Model", options: ExportOptions) -> None:
        """Prepare `model`; raises ExportError.

        Args:
            model: float32, input (None, H, W, 3) in `options.input_range`, output (None, C) probabilities;
                made by `edgekit.exporters.classifier.as_classifier`.
            options: What the user chose.
        """

    def convert(self, precision: Precision, calibration: "CalibrationSet | None") -> bytes:
        """The file's bytes, the same for the same input; raises ExportError.

        `calibration` is needed by the precisions in `edgekit.exporters.CALIBRATED`.
        """
