"""Which part of an image is used, and which part of the result it fills. Knows no pixel."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Box:
    """A rectangle of pixels.

    Attributes:
        top: First row.
        left: First column.
        height: Rows, at least 1.
        width: Columns, at least 1.
    """

    top: int
    left: int
    height: int
    width: int


def centered_crop(height: int, width: int, new_height: int, new_width: int) -> Box:
    """The largest centered part of an image that has the proportions of the result.

    Source: keras.utils.image_dataset_from_directory(crop_to_aspect_ratio=True), `smart_resize` of Keras 3.15:
    sides are rounded down, and so is the border at the top and at the left.
    """
    cropped_height = max(min(height, width * new_height // new_width), 1)
    cropped_width = max(min(width, height * new_width // new_height), 1)
    return Box(
        top=(height - cropped_height) // 2,
        left=(width - cropped_width) // 2,
        height=cropped_height,
        width=cropped_width,
    )


def fitted(height: int, width: int, new_height: int, new_width: int) -> Box:
    """Where in the result the whole image lies, as large as it fits and centered; sides and borders are rounded down.

    Source: tf.image.resize_with_pad, without its rounding to float32; see `fitted_as_tensorflow`.
    """
    if width * new_height >= height * new_width:
        border = (new_height * width - height * new_width) // (2 * width)
        return Box(top=border, left=0, height=max(1, height * new_width // width), width=new_width)
    border = (new_width * height - width * new_height) // (2 * height)
    return Box(top=0, left=border, height=new_height, width=max(1, width * new_height // height))


def fitted_as_tensorflow(height: int, width: int, new_height: int, new_width: int) -> Box:
    """The same as tf.image.resize_with_pad computes it: in float32, so that a side is now and then one pixel short.

    Source: `_resize_image_with_pad_common` of TensorFlow 2.21; Keras' pad_to_aspect_ratio=True calls it.
    """
    import numpy as np

    sides, new_sides = np.array([height, width], np.float32), np.array([new_height, new_width], np.float32)
    resized = sides / (sides / new_sides).max()
    border = np.maximum(np.floor((new_sides - resized) / np.float32(2)), 0).astype(int)
    inner = np.maximum(np.floor(resized), 1).astype(int)
    return Box(top=int(border[0]), left=int(border[1]), height=int(inner[0]), width=int(inner[1]))
