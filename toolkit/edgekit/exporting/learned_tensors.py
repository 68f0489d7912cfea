"""Finds, in a float file, the tensors whose ranges quantization-aware training has learned.

Runs the file on two probe images and looks at all that it computes; see `edgekit.quantization.learned_ranges`.
Quantizes nothing.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from edgekit.errors import ExportError
from edgekit.exporters.quiet import held_back
from edgekit.quantization.learned_ranges import LearnedRanges
from edgekit.quantization.ranges import Range

if TYPE_CHECKING:
    import numpy as np
    import onnx
    from numpy.typing import NDArray


def learned_in_tflite(content: bytes, learned: LearnedRanges) -> dict[str, Range]:
    """Tensor name -> learned range.

    Args:
        content: A float32 `.tflite` of one input, (batch, H, W, 3), raw pixels.
        learned: What training has learned.

    Raises:
        ExportError: No tensor is known again, so the file is another network's.
    """
    import numpy as np
    from ai_edge_litert.interpreter import Interpreter

    with held_back():
        interpreter = Interpreter(model_content=content, num_threads=1, experimental_preserve_all_tensors=True)
        interpreter.allocate_tensors()
    source = interpreter.get_input_details()[0]
    details = [each for each in interpreter.get_tensor_details() if each["dtype"] == np.float32 and each["name"]]
    batch = int(source["shape"][0])
    seen: dict[str, list[NDArray[np.float32]]] = {each["name"]: [] for each in details}
    for image in learned.probe_images.astype(np.float32):
        interpreter.set_tensor(source["index"], np.repeat(image[None], batch, axis=0))
        interpreter.invoke()
        for each in details:
            if (values := _tensor(interpreter, each["index"])) is not None:
                seen[each["name"]].append(values[: values.size // batch])
    return _known_again(seen, learned)


def learned_in_onnx(
    model: "onnx.ModelProto", learned: LearnedRanges, *, is_channels_first: bool = False
) -> dict[str, Range]:
    """Tensor name -> learned range, for a float32 model of raw pixels and any batch; errors as above."""
    import numpy as np

    from edgekit.exporters.onnx_activations import watched_session

    names = [name for node in model.graph.node for name in node.output if name]
    session = watched_session(model, names)
    source = session.get_inputs()[0].name
    seen: dict[str, list[NDArray[np.float32]]] = {name: [] for name in names}
    images = learned.probe_images.astype(np.float32)
    for image in np.ascontiguousarray(images.transpose(0, 3, 1, 2)) if is_channels_first else images:
        for name, values in zip(names, session.run(names, {source: image[None]}), strict=True):
            if isinstance(values, np.ndarray) and values.dtype == np.float32:
                seen[name].append(values)
    return _known_again(seen, learned)


def _tensor(interpreter: Any, index: int) -> "NDArray[np.float32] | None":
    """The flat values of a tensor; None where the interpreter keeps none."""
    try:
        return interpreter.get_tensor(index).ravel()
    except ValueError:  # a delegate computes it together with others
        return None


def _known_again(seen: "Mapping[str, list[NDArray[Any]]]", learned: LearnedRanges) -> dict[str, Range]:
    complete = {name: values for name, values in seen.items() if values and values[0].size}
    found = learned.find(
        {name: values for name, values in complete.items() if len(values) == len(learned.probe_images)}
    )
    if not found and learned.ranges:
        raise ExportError(
            "None of the ranges that quantization-aware training has learned belongs to a tensor of the exported file, "
            "so its int8 file would be an ordinary one. Expected the model that the training made; run edgekit "
            "compress again."
        )
    return {name: (each.low, each.high) for name, each in found.items()}
