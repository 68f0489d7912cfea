"""MNN: its converter makes a file of its own, which may be wrong although it says "Converted Success!"."""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.artifact import Format, TensorSpec, format_of
from edgekit.foundation.errors import ArtifactError
from edgekit.inspection.load_errors import not_loaded
from edgekit.inspection.tensors import read_tensors
from edgekit.runtimes.base import Runtime, Session, SessionSettings

SECONDS = 60


class MnnSession(Session):
    """One converted model. Its inputs are float numbers, whatever the file's were."""

    def __init__(self, path: Path, settings: SessionSettings) -> None:
        from MNN import expr, nn

        tensors = settings.tensors or read_tensors(path)
        given, taken = tensors.inputs[0], tensors.outputs[0]
        self.batch_size = given.shape[0] or 1
        shape = (self.batch_size, *given.shape[1:])
        self.input_spec = TensorSpec(name=given.name, shape=shape, dtype=given.dtype)
        self.output_spec = taken
        self._path, self._expr = path, expr
        is_tflite = format_of(path) is Format.TFLITE
        self._order = expr.NHWC if is_tflite else expr.NCHW  # NHWC for an .onnx file gives wrong answers, and no error
        with tempfile.TemporaryDirectory() as folder:
            converted = Path(folder) / "model.mnn"
            _convert(path, "TFLITE" if is_tflite else "ONNX", converted)
            self._model = nn.load_module_from_file(str(converted), [], [])
        if self._model is None:
            raise not_loaded("MNN", path, ValueError("the converted file could not be loaded"))

    def resize(self, batch_size: int) -> bool:
        """One image at a time."""
        return batch_size == self.batch_size

    def invoke(self, batch: NDArray[Any]) -> NDArray[Any]:
        """Run one batch; raises ArtifactError where the result is nothing."""
        kind = {"uint8": self._expr.uint8, "int8": self._expr.int8}.get(batch.dtype.name, self._expr.float)
        given = self._expr.const(np.ascontiguousarray(batch), list(batch.shape), self._order, kind)
        try:
            found = np.array(self._model.forward(given).read())
        except (RuntimeError, ValueError, TypeError, AttributeError) as error:
            raise ArtifactError(f"MNN stopped while running {self._path.name}: {error}") from error
        if found.dtype.name != self.output_spec.dtype:
            found = found.astype(self.output_spec.dtype)
        return found.reshape(self.batch_size, -1)


class Mnn(Runtime):
    """What an app with MNN does."""

    name = "mnn"
    format = Format.ONNX
    formats = (Format.TFLITE, Format.ONNX)
    package = "mnn"

    @classmethod
    def import_library(cls) -> None:
        """Import MNN."""
        import MNN.nn  # noqa: F401

    @classmethod
    def open(cls, path: Path, settings: SessionSettings) -> Session:
        """Convert and load."""
        return MnnSession(path, settings)


def _convert(path: Path, framework: str, converted: Path) -> None:
    """Make MNN's own file; raises MissingKernelError where its converter says no, or says nothing."""
    command = [str(Path(sys.executable).parent / "mnnconvert"), "-f", framework, "--modelFile", str(path)]
    command += ["--MNNModel", str(converted), "--bizCode", "edgekit"]
    done = subprocess.run(
        command,
        cwd=converted.parent,  # it leaves a file in the folder that it is started in
        capture_output=True,
        text=True,
        errors="replace",
        timeout=SECONDS,
        check=False,
    )
    if done.returncode or not converted.is_file():
        said = [line for line in (done.stdout + done.stderr).splitlines() if "rror" in line or "ot support" in line]
        how = f"crashed with signal {-done.returncode}" if done.returncode < 0 else f"exit status {done.returncode}"
        reason = said[-1] if said else f"its converter ended abnormally: {how}"
        raise not_loaded("MNN", path, ValueError(reason))
