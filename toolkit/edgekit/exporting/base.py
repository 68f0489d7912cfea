"""The protocol of an exporter: a float Keras model in, the bytes of one artifact out.

Exporters know no runtime, no run folder and no data set: `edgekit.exporting` checks what they make
before it reaches the disk.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

from edgekit.artifact import Format, Precision
from edgekit.exporting.options import ExportOptions
from edgekit.foundation.errors import ExportError

if TYPE_CHECKING:
    import keras

    from edgekit.quantization.calibration import CalibrationSet


def cannot_write(folder: Path, error: Exception) -> ExportError:
    """The error for a library that could not write its temporary files to `folder`."""
    said = getattr(error, "strerror", None) or str(error).rpartition(";")[2].partition("[Op:")[0].strip()
    return ExportError(
        f"Temporary files could not be written to {folder}: {said}. Free space there, or set TMPDIR to another folder."
    )


@contextmanager
def replaced(module: Any, name: str, value: Any) -> Iterator[None]:
    """Let the attribute `name` of a library's module be `value` while the block runs."""
    before = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)


class Exporter(Protocol):
    """One format. Made once per model, so that the graph is traced once for all precisions.

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
                made by `edgekit.exporting.keras.classifier.as_classifier`.
            options: What the user chose.
        """

    @classmethod
    def choices(cls, precision: Precision, options: ExportOptions) -> frozenset[str]:
        """The options of `ExportOptions.words` that it supports for a file of `precision`; others are rejected."""

    def with_options(self, options: ExportOptions) -> Self:
        """The same model with other choices; a graph that is traced already is not traced again."""

    def convert(self, precision: Precision, calibration: "CalibrationSet | None") -> bytes:
        """The file's bytes, the same for the same input; raises ExportError.

        `calibration` is needed by the precisions in `edgekit.quantization.scheme.CALIBRATED`.
        """
