"""Whether the integer input of a file can hold the pixels that it gets. Runs nothing.

A file that was calibrated on images divided by 255, and is fed 0 to 255, holds the numbers up to 1 and cuts off the
rest. One that was calibrated the other way round keeps 2 of its 256 steps. Both run without an error, and whatever is
measured with such an input blames the wrong layer.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.artifact import TensorSpec
from edgekit.input_range import InputEncoding, InputRange

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

OUTSIDE = 0.1
MANY_OUTSIDE = 0.1
"""Values that lie further outside than OUTSIDE of the width of the range, and the share of them that is a fault. Ranges
that leave out rare pixels on purpose (percentiles) cut off less, and nearer to their ends."""
FAR_OUTSIDE = 0.5
MANY_FAR_OUTSIDE = 0.01
"""The same for values that lie far outside: few are enough, for many images are mostly black."""
FEW_STEPS = 32
"""Different numbers that 256 pixel values must become at least."""
ALIKE = 0.02
"""Two ends of a range count as equal that differ by less than this share of its width."""
COMMON_RANGES = ("0..255", "0..1", "-1..1", "-128..127")


@dataclass(frozen=True, kw_only=True)
class InputFit:
    """How what a file is fed fits into the integers that hold its input.

    Attributes:
        stored: These integers.
        encoding: How pixels go in.
        held: The lowest and the highest number that they stand for.
        fed: The lowest and the highest number that a pixel becomes.
        outside: Share of the values of the images that lie outside of `held`, 0 to 1.
        is_cut: Whether so many lie so far outside that the file cannot work as it should.
        num_steps: How many different integers the 256 values of a pixel become.
    """

    stored: TensorSpec
    encoding: InputEncoding
    held: tuple[float, float]
    fed: tuple[float, float]
    outside: float
    is_cut: bool
    num_steps: int

    @property
    def is_fault(self) -> bool:
        """Whether the integers cannot represent what the file is fed."""
        return self.is_cut or self.num_steps < FEW_STEPS

    @property
    def held_range(self) -> str | None:
        """The usual range that the integers were made for, as `--input-range` takes it; None for any other."""
        return next((text for text in COMMON_RANGES if _are_alike(_ends_of(InputRange.parse(text)), self.held)), None)

    @property
    def sentence(self) -> str:
        """What is wrong: the two ranges, and what is lost."""
        lost = f"{100 * self.outside:.1f} % of the values are cut off"
        if not self.is_cut:
            lost = f"all 256 values of a pixel become {self.num_steps} of its {_num_integers(self.stored)} steps"
        return (
            f"Its input holds {_words(self.held)} ({self.stored.dtype}, scale {self.stored.scale:.3g}, zero point "
            f"{self.stored.zero_point}), but it is fed {_words(self.fed)}: {lost}."
        )

    @property
    def cause(self) -> str:
        """Why that is so, and what to do: "it was calibrated on ..."."""
        more = "more" if self.is_cut else "less"
        return (
            f"it was calibrated on images that were scaled once {more} than the model expects: quantize it again, with "
            f"calibration images of {self.encoding.range_text}."
        )


def fit_of(stored: TensorSpec | None, encoding: InputEncoding, images: "NDArray[np.uint8]") -> InputFit | None:
    """How the pixels of `images` fit into the input of a file.

    Args:
        stored: The integers that hold its input: `ModelInfo.stored_input`; None if pixels stay float.
        encoding: How pixels go in.
        images: uint8 (n, H, W, C), RGB or gray, at least one: what it is fed.

    Returns:
        None if nothing can be said: pixels stay float, bytes go in untouched, or no scale is declared.
    """
    import numpy as np

    held = stored.held if stored else None
    if stored is None or held is None or stored.scale is None or encoding.as_bytes:
        return None
    limits, scale, (low, high) = np.iinfo(stored.dtype), stored.scale, held
    values = np.arange(256)[:, None] * np.array(encoding.input_range.scale) + np.array(encoding.input_range.offset)
    channels = range(images.shape[-1])
    values = values[:, channels]
    counts = np.stack([np.bincount(images[..., channel].ravel(), minlength=256) for channel in channels], axis=1)
    beyond = np.maximum(low - values, values - high)

    def share(limit: float) -> float:
        return float(counts[beyond > limit].sum() / counts.sum())

    width = high - low
    codes = np.clip(np.rint(values / scale) + (stored.zero_point or 0), limits.min, limits.max)
    is_cut = share(OUTSIDE * width) >= MANY_OUTSIDE or share(FAR_OUTSIDE * width) >= MANY_FAR_OUTSIDE
    return InputFit(
        stored=stored,
        encoding=encoding,
        held=held,
        fed=(float(values.min()), float(values.max())),
        outside=share(scale / 2),
        is_cut=is_cut,
        num_steps=max(len(np.unique(codes[:, channel])) for channel in channels),
    )


def input_fault(
    stored: TensorSpec | None, encoding: InputEncoding, images: "NDArray[np.uint8]", *, option: str = ""
) -> str | None:
    """What is wrong with the input of a file, and what to do, in whole sentences; None if nothing is.

    Args:
        stored: As in `fit_of`.
        encoding: As in `fit_of`.
        images: As in `fit_of`.
        option: The option of the user's command that says what the file is fed, "--input-range"; "" for none.
    """
    fit = fit_of(stored, encoding, images)
    if fit is None or not fit.is_fault:
        return None
    held = fit.held_range
    if option and held:
        return f"{fit.sentence} Does the model expect {held}? Then add {option} {held}. Else {fit.cause}"
    return f"{fit.sentence} {fit.cause[:1].upper()}{fit.cause[1:]}"


def _ends_of(input_range: InputRange) -> tuple[float, float]:
    return input_range.offset[0], 255 * input_range.scale[0] + input_range.offset[0]


def _are_alike(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) <= ALIKE * (one[1] - one[0])


def _num_integers(stored: TensorSpec) -> str:
    import numpy as np

    limits = np.iinfo(stored.dtype)
    return f"{int(limits.max) - int(limits.min) + 1:,}"


def _words(ends: tuple[float, float]) -> str:
    low, high = (f"{end:.3g}" for end in ends)
    return f"{low} to {high}"
