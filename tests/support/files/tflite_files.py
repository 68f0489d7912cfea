"""Runs the bytes of a `.tflite` as an app would, in LiteRT."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def interpreter_of(content: bytes) -> Any:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=content, num_threads=1)
    interpreter.allocate_tensors()
    return interpreter


def run(content: bytes, images: NDArray[np.uint8], batch: int = 1) -> NDArray[np.float32]:
    """Bytes of a camera in; the quantization of the file decides what becomes of them."""
    interpreter = interpreter_of(content)
    wanted, given = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    shift = wanted["quantization"][1] if wanted["dtype"] == np.int8 else 0
    rows = []
    for start in range(0, len(images), batch):
        values = images[start : start + batch].astype(np.int32) + shift
        interpreter.set_tensor(wanted["index"], values.astype(wanted["dtype"]))
        interpreter.invoke()
        rows.append(interpreter.get_tensor(given["index"]))
    scale, zero_point = given["quantization"]
    return (np.concatenate(rows).astype(np.float32) - zero_point) * (scale or 1.0)
