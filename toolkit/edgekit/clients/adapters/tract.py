"""tract, a runtime in Rust that many embedded and server projects use."""

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from edgekit.artifact import Format
from edgekit.foundation.errors import ArtifactError
from edgekit.inspection.load_errors import in_one_sentence, not_loaded
from edgekit.inspection.tensors import read_tensors
from edgekit.runtimes.base import Runtime, Session, SessionSettings

_TYPES = {"float32": "f32", "uint8": "u8", "int8": "i8", "float16": "f16"}


class TractSession(Session):
    """One model, for a batch of one image."""

    def __init__(self, path: Path, settings: SessionSettings) -> None:
        import tract

        tensors = settings.tensors or read_tensors(path)
        self.input_spec, self.output_spec = tensors.inputs[0], tensors.outputs[0]
        self.batch_size = self.input_spec.shape[0] or 1
        self._path, self._errors = path, tract.TractError
        sizes = [self.batch_size, *self.input_spec.shape[1:]]
        try:
            model = tract.onnx().load(str(path))
            model.set_input_fact(0, ",".join(map(str, [*sizes, _TYPES[self.input_spec.dtype]])))
            self._model = model.into_model().into_runnable()
        except (tract.TractError, KeyError) as error:
            raise not_loaded("tract", path, _cause(error)) from error

    def resize(self, batch_size: int) -> bool:
        """The batch is compiled in."""
        return batch_size == self.batch_size

    def invoke(self, batch: NDArray[Any]) -> NDArray[Any]:
        """Run one batch."""
        try:
            return self._model.run([batch])[0].to_numpy()
        except self._errors as error:
            reason = in_one_sentence(_cause(error))
            raise ArtifactError(f"tract stopped while running {self._path}: {reason}") from error


class Tract(Runtime):
    """What a program in Rust does."""

    name = "tract"
    format = Format.ONNX
    package = "tract"

    @classmethod
    def import_library(cls) -> None:
        """Import tract."""
        import tract  # noqa: F401

    @classmethod
    def open(cls, path: Path, settings: SessionSettings) -> Session:
        """Load for one image."""
        return TractSession(path, settings)


def _cause(error: Exception) -> Exception:
    """The error without the stack trace of the library."""
    return ValueError(str(error).partition("Stack backtrace")[0])
