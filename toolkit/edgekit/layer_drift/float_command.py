"""The command that exports a file again with the layers in float that lose most. Runs nothing."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from edgekit.artifact import Format, Precision
from edgekit.quantization.scheme import CALIBRATED

DEFAULTS: Mapping[str, tuple[str, Any]] = {
    "quantizer": ("--quantizer", "tensorflow"),
    "calibration_method": ("--calibration", "minmax"),
    "percentile": ("--percentile", None),
    "io": ("--io", "uint8"),
    "batch": ("--batch", 1),
    "output": ("--output", "probabilities"),
    "activations": ("--onnx-activations", "uint8"),
    "layout": ("--layout", "nhwc"),
}
"""What the manifest says of a file -> the option that says so, and what is so if nothing is said."""

FLAGS: Mapping[str, tuple[str, Any]] = {
    "granularity": ("--per-tensor", "per-tensor"),
    "float_head": ("--float-head", True),
    "reduce_range": ("--full-range", False),
}
"""The same for options without a value, and the value that they stand for."""


def float_command(
    run: str, artifact_format: Format, precision: Precision, entry: Mapping[str, Any], layers: Sequence[str]
) -> str | None:
    """`edgekit export ... --float-layers A,B`, with all that the file was made with; None for other precisions.

    Args:
        run: The run folder, as the user may name it.
        artifact_format: Of the file.
        precision: Of the file.
        entry: What the run's manifest says of how it was made.
        layers: Keras layers, the one that loses most first.
    """
    if precision not in CALIBRATED or not layers:
        return None
    words = ["edgekit", "export", run, f"--{precision}", "--format", artifact_format.value]
    for key, (option, default) in DEFAULTS.items():
        if key in entry and entry[key] != default:
            words += [option, f"{entry[key]:g}" if isinstance(entry[key], float) else str(entry[key])]
    words += [option for key, (option, value) in FLAGS.items() if entry.get(key) == value]
    kept = dict.fromkeys([*entry.get("float_layers", ()), *layers])
    return shlex.join([*words, "--float-layers", ",".join(kept)])
