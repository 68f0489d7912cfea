"""From a camera's bytes to a model's input, and from a model's output to scores. Knows no runtime.

Scale and zero point are those that the file declares. A channel of a pixel is one of 256 values, so whatever
becomes of it, a range of an external model or a quantization, is a table of 256 rows.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.artifact import ImageInput, TensorSpec
from edgekit.foundation.errors import ArtifactError
from edgekit.input_range import InputEncoding


@dataclass(frozen=True, kw_only=True, eq=False)
class PixelEncoder:
    """Turns images into what one input wants. Made by `encoder_for`.

    Attributes:
        dtype: Element type of the input.
        table: The input's value for every pixel value, dtype (256,), or (256, 3) with a column for each channel
            in the order of the input; None if a cast is enough.
        channels: 3 for an input of RGB images, 1 for one of gray ones. Images of another number are converted with
            the luma weights of ITU-R BT.601, or by repeating gray; see `edgekit.datasets.images.luma`.
        channels_first: The input is (N, C, H, W) rather than (N, H, W, C).
        has_channel_axis: False for an input of (N, H, W).
        reverses_channels: The input is BGR rather than RGB.
    """

    dtype: "np.dtype[Any]"
    table: NDArray[Any] | None
    channels: int
    channels_first: bool
    has_channel_axis: bool = True
    reverses_channels: bool = False

    def __call__(self, images: NDArray[np.uint8]) -> NDArray[Any]:
        """Images uint8 (N, H, W, 3), RGB, or (N, H, W, 1), gray, 0 to 255, as the input's dtype, layout and order."""
        if images.shape[-1] != self.channels:
            from edgekit.datasets.images.luma import with_channels  # data sets cost a worker 10 ms that few need

            images = with_channels(images, self.channels)
        if self.reverses_channels:
            images = np.ascontiguousarray(images[..., ::-1])
        if self.channels_first:
            images = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
        if not self.has_channel_axis:
            images = images[..., 0]
        if self.table is None:
            return images.astype(self.dtype, copy=False)
        if self.table.ndim == 1:
            return self.table[images]
        channels = np.arange(3).reshape((3, 1, 1) if self.channels_first else (3,))
        return self.table[images, channels]


def encoder_for(spec: TensorSpec, image_shape: tuple[int, ...], encoding: InputEncoding | None = None) -> PixelEncoder:
    """How images of `image_shape` go into the input `spec`.

    Args:
        spec: The input, as the file declares it.
        image_shape: (height, width, channels), 3 channels for RGB, 1 for gray.
        encoding: What the model wants; None: pixels of 0 to 255, RGB, as every model of edgekit's own.

    Raises:
        ArtifactError: The input wants other images, or an integer input declares no scale.
    """
    encoding = encoding or InputEncoding()
    image = image_input_for(spec.shape[1:], image_shape)
    if image is None:
        raise ArtifactError(
            f"The model's input '{spec.name}' wants images of shape {_words(spec.shape[1:])}. "
            f"Received images of {_words(image_shape)} (height x width x channels)."
        )
    dtype = _number_type(spec, "input")
    return PixelEncoder(
        dtype=dtype,
        table=_table(spec, dtype, encoding, image.channels),
        channels=image.channels,
        channels_first=image.channels_first,
        has_channel_axis=image.has_channel_axis,
        reverses_channels=image.channels == 3 and encoding.channel_order == "bgr",
    )


def image_input_for(wanted: tuple[int | None, ...], image_shape: tuple[int, ...]) -> ImageInput | None:
    """How an input of these dimensions, without the batch, takes images of `image_shape`; None if it cannot.

    With the channels that the images have if that fits, channels last before channels first; else with the other
    number of channels, to which images can be converted.
    """
    height, width, present = image_shape
    for channels in (present, 4 - present):
        layouts: list[tuple[tuple[int, ...], dict[str, bool]]] = [
            ((height, width, channels), {}),
            ((channels, height, width), {"channels_first": True}),
        ]
        if channels == 1:
            layouts.append(((height, width), {"has_channel_axis": False}))
        for sizes, layout in layouts:
            if len(sizes) == len(wanted) and all(a in (None, b) for a, b in zip(wanted, sizes, strict=True)):
                return ImageInput(height=height, width=width, channels=channels, **layout)
    return None


