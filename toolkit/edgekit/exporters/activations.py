"""What the activations of a float `.tflite` are on calibration images, seen in LiteRT, image by image.

Memory is constant: smallest and largest values in a first pass, histograms between them in a second.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from edgekit.errors import CalibrationError
from edgekit.exporters.learned_tensors import learned_in_tflite
from edgekit.exporters.quiet import held_back
from edgekit.exporters.tflite_graph import Graph
from edgekit.keras_setup import import_tensorflow
from edgekit.quantization.ranges import Histogram, Range, range_of
from edgekit.quantization.scheme import CalibrationMethod, QuantizationScheme

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edgekit.quantization.calibration import CalibrationSet


class Activations:
    """The activations of one file on one calibration set; each pass is made when its result is first asked for.

    Args:
        content: A float32 `.tflite` with one input, (batch, H, W, 3).
        calibration: The images.
        batch: How many go in at once.
    """

    def __init__(self, content: bytes, calibration: "CalibrationSet", batch: int) -> None:
        self._content, self._calibration, self._batch = content, calibration, batch

    @cached_property
    def extremes(self) -> dict[str, Range]:
        """Tensor name -> smallest and largest value."""
        found: dict[str, Range] = {}
        for name, values in self._seen():
            low, high = float(values.min()), float(values.max())
            before = found.get(name, (low, high))
            found[name] = min(before[0], low), max(before[1], high)
        return found

    @cached_property
    def histograms(self) -> dict[str, Histogram]:
        """Tensor name -> histogram; without tensors that are 0 throughout."""
        made = {
            name: Histogram(low=min(low, 0.0), high=max(high, 0.0))
            for name, (low, high) in self.extremes.items()
            if low < 0 or high > 0
        }
        for name, values in self._seen():
            if name in made:
                made[name].add(values)
        return made

    def ranges(self, scheme: QuantizationScheme) -> dict[str, Range]:
        """Tensor name -> range: what training has learned, else as `scheme` has it. The input keeps 0 to 255."""
        if scheme.calibration is CalibrationMethod.MINMAX:
            return {**self.extremes, **self.learned}
        cut = {name: range_of(histogram, scheme) for name, histogram in self.histograms.items()}
        source = Graph(self._content).input_name
        return {**self.extremes, **cut, **self.learned, source: self.extremes[source]}

    @cached_property
    def learned(self) -> dict[str, Range]:
        """Tensor name -> range that quantization-aware training has learned; raises ExportError where none is known."""
        ranges = self._calibration.learned
        return learned_in_tflite(self._content, ranges) if ranges is not None else {}

    def _seen(self) -> "Iterator[tuple[str, NDArray[np.float32]]]":
        """Every float activation of every batch, by name."""
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
        """LiteRT's own; TensorFlow's, which has the Flex operators, where there are any."""
        if any(operator.name.startswith("Flex") for operator in Graph(self._content).operators):
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
