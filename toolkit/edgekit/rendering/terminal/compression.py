"""What `edgekit compress` prints: layers, accuracy before and after. Measures nothing."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from edgekit.rendering.terminal.kernels_table import print_layers
from edgekit.rendering.terminal.tables import make_console

if TYPE_CHECKING:
    from edgekit.metrics.classification import ClassificationReport


def print_compression(entry: Mapping[str, Any], report: "ClassificationReport") -> None:
    """Print what happened to a network.

    Args:
        entry: "compression" of the new run's manifest.
        report: Of the new network, in float, on the test images.
    """
    console = make_console()
    print_layers(entry.get("layers", []), console)
    console.print(f"All weights as float32, zipped: {entry.get('zipped_float32_bytes', 0) / 1000:,.1f} kB")
    original = entry.get("original", {})
    before = ""
    if {"run", "accuracy", "agreement"} <= original.keys():
        before = (
            f"; the original run '{original['run']}': {original['accuracy']:.4f}, "
            f"the same answer on {original['agreement']:.2%}"
        )
    console.print(f"Accuracy in float {report.accuracy:.4f} on {report.num_images:,} test images{before}")
