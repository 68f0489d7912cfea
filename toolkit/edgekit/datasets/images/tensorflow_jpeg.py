"""JPEG files decoded as TensorFlow does, bit by bit, without TensorFlow.

tf.io.decode_image asks libjpeg for the fast integer DCT, which differs from the exact one that Pillow and most other
programs use by up to some 20 of 255. It also smooths chroma ("fancy upsampling"), which libjpeg's fast mode in Pillow
leaves out. So the planes are decoded by Pillow in its fast mode, and chroma is enlarged here.
Sources: `jdsample.c` and `jdcolor.c` of libjpeg-turbo 3, `jpeg_mem.cc` of TensorFlow 2.21.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.JpegImagePlugin import JpegImageFile

FAST = (1, 1)
"""What Pillow hands to its decoder: full size, and "draft": the fast DCT without fancy upsampling."""


def decode_jpeg(image: "JpegImageFile", num_channels: int) -> "NDArray[np.uint8]":
    """The pixels of an opened JPEG file that was not decoded yet.

    Args:
        image: Any mode.
        num_channels: 1 or 3.

    Returns:
        uint8 (H, W, num_channels).

    Raises:
        OSError: The file is damaged.
    """
    import numpy as np

    if image.mode == "CMYK":
        return _from_cmyk(image, num_channels)
    if num_channels == 1 or image.mode == "L":
        image.draft("L", None)
        image.decoderconfig = FAST
        return np.repeat(np.asarray(image.convert("L"))[..., None], num_channels, axis=2)
    factors = _chroma_factors(image)
    if factors == (1, 1):
        image.decoderconfig = FAST
        return np.asarray(image.convert("RGB"))
    image.draft("YCbCr", None)
    image.decoderconfig = FAST
    planes = np.asarray(image)
    chroma = [_enlarged(planes[:: factors[1], :: factors[0], index], factors, planes.shape[:2]) for index in (1, 2)]
    return _to_rgb(planes[..., 0], *chroma)


def _chroma_factors(image: "JpegImageFile") -> tuple[int, int]:
    """How much smaller than luma both chroma planes are, across and down; (1, 1) for what is not smoothed."""
    sampling = [(across, down) for _, across, down, _ in image.layer]
    first = sampling[0]
    if len(sampling) != 3 or sampling[1] != sampling[2] or first[0] % sampling[1][0] or first[1] % sampling[1][1]:
        return 1, 1
    factors = first[0] // sampling[1][0], first[1] // sampling[1][1]
    return factors if factors in ((2, 1), (2, 2), (1, 2)) else (1, 1)


def _enlarged(plane: "NDArray[np.uint8]", factors: tuple[int, int], size: tuple[int, ...]) -> "NDArray[np.int32]":
    """A chroma plane at the size of the image, smoothed as libjpeg does it; int32, 0 to 255."""
    import numpy as np

    values = plane.astype(np.int32)
    if factors == (2, 1):
        return _across(values, (1, 2), 2)[:, : size[1]] if values.shape[1] > 2 else _doubled(values, size)
    if factors == (1, 2):
        return _down(values, (1, 2), 2)[: size[0]]
    if values.shape[1] <= 2:
        return _doubled(np.repeat(values, 2, axis=0), size)
    return _across(_down(values, (0, 0), 0), (8, 7), 4)[: size[0], : size[1]]


def _down(values: "NDArray[np.int32]", rounding: tuple[int, int], shift: int) -> "NDArray[np.int32]":
    """Twice as many rows: three parts of the nearest one and one part of the one beyond it."""
    import numpy as np

    above = np.concatenate([values[:1], values[:-1]])
    below = np.concatenate([values[1:], values[-1:]])
    rows = np.stack([(3 * values + above + rounding[0]) >> shift, (3 * values + below + rounding[1]) >> shift], axis=1)
    return rows.reshape(-1, values.shape[1])


def _across(values: "NDArray[np.int32]", rounding: tuple[int, int], shift: int) -> "NDArray[np.int32]":
    """Twice as many columns, as `_down`."""
    import numpy as np

    left = np.concatenate([values[:, :1], values[:, :-1]], axis=1)
    right = np.concatenate([values[:, 1:], values[:, -1:]], axis=1)
    columns = [(3 * values + left + rounding[0]) >> shift, (3 * values + right + rounding[1]) >> shift]
    return np.stack(columns, axis=2).reshape(len(values), -1)


def _doubled(values: "NDArray[np.int32]", size: tuple[int, ...]) -> "NDArray[np.int32]":
    import numpy as np

    return np.repeat(values, 2, axis=1)[: size[0], : size[1]]


def _to_rgb(luma: "NDArray[np.uint8]", blue: "NDArray[np.int32]", red: "NDArray[np.int32]") -> "NDArray[np.uint8]":
    """YCbCr -> RGB in 16-bit fixed point, rounded as libjpeg's tables are."""
    import numpy as np

    y, b, r = luma.astype(np.int32), blue - 128, red - 128
    half = 1 << 15
    pixels = [
        y + ((91881 * r + half) >> 16),  # 1.40200
        y + ((-22554 * b - 46802 * r + half) >> 16),  # 0.34414 and 0.71414
        y + ((116130 * b + half) >> 16),  # 1.77200
    ]
    return np.clip(np.stack(pixels, axis=-1), 0, 255).astype(np.uint8)


def _from_cmyk(image: "JpegImageFile", num_channels: int) -> "NDArray[np.uint8]":
    """Ink multiplied out; Pillow has turned the values around, as Adobe stores them."""
    import numpy as np
    from PIL import Image

    image.decoderconfig = FAST
    light = 255 - np.asarray(image).astype(np.int32)
    pixels = (light[..., :3] * light[..., 3:] // 255).astype(np.uint8)
    return pixels if num_channels == 3 else np.asarray(Image.fromarray(pixels).convert("L"))[..., None]
