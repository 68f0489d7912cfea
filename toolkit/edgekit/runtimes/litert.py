"""LiteRT (TensorFlow Lite) with three sets of kernels, each a runtime of its own."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from edgekit.artifact import Format, TensorSpec
from edgekit.foundation.errors import ArtifactError
from edgekit.inspection.load_errors import cannot_load, in_one_sentence, path_as_text
from edgekit.inspection.output_choice import place_of_output
from edgekit.runtimes.base import Runtime, Session, SessionSettings

if TYPE_CHECKING:
    from edgekit.inspection.info import ModelInfo


class LiteRTSession(Session):
    """One interpreter. Of a file with free height and width it takes the size of the first images, one at a time.

    Args:
        path: The `.tflite` file.
        resolver: Name of the member of `OpResolverType` that chooses the kernels.
        settings: Threads, and the wished batch.
    """

    def __init__(self, path: Path, resolver: str, settings: SessionSettings) -> None:
        self._path = path
        self._resolver = resolver
        self._num_threads = settings.num_threads
        self._file_options = settings.file_options
        self._shape: tuple[int, ...] = ()
        self._load()
        self.resize(settings.batch_size)

    def resize(self, batch_size: int) -> bool:
        """Ask the interpreter for another batch; a graph that fixes its own (Flatten, Reshape) is loaded again."""
        if batch_size == self.batch_size or self._has_free_size:
            return batch_size == self.batch_size
        shape = (batch_size, *self._input["shape"][1:])
        try:
            self._interpreter.resize_tensor_input(self._input["index"], shape)
            self._interpreter.allocate_tensors()
        except (RuntimeError, ValueError):
            self._load()
            return False
        if self._interpreter.get_output_details()[self._place]["shape"][0] != batch_size:
            self._load()
            return False
        self.batch_size = batch_size
        return True

    def invoke(self, batch: NDArray[Any]) -> NDArray[Any]:
        """Copy the batch in, run, copy the output out."""
        try:
            if self._has_free_size and batch.shape != self._shape:
                self._fit(batch.shape)
            self._interpreter.set_tensor(self._input["index"], batch)
            self._interpreter.invoke()
            return self._interpreter.get_tensor(self._output_index)
        except (RuntimeError, ValueError) as error:
            raise ArtifactError(f"LiteRT stopped while running {self._path}: {in_one_sentence(error)}") from error

    def _fit(self, shape: tuple[int, ...]) -> None:
        """Give the interpreter inputs of `shape`, (1, H, W, 3)."""
        self._interpreter.resize_tensor_input(self._input["index"], shape)
        self._interpreter.allocate_tensors()
        self._shape = shape

    def _load(self) -> None:
        from ai_edge_litert.interpreter import Interpreter, OpResolverType

        path = path_as_text("LiteRT", self._path)
        try:
            self._interpreter = Interpreter(
                model_path=path,
                num_threads=self._num_threads,
                experimental_op_resolver_type=OpResolverType[self._resolver],
            )
            inputs = self._interpreter.get_input_details()
            self._has_free_size = any(_has_free_size(one) for one in inputs)
            if not self._has_free_size:  # else the shape that it has, 1 x 1 pixels, may be too small for its kernels
                self._interpreter.allocate_tensors()
            inputs, outputs = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        except (RuntimeError, TypeError, ValueError) as error:  # the name of a tensor that is not UTF-8 too
            raise cannot_load("LiteRT", self._path, error) from error
        self._place, self.remark = place_of_output(
            self._path, len(inputs), [_spec(one) for one in outputs], self._file_options
        )
        output = outputs[self._place]
        for one in (inputs[0], output):
            if len(one["quantization_parameters"]["scales"]) > 1:
                raise ArtifactError(
                    f"'{one['name']}' of {self._path} has a scale for each channel. Expected one scale for an input or "
                    f"an output: quantize it per tensor."
                )
        self._input, self._output_index = inputs[0], output["index"]
        self.input_spec, self.output_spec = _spec(inputs[0]), _spec(output)
        self.batch_size = int(inputs[0]["shape"][0]) if len(inputs[0]["shape"]) else 1
        self._shape = ()


class _LiteRT(Runtime):
    format = Format.TFLITE
    package = "ai-edge-litert"
    resolver: ClassVar[str]

    @classmethod
    def import_library(cls) -> None:
        """Import the interpreter."""
        import ai_edge_litert.interpreter  # noqa: F401

    @classmethod
    def open(cls, path: Path, settings: SessionSettings) -> Session:
        """Load with this runtime's kernels."""
        return LiteRTSession(path, cls.resolver, settings)


class LiteRTXnnpack(_LiteRT):
    """The default delegate: what phones run unless an app says otherwise."""

    name = "litert-xnnpack"
    resolver = "AUTO"


class LiteRTBuiltin(_LiteRT):
    """The optimized kernels of LiteRT itself, no delegate."""

    name = "litert-builtin"
    resolver = "BUILTIN_WITHOUT_DEFAULT_DELEGATES"

    @classmethod
    def same_kernels_as(cls, info: "ModelInfo") -> str | None:
        """XNNPACK's runtime, if its delegate takes no operator of the file, so that these kernels run all of it.

        The delegate takes operators on float32, float16, int8 and uint8, and none that reads or writes int16.
        Source: `Subgraph::VisitNode` and what it calls in tensorflow/lite/delegates/xnnpack/xnnpack_delegate.cc.
        """
        return LiteRTXnnpack.name if info.is_all_int16 else None


class LiteRTReference(_LiteRT):
    """The plain kernels that define what an operator means; hundreds of times slower, and in no app."""

    name = "litert-reference"
    resolver = "BUILTIN_REF"
    is_shipped = False
    max_images = 200


def _has_free_size(details: dict[str, Any]) -> bool:
    """Whether an input leaves more than its batch open."""
    return any(size < 0 for size in details["shape_signature"][1:])


def _spec(details: dict[str, Any]) -> TensorSpec:
    signature = details["shape_signature"] if len(details["shape_signature"]) else details["shape"]
    scale, zero_point = details["quantization"]
    return TensorSpec(
        name=details["name"],
        shape=tuple(None if size < 0 else int(size) for size in signature),
        dtype=np.dtype(details["dtype"]).name,
        scale=float(scale) if scale else None,
        zero_point=int(zero_point) if scale else None,
    )
