"""OpenVINO on the CPU, for both formats: in the precision that it chooses itself, and told to compute in float32.

On processors with bfloat16 it computes float networks in bfloat16 unless it is told otherwise, and says nothing. Its
API knows neither scale nor zero point of an integer output: both come from our own reader.
"""

from pathlib import Path
from typing import Any, ClassVar

from numpy.typing import NDArray

from edgekit.artifact import Format
from edgekit.foundation.errors import ArtifactError
from edgekit.inspection.load_errors import in_one_sentence, not_loaded, path_as_text
from edgekit.inspection.output_choice import place_of_output
from edgekit.inspection.tensors import read_tensors
from edgekit.runtimes.base import Runtime, Session, SessionSettings

DEVICE = "CPU"
HINT = "INFERENCE_PRECISION_HINT"


class OpenVINOSession(Session):
    """One compiled model, with the memory of its input and its output.

    Args:
        path: The `.tflite` or `.onnx` file.
        properties: What the model is compiled with, beside the threads.
        settings: Threads, and the wished batch.
    """

    def __init__(self, path: Path, properties: dict[str, str], settings: SessionSettings) -> None:
        import openvino

        self._path = path
        self._properties = properties | {"PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": "1"}
        self._properties["INFERENCE_NUM_THREADS"] = str(settings.num_threads)
        self._core = openvino.Core()
        tensors = settings.tensors or read_tensors(path)
        self._place, which = place_of_output(path, len(tensors.inputs), tensors.outputs, settings.file_options)
        self.input_spec, self.output_spec = tensors.inputs[0], tensors.outputs[self._place]
        own = self.input_spec.shape[0] if self.input_spec.shape else None
        try:
            self._compile(own or settings.batch_size)
        except RuntimeError as error:
            raise not_loaded("OpenVINO", path, error) from error
        if own != settings.batch_size:
            self.resize(settings.batch_size)
        self.remark = " ".join(filter(None, [which, self._how]))

    def resize(self, batch_size: int) -> bool:
        """Compile once more for another batch; a graph that fixes its own (Flatten, Reshape) keeps what it has."""
        if batch_size == self.batch_size:
            return True
        before = self.batch_size
        try:
            self._compile(batch_size)
        except RuntimeError:
            self._compile(before)
            return False
        if self._output.shape[0] == batch_size:
            return True
        self._compile(before)
        return False

    def invoke(self, batch: NDArray[Any]) -> NDArray[Any]:
        """Copy the batch in and run; the result is OpenVINO's own memory."""
        if batch.shape != self._input.shape or batch.dtype != self._input.dtype:  # else numpy would cast or repeat it
            raise ArtifactError(
                f"{self._path} takes {self._input.dtype} {self._input.shape} in OpenVINO. Received {batch.dtype} "
                f"{batch.shape}."
            )
        try:
            self._input[:] = batch
            self._request.infer()
        except RuntimeError as error:
            raise ArtifactError(f"OpenVINO stopped while running {self._path}: {in_one_sentence(error)}") from error
        return self._output

    def _compile(self, batch_size: int) -> None:
        model = self._core.read_model(path_as_text("OpenVINO", self._path))
        shape = [batch_size, *self.input_spec.shape[1:]]
        model.reshape([-1 if size is None else size for size in shape])
        self._compiled = self._core.compile_model(model, DEVICE, self._properties)
        self._request = self._compiled.create_infer_request()
        self._input = self._request.get_input_tensor().data
        self._output = self._request.get_output_tensor(self._place).data
        self.batch_size = batch_size

    @property
    def _how(self) -> str:
        """The device, and the precision that it computes float numbers in."""
        devices = ", ".join(self._compiled.get_property("EXECUTION_DEVICES"))
        hint = self._compiled.get_property(HINT).to_string()
        rounds = f": float numbers are rounded to {hint}, unless it is told f32 (openvino-f32)" if hint != "f32" else ""
        return f"OpenVINO runs it on the {devices} with {HINT}={hint}{rounds}."


class OpenVINO(Runtime):
    """What an application gets by default."""

    name = "openvino"
    format = Format.TFLITE
    formats = (Format.TFLITE, Format.ONNX)
    package = "openvino"
    extra = "openvino"
    is_usual = False
    properties: ClassVar[dict[str, str]] = {}

    @classmethod
    def import_library(cls) -> None:
        """Import OpenVINO."""
        import openvino  # noqa: F401

    @classmethod
    def open(cls, path: Path, settings: SessionSettings) -> Session:
        """Load with this runtime's properties."""
        return OpenVINOSession(path, cls.properties, settings)


class OpenVINOFloat32(OpenVINO):
    """Float numbers are computed in float32 whatever the processor offers."""

    name = "openvino-f32"
    properties: ClassVar[dict[str, str]] = {HINT: "f32"}
