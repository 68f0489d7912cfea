"""Notes on how the images of a data set became gray or RGB."""

from collections import Counter
from collections.abc import Sequence

from edgekit.datasets.base import DatasetRequest
from edgekit.datasets.images.decoding import Kind
from edgekit.datasets.images.luma import LUMA
from edgekit.foundation.grammar import counted


def notes_on_kinds(counts: Sequence[Counter[Kind]], request: DatasetRequest) -> list[str]:
    """Sentences about conversions; none if all images are what the network takes.

    Args:
        counts: How many images of each kind each split has.
        request: How the data set was wanted.
    """
    kinds: Counter[Kind] = sum(counts, Counter())
    notes = []
    num_transparent = kinds[Kind.TRANSPARENT] + kinds[Kind.TRANSPARENT_GRAY]
    if num_transparent:
        what = "the alpha channel is dropped, as Keras does" if request.form.rule.is_keras else "they are laid on white"
        notes.append(f"{counted(num_transparent, 'image')} may have transparent parts: {what}")
    if kinds[Kind.CMYK]:
        colors = "grayscale" if request.channels == 1 else "RGB"
        notes.append(f"{counted(kinds[Kind.CMYK], 'CMYK image')} converted to {colors}, color profiles ignored")
    return [*notes, *_notes_on_gray(kinds[Kind.GRAY] + kinds[Kind.TRANSPARENT_GRAY], kinds.total(), request.channels)]


def _notes_on_gray(num_gray: int, num_images: int, channels: int | None) -> list[str]:
    if channels == 1 and num_gray < num_images:
        return [f"{counted(num_images - num_gray, 'color image')} converted to grayscale with {LUMA}"]
    if channels is None and num_gray == num_images and num_images:
        return ["all images are grayscale: --color gray takes a third of the memory, for models with one channel"]
    if channels != 1 and 0 < num_gray < num_images:
        return [f"{num_gray:,} of {counted(num_images, 'image')} are grayscale, taken as RGB with three equal channels"]
    return []
