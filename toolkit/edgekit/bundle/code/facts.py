"""The facts about a model that all templates need, as plain values."""

from typing import Any

from edgekit.artifact import Format
from edgekit.bundle.model import BundledModel
from edgekit.execution.pixels import encoder_for


def facts_of(model: BundledModel) -> dict[str, Any]:
    """The values for a template.

    `table` holds the input's value for every pixel value of 0 to 255; None if the pixel value itself goes in.
    `input_shape` and `output_shape` have the batch of the golden vectors: 1 if the file leaves it open.
    """
    image = model.image
    encoder = encoder_for(model.input, (image.height or 0, image.width or 0, image.channels))
    return {
        "model": model,
        "is_tflite": model.format is Format.TFLITE,
        "image": image,
        "rule": model.rule,
        "is_keras": model.rule is not None and model.rule.is_keras,
        "is_float_output": model.output.dtype.startswith("float"),
        "table": None if encoder.table is None else encoder.table.tolist(),
        "input_shape": [size or 1 for size in model.input.shape],
        "output_shape": [1 if size is None else size for size in model.output.shape],
        "tolerance": model.golden.tolerance,
    }
