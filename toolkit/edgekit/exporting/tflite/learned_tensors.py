"""Finds, in a float `.tflite`, the tensors whose ranges quantization-aware training has learned.

Runs the file on two probe images and looks at all that it computes; see `edgekit.quantization.learned_ranges`.
Quantizes nothing.
"""

from typing import TYPE_CHECKING, Any

from edgekit.foundation.quiet import held_back
from edgekit.quantization.learned_ranges import LearnedRanges
from edgekit.quantization.ranges import Range

if TYPE_CHECKING:
    import numpy as np
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
    return learned.expect(seen)


def _tensor(interpreter: Any, index: int) -> "NDArray[np.float32] | None":
    """The flat values of a tensor; None if the interpreter keeps none."""
    try:
        return interpreter.get_tensor(index).ravel()
    except ValueError:  # a delegate computes it together with others
        return None
