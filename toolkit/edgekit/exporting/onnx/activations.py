"""The activations of a float `.onnx`, seen in ONNX Runtime, a few images at a time.

ONNX Runtime's own calibrators by histogram keep every activation of every image unless they are fed batch by batch
(microsoft/onnxruntime#10503, #11020), and know fewer methods.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from edgekit.exporting.keras.classifier import INPUT_NAME
from edgekit.exporting.onnx.serialization import serialized
from edgekit.foundation.mapped_arrays import images_at_once
from edgekit.quantization.activations import Activations

if TYPE_CHECKING:
    import numpy as np
    import onnx_ir as ir
    from numpy.typing import NDArray

    from edgekit.quantization.calibration import CalibrationSet

BATCH = 4
PIXELS = 2**16
"""Of a batch, at most: every activation of the network is kept for a moment."""


class OnnxActivations(Activations):
    """See `Activations`. What training has learned is no part of it: ONNX Runtime's quantizer is told that apart.

    Args:
        model: A float32 model of raw pixels and any batch.
        calibration: The images.
        is_channels_first: Whether it takes (batch, 3, H, W).
    """

    input_name = INPUT_NAME

    def __init__(self, model: "ir.Model", calibration: "CalibrationSet", *, is_channels_first: bool) -> None:
        self._model, self._calibration, self._is_channels_first = model, calibration, is_channels_first

    def seen(self) -> "Iterator[tuple[str, NDArray[np.float32]]]":
        """See `Activations.seen`."""
        names = computed_in(self._model)
        session = watched_session(self._model, names)
        size = images_at_once(self._calibration.source.shape[1:], BATCH, PIXELS)
        for pixels in pixel_batches(self._calibration, size, is_channels_first=self._is_channels_first):
            yield INPUT_NAME, pixels
            for name, values in zip(names, session.run(names, {INPUT_NAME: pixels}), strict=True):
                if getattr(values, "dtype", None) == "float32":
                    yield name, values


def computed_in(model: "ir.Model") -> list[str]:
    """The names of all tensors that are computed."""
    return [value.name for node in model.graph for value in node.outputs if value.name]


def watched_session(model: "ir.Model", names: list[str]) -> Any:
    """A session that computes every operator by itself and gives the tensors called `names` beside its output."""
    import onnxruntime

    watched = model.clone()
    declared = {each.name for each in watched.graph.outputs}
    wanted = set(names) - declared
    watched.graph.outputs.extend(value for node in watched.graph for value in node.outputs if value.name in wanted)
    settings = onnxruntime.SessionOptions()
    settings.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    settings.intra_op_num_threads = 1
    settings.log_severity_level = 3
    return onnxruntime.InferenceSession(serialized(watched), settings, providers=["CPUExecutionProvider"])


def pixel_batches(
    calibration: "CalibrationSet", size: int, *, is_channels_first: bool
) -> "Iterator[NDArray[np.float32]]":
    """`CalibrationSet.batches` in the layout of the model."""
    import numpy as np

    for batch in calibration.batches(size):
        yield np.ascontiguousarray(batch.transpose(0, 3, 1, 2)) if is_channels_first else batch
