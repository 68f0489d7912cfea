"""LiteRT through its CompiledModel API, which new Android apps use; the same kernels behind another door.

Its buffers check neither type nor size of what is written to them: uint8 pixels in a float32 input give nonsense
without an error, and half an image leaves the rest of the last one. So both are checked here.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.artifact import Format
from edgekit.foundation.errors import ArtifactError
from edgekit.inspection.load_errors import in_one_sentence, not_loaded, path_as_text
from edgekit.inspection.output_choice import place_of_output
from edgekit.inspection.tensors import read_tensors
from edgekit.runtimes.base import Availability, Runtime, Session, SessionSettings

LIBRARY = "LiteRT's CompiledModel"


class CompiledSession(Session):
    """One compiled model with its buffers.

    Args:
        path: The `.tflite` file.
        accelerator: Name of the member of `HardwareAccelerator` that runs it.
        settings: Threads, and the wished batch.
    """

    def __init__(self, path: Path, accelerator: str, settings: SessionSettings) -> None:
        self._path = path
        self._accelerator = accelerator
        self._num_threads = settings.num_threads
        tensors = settings.tensors or read_tensors(path)
        self._place, self.remark = place_of_output(path, len(tensors.inputs), tensors.outputs, settings.file_options)
        self.input_spec, self.output_spec = tensors.inputs[0], tensors.outputs[self._place]
        try:
            self._load(settings.batch_size if self.input_spec.shape[0] is None else None)
        except (RuntimeError, ValueError) as error:
            raise not_loaded(LIBRARY, path, error) from error
        self.resize(settings.batch_size)

    def resize(self, batch_size: int) -> bool:
        """Load the file again for another batch; a graph that fixes its own (Flatten, Reshape) keeps what it has."""
        if batch_size == self.batch_size:
            return True
        before = self.batch_size
        try:
            self._load(batch_size)
            if self._output_shape[0] == batch_size:
                self.invoke(np.zeros(self._input_shape, self._input_type))
                return True
        except (RuntimeError, ValueError, ArtifactError):
            pass
        self._load(before if self.input_spec.shape[0] is None else None)
        return False

    def invoke(self, batch: NDArray[Any]) -> NDArray[Any]:
        """Write the batch, run, read the output."""
        if batch.shape != self._input_shape or batch.dtype != self._input_type:
            raise ArtifactError(
                f"{self._path} takes {self._input_type} {self._input_shape} in {LIBRARY}. Received {batch.dtype} "
                f"{batch.shape}."
            )
        try:
            self._inputs[0].write(batch)
            self._model.run_by_index(0, self._inputs, self._outputs)
            flat = self._outputs[self._place].read(self._num_outputs, self._output_type)
        except (RuntimeError, ValueError) as error:
            raise ArtifactError(f"{LIBRARY} stopped while running {self._path}: {in_one_sentence(error)}") from error
        return flat.reshape(self._output_shape)

    def _load(self, batch_size: int | None) -> None:
        """Compile the file, for that batch; None: for its own."""
        from ai_edge_litert.compiled_model import CompiledModel, CpuOptions, HardwareAccelerator, Options

        options = Options(
            hardware_accelerators=HardwareAccelerator[self._accelerator],
            cpu_options=CpuOptions(num_threads=self._num_threads),
        )
        self._model = CompiledModel.from_file(path_as_text(LIBRARY, self._path), options=options)
        if batch_size is not None:
            shape = [batch_size, *(size or 1 for size in self.input_spec.shape[1:])]
            self._model.resize_input_tensor(0, shape, strict=False)
        self._inputs, self._outputs = self._model.create_input_buffers(0), self._model.create_output_buffers(0)
        given, taken = self._inputs[0].get_tensor_details(), self._outputs[self._place].get_tensor_details()
        self._input_shape, self._input_type = tuple(given["shape"]), np.dtype(given["dtype"])
        self._output_shape, self._output_type = tuple(taken["shape"]), np.dtype(taken["dtype"])
        self._num_outputs = int(np.prod(self._output_shape))
        self.batch_size = int(self._input_shape[0])


class LiteRTCompiled(Runtime):
    """On the CPU. It gives what LiteRT with XNNPACK gives, so `verify` runs it only if it is named."""

    name = "litert-compiled"
    format = Format.TFLITE
    package = "ai-edge-litert"
    is_usual = False

    @classmethod
    def import_library(cls) -> None:
        """Import the API."""
        import ai_edge_litert.compiled_model  # noqa: F401

    @classmethod
    def open(cls, path: Path, settings: SessionSettings) -> Session:
        """Compile for the CPU."""
        return CompiledSession(path, "CPU", settings)


class LiteRTGpu(LiteRTCompiled):
    """On the GPU; operators without a GPU kernel run on the CPU."""

    name = "litert-gpu"

    @classmethod
    def availability(cls) -> Availability:
        """Whether there may be a GPU: a device file on Linux; elsewhere LiteRT itself has to find out."""
        found = super().availability()
        if found.reason or not sys.platform.startswith("linux"):
            return found
        if any(Path("/dev").glob("dri/renderD*")) or Path("/dev/nvidia0").exists():
            return found
        return Availability(version=found.version, reason="no GPU was found on this machine")

    @classmethod
    def open(cls, path: Path, settings: SessionSettings) -> Session:
        """Compile for the GPU."""
        session = CompiledSession(path, "GPU", settings)
        session.remark = " ".join(filter(None, [session.remark, "LiteRT runs it with its GPU accelerator."]))
        return session