def _table(spec: TensorSpec, dtype: "np.dtype[Any]", encoding: InputEncoding, channels: int) -> NDArray[Any] | None:
    if encoding.as_bytes:
        return _bytes_table(spec, dtype)
    if not encoding.input_range.is_raw:
        return _range_table(spec, dtype, encoding, channels)
    if np.issubdtype(dtype, np.floating) or (dtype != np.int8 and spec.scale is None):
        return None  # every integer type but int8 holds 0 to 255 as it is
    if spec.scale is None or spec.zero_point is None:
        raise ArtifactError(
            f"The model's input '{spec.name}' is {spec.dtype} without scale and zero point, so nothing says how "
            f"pixels become its values. Expected float32, uint8, or a quantized integer type."
        )
    table = _quantized(np.arange(256), spec.scale, spec.zero_point, dtype)
    return None if dtype == np.uint8 and np.array_equal(table, np.arange(256)) else table


def _range_table(spec: TensorSpec, dtype: "np.dtype[Any]", encoding: InputEncoding, channels: int) -> NDArray[Any]:
    """If an integer input declares no scale, its values are those of the range, rounded."""
    if channels == 1 and not encoding.input_range.is_uniform:
        raise ArtifactError(
            f"The model's input '{spec.name}' takes gray images, of one channel. Expected one mean and one deviation, "
            f"as in mean=0.1307,std=0.3081. Received three: {encoding.range_text}."
        )
    wanted = np.arange(256)[:, None] * np.array(encoding.input_range.scale) + np.array(encoding.input_range.offset)
    if encoding.channel_order == "bgr":
        wanted = wanted[:, ::-1]
    if (wanted == wanted[:, :1]).all():
        wanted = wanted[:, 0]
    if np.issubdtype(dtype, np.floating):
        return wanted.astype(dtype)
    scale = 1.0 if spec.scale is None else spec.scale
    return _quantized(wanted, scale, spec.zero_point or 0, dtype)


def _bytes_table(spec: TensorSpec, dtype: "np.dtype[Any]") -> NDArray[Any] | None:
    if dtype == np.uint8:
        return None
    if dtype == np.int8:
        return np.arange(256, dtype=np.uint8).view(np.int8)
    raise ArtifactError(
        f"The model's input '{spec.name}' is {spec.dtype}, so no byte fits into it as it is. Expected uint8 or int8."
    )


def _quantized(values: NDArray[Any], scale: float, zero_point: int, dtype: "np.dtype[Any]") -> NDArray[Any]:
    limits = np.iinfo(dtype)
    return np.clip(np.rint(values / scale) + zero_point, limits.min, limits.max).astype(dtype)


def decode_scores(output: NDArray[Any], spec: TensorSpec) -> NDArray[np.float32]:
    """The output (N, C) or (N, 1, ..., C) as float32 (N, C), `(q - zero_point) * scale` if it is quantized.

    The result is a copy: a runtime may reuse the memory of its output.

    Raises:
        ArtifactError: An integer output declares no scale, or one image has scores in more than one dimension.
    """
    if sum(size != 1 for size in output.shape[1:]) > 1 or output.ndim < 2:
        raise ArtifactError(
            f"The model's output '{spec.name}' has shape {output.shape}. Expected one row of scores per image: "
            f"(batch, classes)."
        )
    rows = output.reshape(len(output), -1)
    _number_type(spec, "output")
    if np.issubdtype(rows.dtype, np.floating):
        return rows.astype(np.float32, copy=True)
    if spec.scale is None or spec.zero_point is None:
        raise ArtifactError(
            f"The model's output '{spec.name}' is {spec.dtype} without scale and zero point, so nothing says what "
            f"its values mean. Expected float32 scores, or a quantized integer type."
        )
    return (rows.astype(np.float32) - np.float32(spec.zero_point)) * np.float32(spec.scale)


def _number_type(spec: TensorSpec, role: str) -> "np.dtype[Any]":
    """The type of a tensor's numbers; raises ArtifactError if it holds none, or its scale means nothing."""
    try:
        dtype = np.dtype(spec.dtype)
    except TypeError:  # string, bfloat16 and other types that numpy does not know
        dtype = np.dtype(bool)
    if dtype.kind not in "fiu":
        raise ArtifactError(f"The model's {role} '{spec.name}' holds {spec.dtype}. Expected floats or integers.")
    if spec.scale is None or dtype.kind == "f":
        return dtype
    limits = np.iinfo(dtype)
    if not (np.isfinite(spec.scale) and spec.scale > 0 and limits.min <= (spec.zero_point or 0) <= limits.max):
        raise ArtifactError(
            f"The model's {role} '{spec.name}' declares scale {spec.scale:g} and zero point {spec.zero_point}, which "
            f"mean nothing for {spec.dtype}. Expected a scale above 0 and a zero point from {limits.min} to "
            f"{limits.max}: the file is damaged, or was quantized wrongly."
        )
    return dtype


def _words(shape: tuple[int | None, ...]) -> str:
    return " x ".join("any" if size is None else str(size) for size in shape)
