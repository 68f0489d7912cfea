"""What an exported file is: its format, its precision, its tensors. Knows no runtime and no exporter."""

import hashlib
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from edgekit.foundation.errors import ArtifactError, UnknownNameError
from edgekit.foundation.files.given_path import given_path
from edgekit.foundation.grammar import for_shell
from edgekit.foundation.typed.synonyms import meant

MAX_MODEL_BYTES = 2**31
"""A flatbuffer's offsets and a protobuf's lengths are signed numbers of 32 bits."""


KERAS_SUFFIXES = (".keras", ".h5", ".hdf5")
"""What the names of Keras models end in."""


class Format(StrEnum):
    """The file formats that edgekit exports; the value is the file's suffix without its dot."""

    TFLITE = "tflite"
    ONNX = "onnx"


FORMAT_OF_SUFFIX = {".tflite": Format.TFLITE, ".onnx": Format.ONNX, ".ort": Format.ONNX}
"""What the name of a model file ends in -> its format; `.ort` is ONNX Runtime's own form of an ONNX model."""


class Precision(StrEnum):
    """How numbers are stored and computed in an artifact.

    Attributes:
        FLOAT32: float32 weights and activations.
        FLOAT16: float16 weights, float32 or float16 activations.
        DYNAMIC: int8 weights, float activations.
        INT8: int8 weights and activations.
        INT16X8: int8 weights, int16 activations.
    """

    FLOAT32 = "float32"
    FLOAT16 = "float16"
    DYNAMIC = "dynamic"
    INT8 = "int8"
    INT16X8 = "int16x8"

    @classmethod
    def parse(cls, name: str) -> "Precision":
        """The precision called `name`, or by a synonym ("fp16"); raises UnknownNameError with the closest name."""
        try:
            return cls(meant("precision", name))
        except ValueError:
            raise UnknownNameError("precision", name, [p.value for p in cls]) from None


@dataclass(frozen=True, kw_only=True)
class TensorSpec:
    """One input or output tensor as the file itself declares it.

    Attributes:
        name: The tensor's name in the file.
        shape: Its dimensions; None if the file leaves one open (a dynamic batch).
        dtype: numpy's name of its element type: "float32", "uint8", "int8".
        scale: Quantization step, `real = (q - zero_point) * scale`; None for a float tensor.
        zero_point: The stored value that means 0.0; None for a float tensor.
    """

    name: str
    shape: tuple[int | None, ...]
    dtype: str
    scale: float | None = None
    zero_point: int | None = None

    @property
    def held(self) -> tuple[float, float] | None:
        """The lowest and the highest number that its integers stand for; None: floats, or no scale."""
        import numpy as np

        if self.scale is None or not self.scale > 0 or self.zero_point is None or np.dtype(self.dtype).kind not in "iu":
            return None
        limits = np.iinfo(self.dtype)
        return (limits.min - self.zero_point) * self.scale, (limits.max - self.zero_point) * self.scale


@dataclass(frozen=True, kw_only=True)
class ImageInput:
    """An input that takes images.

    Attributes:
        height: In pixels; None if the file leaves it open.
        width: In pixels; None if the file leaves it open.
        channels: 3 for RGB, 1 for gray.
        channels_first: (N, C, H, W) rather than (N, H, W, C).
        has_channel_axis: Gray images have one; False for (N, H, W).
    """

    height: int | None
    width: int | None
    channels: int
    channels_first: bool = False
    has_channel_axis: bool = True

    @classmethod
    def of(cls, sizes: Sequence[int | None]) -> "ImageInput | None":
        """The input of these dimensions, without the batch; None if they are no image's."""
        if len(sizes) == 2:
            return cls(height=sizes[0], width=sizes[1], channels=1, has_channel_axis=False)
        if len(sizes) != 3:
            return None
        if sizes[2] in (1, 3):
            return cls(height=sizes[0], width=sizes[1], channels=sizes[2])
        if sizes[0] in (1, 3):
            return cls(height=sizes[1], width=sizes[2], channels=sizes[0], channels_first=True)
        return None

    @property
    def size(self) -> tuple[int, int] | None:
        """(height, width); None if one of them is open."""
        return (self.height, self.width) if self.height and self.width else None


@dataclass(frozen=True, kw_only=True)
class FileOptions:
    """How an external file is opened.

    Attributes:
        output_name: Which of several outputs holds the scores; None: the only one that fits.
        num_scores: How many scores it gives for an image: several numbers, the likeliest first; empty: any.
        custom_objects: A Python file with the layers of a Keras model, which is executed; None: there is none.
    """

    output_name: str | None = None
    num_scores: tuple[int, ...] = ()
    custom_objects: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """One exported file.

    Attributes:
        path: Where it lies.
        format: Read from the suffix.
        precision: What its name or its manifest says it is; None if unknown.
        size_bytes: Size of the file; once it was inspected, with that of the files beside it that hold its weights.
        sha256: Hex digest of its bytes.
    """

    path: Path
    format: Format
    precision: Precision | None
    size_bytes: int
    sha256: str

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> "Artifact":
        """Describe the file at `path`; raises ArtifactError as `model_size` does, or if it is of another format."""
        path = given_path(path)
        size_bytes = model_size(path)
        return cls(
            path=path,
            format=format_of(path),
            precision=precision_of(path),
            size_bytes=size_bytes,
            sha256=sha256_of(path),
        )


def model_size(path: Path) -> int:
    """Bytes of the model file at `path`, found without reading it.

    Raises:
        ArtifactError: It is missing, a folder, a pipe or a device, cannot be opened, is empty, or larger than
            either format can be.
    """
    if path.is_dir():
        raise ArtifactError(f"{path} is a folder. Expected a .tflite or .onnx file.")
    try:
        status = path.stat()
        if stat.S_ISREG(status.st_mode):
            path.open("rb").close()
    except FileNotFoundError:
        raise ArtifactError(f"There is no file {path}. Expected a .tflite or .onnx model.") from None
    except OSError as error:
        raise ArtifactError(f"{path} cannot be read: {error.strerror}.") from error
    if not stat.S_ISREG(status.st_mode):
        raise ArtifactError(f"{path} is a pipe or a device, not a file. Copy the model into a file first.")
    if status.st_size == 0:
        raise ArtifactError(f"{path} is empty (0 bytes). Export the model again.")
    if status.st_size > MAX_MODEL_BYTES:
        raise ArtifactError(
            f"{path} has {status.st_size:,} bytes. A .tflite or .onnx file holds at most {MAX_MODEL_BYTES:,}, so it "
            f"cannot be a model, or something was appended to it. Copy or export it again."
        )
    return status.st_size


def format_of(path: Path) -> Format:
    """The format that the suffix of `path` names; raises ArtifactError for any other suffix."""
    suffix = path.suffix.lower()
    if suffix in KERAS_SUFFIXES:
        raise ArtifactError(
            f"{path} is named like a Keras model. Expected a .tflite or .onnx file; export it first: "
            f"edgekit export {for_shell(path)}"
        )
    if suffix not in FORMAT_OF_SUFFIX:
        raise ArtifactError(
            f"{path} is not a model file that edgekit can run. Expected a name that ends in .tflite, "
            f".onnx or .ort, received '{path.suffix or path.name}'."
        )
    return FORMAT_OF_SUFFIX[suffix]


def precision_of(path: Path) -> Precision | None:
    """The precision in a name such as `model-int8.tflite`; None if the name holds none."""
    last_word = path.stem.rpartition("-")[2]
    return Precision(last_word) if last_word in list(Precision) else None


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes as a hex digest, read in pieces of 1 MiB."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
