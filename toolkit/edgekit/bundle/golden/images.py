"""The golden images themselves: as files in original size, and as the pixels that the model sees."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.bundle.golden.choice import Chosen, Reason
from edgekit.datasets import Dataset
from edgekit.datasets.images.form import ImageForm
from edgekit.datasets.images.synthetic import synthetic_images
from edgekit.foundation.errors import BundleError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image


@dataclass(frozen=True, kw_only=True, eq=False)
class GoldenImage:
    """One image.

    Attributes:
        png: The file, in the original size of the image; resized by the run's rule it is `pixels`, bit by bit.
        pixels: uint8 (height, width, C), in the size of the model.
        reason: Why it was chosen.
        index: Its place in the test split, from 0; None for a synthetic one.
        label: Its class; None for a synthetic one.
    """

    png: bytes
    pixels: "NDArray[np.uint8]"
    reason: Reason
    index: int | None = None
    label: str | None = None


def images_of(dataset: Dataset, chosen: Sequence[Chosen], form: ImageForm) -> tuple[GoldenImage, ...]:
    """The chosen images of the test split.

    Image files are decoded again in their own size; images of a data set of arrays have no other size than they have.

    Raises:
        BundleError: A file is not the image any more that the data set holds.
    """
    return tuple(_of_split(dataset, each, form) for each in chosen)


def synthetic(count: int, form: ImageForm, *, is_resized: bool) -> tuple[GoldenImage, ...]:
    """`count` images that show no person.

    Args:
        count: How many.
        form: What the model sees.
        is_resized: Whether images are resized at all; else all have the model's size.
    """
    from PIL import Image

    wholes = synthetic_images(count, form.size, form.channels, vary=is_resized)
    images = [Image.fromarray(each[..., 0] if form.channels == 1 else each) for each in wholes]
    return tuple(GoldenImage(png=_png(each), pixels=_resized(each, form), reason=Reason.SYNTHETIC) for each in images)


def _of_split(dataset: Dataset, chosen: Chosen, form: ImageForm) -> GoldenImage:
    import numpy as np
    from PIL import Image

    pixels = np.array(dataset.test.images[chosen.index])
    if dataset.test.file_of is None or dataset.rule is None:
        whole = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    else:
        file = dataset.test.file_of(chosen.index)
        name = str(file) if isinstance(file, Path) else f"Test image {chosen.index} of {dataset.name}"
        whole = _decoded(file, name, form)
        if not np.array_equal(_resized(whole, form), pixels):
            raise BundleError(
                f"{name} has changed since the data set was loaded. "
                f"Restore it, or bundle without photographs: --no-images"
            )
    return GoldenImage(
        png=_png(whole),
        pixels=pixels,
        reason=chosen.reason,
        index=chosen.index,
        label=dataset.class_names[int(dataset.test.labels[chosen.index])],
    )


def _decoded(file: Path | bytes, name: str, form: ImageForm) -> "Image.Image":
    from edgekit.datasets.images.decoding import BrokenImageError, decode_whole

    try:
        return decode_whole(file, form)
    except BrokenImageError as error:
        raise BundleError(f"{name} cannot be decoded: {error}. Restore it, or give --no-images.") from error


def _resized(whole: "Image.Image", form: ImageForm) -> "NDArray[np.uint8]":
    from edgekit.datasets.images.resizing import resize_image

    return resize_image(whole, form.size, form.rule)


def _png(image: "Image.Image") -> bytes:
    """The image as PNG, without metadata."""
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
