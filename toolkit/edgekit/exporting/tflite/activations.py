"""The activations of a float `.tflite`, seen in LiteRT, image by image."""

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from edgekit.exporting.tflite.graph import Graph
from edgekit.exporting.tflite.integer_check import holds_flex
from edgekit.exporting.tflite.learned_tensors import learned_in_tflite
from edgekit.foundation.errors import CalibrationError
from edgekit.foundation.keras_setup import import_tensorflow
from edgekit.foundation.quiet import held_back
from edgekit.quantization.activations import Activations
from edgekit.quantization.ranges import Range

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edgekit.quantization.calibration import CalibrationSet


class TFLiteActivations(Activations):
    """See `Activations`.

    Args:
        content: A float32 `.tflite` with one input, (batch, H, W, 3).
        calibration: The images.
        batch: How many go in at once.
    """

    def __init__(self, content: bytes, calibration: "CalibrationSet", batch: int) -> None:
        self._content, self._calibration, self._batch = content, calibration, batch
        self.input_name = Graph(content).input_name

    @cached_property
    def learned(self) -> dict[str, Range]:
        """Tensor name -> range that quantization-aware training has learned; raises ExportError if none is known."""
        ranges = self._calibration.learned
        return learned_in_tflite(self._content, ranges) if ranges is not None else {}

    def seen(self) -> "Iterator[tuple[str, NDArray[np.float32]]]":
        """See `Activations.seen`."""
        with held_back():
            interpreter = self._interpreter()
        source = interpreter.get_input_details()[0]["index"]
        wanted = self._activations(interpreter)
        for images in self._calibration.batches(self._batch):
            interpreter.set_tensor(source, images)
            interpreter.invoke()
            for index, name in wanted:
                yield name, interpreter.get_tensor(index)

    def _interpreter(self) -> Any:
        interpreter = self._interpreter_class()(
            model_content=self._content, num_threads=1, experimental_preserve_all_tensors=True
        )
        source = interpreter.get_input_details()[0]
        if tuple(source["shape"][1:]) != self._calibration.source.shape[1:]:
            raise CalibrationError(
                f"The calibration images have shape {self._calibration.source.shape[1:]}; the model takes "
                f"{tuple(int(size) for size in source['shape'][1:])}. Give the data set that the model was made for."
            )
        interpreter.resize_tensor_input(source["index"], [self._batch, *source["shape"][1:]])
        interpreter.allocate_tensors()
        return interpreter

    def _interpreter_class(self) -> Any:
        """LiteRT's own; TensorFlow's, which has the Flex operators, if there are any."""
        if holds_flex(self._content):
            return import_tensorflow("edgekit export").lite.Interpreter
        from ai_edge_litert.interpreter import Interpreter

        return Interpreter

    def _activations(self, interpreter: Any) -> list[tuple[int, str]]:
        """(index, name) of the input and of each float output of an operator of the file."""
        import numpy as np

        names = {operator.output for operator in Graph(self._content).operators}
        source = interpreter.get_input_details()[0]["name"]
        return [
            (each["index"], each["name"])
            for each in interpreter.get_tensor_details()
            if each["dtype"] == np.float32 and each["name"] in names | {source}
        ]
