"""The layers that a search keeps in float first: those that add most error by themselves, on calibration images."""

from edgekit.exporting.keras.classifier import scaling_layer
from edgekit.exporting.source import Source
from edgekit.input_range import RAW
from edgekit.quantization import CalibrationSet
from edgekit.quantization.sensitivity import LayerError, layer_errors

NUM_IMAGES = 64
"""Enough to tell layers apart: a layer's error is a mean over all its outputs."""


def layers_that_lose_most(source: Source, calibration: CalibrationSet) -> list[LayerError]:
    """Every layer with weights, the worst first; see `edgekit.quantization.sensitivity`."""
    import numpy as np

    images = next(iter(calibration.batches(min(NUM_IMAGES, len(calibration)))))
    scaled = scaling_layer(source.known_input_range or RAW)(images)
    return layer_errors(source.model, np.asarray(scaled, np.float32))
