"""Finds, in a float `.onnx`, the tensors whose ranges quantization-aware training has learned.

Runs the graph on two probe images and looks at all that it computes; see `edgekit.quantization.learned_ranges`.
Quantizes nothing.
"""

from typing import TYPE_CHECKING

from edgekit.exporting.onnx.activations import computed_in, watched_session
from edgekit.quantization.learned_ranges import LearnedRanges
from edgekit.quantization.ranges import Range

if TYPE_CHECKING:
    import onnx_ir as ir
    from numpy.typing import NDArray


def learned_in_onnx(model: "ir.Model", learned: LearnedRanges, *, is_channels_first: bool = False) -> dict[str, Range]:
    """Tensor name -> learned range, for a float32 model of raw pixels and any batch.

    Raises:
        ExportError: No tensor is known again, so the file is another network's.
    """
    import numpy as np

    names = computed_in(model)
    session = watched_session(model, names)
    source = session.get_inputs()[0].name
    seen: dict[str, list[NDArray[np.float32]]] = {name: [] for name in names}
    images = learned.probe_images.astype(np.float32)
    for image in np.ascontiguousarray(images.transpose(0, 3, 1, 2)) if is_channels_first else images:
        for name, values in zip(names, session.run(names, {source: image[None]}), strict=True):
            if isinstance(values, np.ndarray) and values.dtype == np.float32:
                seen[name].append(values)
    return learned.expect(seen)
