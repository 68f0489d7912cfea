"""LiteRT for Microcontrollers: the kernels and the memory planner that run on a microcontroller, run here.

The planner gets an arena of a fixed size and fails if that is too small, so the smallest that works is found by
halving. Its kernels are plain C++, some hundred times slower than XNNPACK.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from edgekit.artifact import Format
from edgekit.foundation.errors import ArtifactError
from edgekit.foundation.quiet import captured_stderr
from edgekit.inspection.load_errors import in_one_sentence, not_loaded
from edgekit.inspection.output_choice import place_of_output
from edgekit.inspection.tensors import read_tensors
from edgekit.runtimes.base import Runtime, Session, SessionSettings

STEP = 16
"""Bytes. Tensors are aligned to as many in tflite-micro (MicroArenaBufferAlignment)."""
FIRST, LARGEST = 2**14, 2**26
"""Bytes: where the search begins, and what no microcontroller has."""

_NOISE = ("temp buffers", "ResetTempAllocations")
"""In messages that only follow from another one."""


class TFLiteMicroSession(Session):
    """One interpreter, with the smallest arena in which it runs.

    Args:
        path: The `.tflite` file.
        settings: Which output is taken; the batch is the file's own, and there is one thread.
    """

    def __init__(self, path: Path, settings: SessionSettings) -> None:
        self._path = path
        tensors = settings.tensors or read_tensors(path)
        self._place, which = place_of_output(path, len(tensors.inputs), tensors.outputs, settings.file_options)
        self.input_spec, self.output_spec = tensors.inputs[0], tensors.outputs[self._place]
        content = path.read_bytes()
        try:
            num_bytes = smallest_arena(content)
        except RuntimeError as error:
            raise not_loaded("LiteRT for Microcontrollers", path, error) from error
        self._interpreter = _interpreter(content, num_bytes)
        self.batch_size = int(self._interpreter.get_input_details(0)["shape"][0])
        self.remark = " ".join(filter(None, [which, f"It needs an arena of {num_bytes:,} bytes (64-bit build)."]))

    def resize(self, batch_size: int) -> bool:
        """The batch is fixed: memory is planned before the first image."""
        return batch_size == self.batch_size

    def invoke(self, batch: NDArray[Any]) -> NDArray[Any]:
        """Copy the batch in, run, copy the output out."""
        try:
            self._interpreter.set_input(batch, 0)
            self._interpreter.invoke()
            return self._interpreter.get_output(self._place)
        except (RuntimeError, ValueError) as error:
            raise ArtifactError(
                f"LiteRT for Microcontrollers stopped while running {self._path}: {in_one_sentence(error)}"
            ) from error


class TFLiteMicro(Runtime):
    """What a microcontroller computes."""

    name = "tflite-micro"
    format = Format.TFLITE
    package = "tflite-micro"
    extra = "micro"
    is_shipped = False
    max_images = 200
    is_usual = False

    @classmethod
    def import_library(cls) -> None:
        """Import the interpreter."""
        import tflite_micro.python.tflite_micro.runtime  # noqa: F401

    @classmethod
    def open(cls, path: Path, settings: SessionSettings) -> Session:
        """Load with the smallest arena."""
        return TFLiteMicroSession(path, settings)


def smallest_arena(content: bytes) -> int:
    """The smallest arena of a `.tflite` model, in bytes.

    Memory is planned when an interpreter is made, so no image has to be run to find it.

    Raises:
        RuntimeError: Not even `LARGEST` bytes are enough; says why in the library's own words.
    """
    with captured_stderr() as said:
        try:
            _interpreter(content, LARGEST)
        except RuntimeError as error:
            raise RuntimeError(_reason(said())) from error
        return smallest(lambda num_bytes: _runs(content, num_bytes)) or LARGEST


def smallest(runs: Callable[[int], bool]) -> int | None:
    """The smallest size in bytes for which `runs` is true, a multiple of STEP; None if LARGEST is not enough."""
    above = FIRST
    while not runs(above):
        above *= 2
        if above > LARGEST:
            return None
    below = above // 2 if above > FIRST else 0
    while above - below > STEP:
        middle = (above + below) // 2 // STEP * STEP
        below, above = (below, middle) if runs(middle) else (middle, above)
    return above


def _runs(content: bytes, num_bytes: int) -> bool:
    try:
        _interpreter(content, num_bytes)
    except RuntimeError:
        return False
    return True


def _interpreter(content: bytes, num_bytes: int) -> Any:
    from tflite_micro.python.tflite_micro import runtime

    return runtime.Interpreter.from_bytes(content, arena_size=num_bytes)


def _reason(said: str) -> str:
    """What the library wrote on stderr, without what follows from it; its exception says nothing."""
    lines = [re.sub(r"^\S+\.cc ", "", line).strip() for line in said.splitlines() if line.strip()]
    kept = [line for line in lines if not any(noise in line for noise in _NOISE)]
    return "; ".join(kept) or "it could not allocate its tensors"
