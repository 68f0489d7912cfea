"""ONNX Runtime on the CPU, with its graph optimizations and without."""

import warnings
from pathlib import Path
from typing import Any, ClassVar

from numpy.typing import NDArray

from edgekit.artifact import Format, TensorSpec
from edgekit.foundation.errors import ArtifactError
from edgekit.inspection.external_data import check_external_data
from edgekit.inspection.load_errors import cannot_load, in_one_sentence, path_as_text
from edgekit.inspection.output_choice import place_of_output
from edgekit.runtimes.base import Runtime, Session, SessionSettings

CPU = "CPUExecutionProvider"
_NUMPY_NAMES = {"float": "float32", "double": "float64"}


class OnnxRuntimeSession(Session):
    """One inference session.

    Args:
        path: The `.onnx` file.
        optimization: Name of the member of `GraphOptimizationLevel`.
        settings: Threads, and the wished batch.
        provider: What runs the operators that it has kernels for; the CPU runs the rest.
    """

    def __init__(self, path: Path, optimization: str, settings: SessionSettings, provider: str = CPU) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = settings.num_threads
        options.inter_op_num_threads = 1
        options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, optimization)
        options.log_severity_level = 3
        self._path = path
        check_external_data(path)
        self._errors = _library_errors()
        name = path_as_text("ONNX Runtime", path)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of a provider that is not there: `providers` says which are used
                wanted = list(dict.fromkeys([provider, CPU]))
                self._session = onnxruntime.InferenceSession(name, options, providers=wanted)
        except self._errors as error:
            raise cannot_load("ONNX Runtime", path, error) from error
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        place, self.remark = place_of_output(path, len(inputs), [_spec(one) for one in outputs], settings.file_options)
        self.input_spec, self.output_spec = _spec(inputs[0]), _spec(outputs[place])
        self.batch_size = self._own_batch or settings.batch_size

    @property
    def providers(self) -> list[str]:
        """The execution providers in use."""
        return list(self._session.get_providers())

    @property
    def _own_batch(self) -> int | None:
        return self.input_spec.shape[0] if self.input_spec.shape else None

    def resize(self, batch_size: int) -> bool:
        """A dynamic batch takes any size at any time; a fixed one takes its own."""
        if self._own_batch not in (None, batch_size):
            return False
        self.batch_size = batch_size
        return True

    def invoke(self, batch: NDArray[Any]) -> NDArray[Any]:
        """Run one batch."""
        try:
            return self._session.run([self.output_spec.name], {self.input_spec.name: batch})[0]
        except self._errors as error:
            raise ArtifactError(f"ONNX Runtime stopped while running {self._path}: {in_one_sentence(error)}") from error


class OnnxRuntime(Runtime):
    """Every graph optimization: what an application gets by default."""

    name = "onnxruntime"
    format = Format.ONNX
    package = "onnxruntime"
    optimization: ClassVar[str] = "ORT_ENABLE_ALL"

    @classmethod
    def import_library(cls) -> None:
        """Import ONNX Runtime."""
        import onnxruntime  # noqa: F401

    @classmethod
    def open(cls, path: Path, settings: SessionSettings) -> Session:
        """Load with this runtime's graph optimizations."""
        return OnnxRuntimeSession(path, cls.optimization, settings)


class OnnxRuntimeUnoptimized(OnnxRuntime):
    """The graph as it is in the file: tells a bad file from a bad optimization."""

    name = "onnxruntime-unoptimized"
    optimization = "ORT_DISABLE_ALL"
    is_shipped = False


def _spec(argument: Any) -> TensorSpec:
    if not argument.type.startswith("tensor("):
        raise ArtifactError(f"'{argument.name}' is of type {argument.type}. Expected a tensor of images or of scores.")
    element = argument.type.removeprefix("tensor(").removesuffix(")")
    return TensorSpec(
        name=argument.name,
        shape=tuple(size if isinstance(size, int) and size > 0 else None for size in argument.shape),
        dtype=_NUMPY_NAMES.get(element, element),
    )


def _library_errors() -> tuple[type[Exception], ...]:
    """Every exception that ONNX Runtime's C++ side raises; they share no base class but Exception."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    own = [value for value in vars(state).values() if isinstance(value, type) and issubclass(value, Exception)]
    return (*own, RuntimeError, ValueError)
