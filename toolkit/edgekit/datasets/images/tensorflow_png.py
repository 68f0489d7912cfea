"""Color PNG files as gray, as libpng computes it for TensorFlow: `tf.io.decode_png(channels=1)`.

If a file says how its values grow with light (its gamma), libpng weights the colors in linear light.
"""

import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

GAMMA_OF_SRGB = 0.45455
SRGB_PROFILES = frozenset(
    {
        (3024, 0x5D5129CE),
        (3048, 0x3B8772B9),
        (3052, 0x427EBB21),
        (3144, 0x182EA552),
        (3144, 0xF29E526D),
        (60960, 0xBBEF7812),
        (60988, 0x306FD8AE),
    }
)
"""Length and CRC-32 of the color profiles that libpng knows to be sRGB. It ignores all others."""


def gray_of_png(image: "Image.Image") -> "NDArray[np.uint8]":
    """The gray values of a PNG file with colors, uint8 (H, W); raises what Pillow raises if it is damaged."""
    import numpy as np

    return _gray(np.asarray(image.convert("RGB")), _gamma(image))


def _gamma(image: "Image.Image") -> float:
    """The exponent by which a file's values grow with light; 1 if it names none, or one that libpng takes for 1."""
    profile = image.info.get("icc_profile") or b""
    if "srgb" in image.info or (len(profile), zlib.crc32(profile)) in SRGB_PROFILES:
        return GAMMA_OF_SRGB
    gamma = float(image.info.get("gamma", 1))
    is_valid = 0.00016 <= gamma <= 6250
    return gamma if is_valid and not 0.95 <= gamma <= 1.05 else 1.0


def _gray(pixels: "NDArray[np.uint8]", gamma: float) -> "NDArray[np.uint8]":
    """RGB (H, W, 3) -> gray (H, W) in 15-bit fixed point: cut off without a gamma, rounded with one."""
    import numpy as np

    weights = np.array([9797, 19234, 3737], np.uint32)
    if gamma == 1:
        return ((pixels.astype(np.uint32) @ weights) >> 15).astype(np.uint8)
    levels = np.arange(256) / 255
    to_linear, from_linear = (np.floor(255 * levels**power + 0.5).astype(np.uint8) for power in (1 / gamma, gamma))
    gray = from_linear[(to_linear[pixels].astype(np.uint32) @ weights + 16384) >> 15]
    return np.where((pixels == pixels[..., :1]).all(axis=-1), pixels[..., 0], gray)
