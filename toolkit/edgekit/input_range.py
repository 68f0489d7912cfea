"""The pixel values that a network expects: 0 to 255, 0 to 1, -1 to 1, or normalized by mean and deviation.

edgekit's own models take raw pixels. External models often do not; this is the way from raw pixels to what they
expect, as one multiplication and one addition per channel, and in which order the channels are.
"""

import re
from dataclasses import dataclass
from math import isfinite

from edgekit.foundation.errors import UsageError

_NUMBER = r"-?\d+(?:\.\d+)?(?:[eE]-?\d+)?"
_RANGE = re.compile(rf"({_NUMBER})\.\.({_NUMBER})")
_NORMALIZED = re.compile(r"mean=([^=]+),std=([^=]+)")


@dataclass(frozen=True, kw_only=True)
class InputRange:
    """`wanted = pixel * scale + offset`, pixel in 0 to 255, channels in RGB order.

    Attributes:
        text: As the user writes it: "0..1", "mean=0.485/0.456/0.406,std=0.229/0.224/0.225".
        scale: One factor per channel.
        offset: One summand per channel.
    """

    text: str
    scale: tuple[float, float, float]
    offset: tuple[float, float, float]

    @property
    def is_raw(self) -> bool:
        """Whether pixels are used unchanged."""
        return self.scale == (1.0, 1.0, 1.0) and self.offset == (0.0, 0.0, 0.0)

    @property
    def is_uniform(self) -> bool:
        """Whether all channels are treated alike, so that the range fits gray images too."""
        return len(set(self.scale)) == 1 and len(set(self.offset)) == 1

    @classmethod
    def parse(cls, text: str) -> "InputRange":
        """Read `LOW..HIGH` or `mean=M,std=S`.

        M and S are one number or three separated by `/` or `,`. Means and deviations of at most 10 are
        taken to be for pixels scaled to 0 to 1 (torchvision's convention), larger ones for 0 to 255.

        Raises:
            UsageError: The text is neither, or a deviation is zero.
        """
        cleaned = text.replace(" ", "")
        if match := _RANGE.fullmatch(cleaned):
            low, high = float(match[1]), float(match[2])
            if low >= high or not isfinite(high - low):
                raise UsageError(f"Input range '{text}' must rise, and be finite, as in 0..1 or -1..1.")
            return cls(text=text, scale=((high - low) / 255.0,) * 3, offset=(low,) * 3)
        if match := _NORMALIZED.fullmatch(cleaned):
            return cls._normalized(text, _triple(text, match[1]), _triple(text, match[2]))
        raise UsageError(
            f"Input range '{text}' is not understood. Expected 0..255, 0..1, -1..1, or mean=M,std=S with one "
            f"number or three separated by '/', as in mean=0.485/0.456/0.406,std=0.229/0.224/0.225."
        )

    @classmethod
    def of_normalization(cls, mean: tuple[float, ...], std: tuple[float, ...]) -> "InputRange | None":
        """`(pixel - mean) / std` with pixels of 0 to 255, as LiteRT metadata says it.

        Args:
            mean: One number or three.
            std: As many; above zero.

        Returns:
            The range as a text that `parse` reads; None if `parse` would read every such text otherwise.
        """
        means, stds = (each * 3 if len(each) == 1 else each for each in (mean, std))
        low, high = -means[0] / stds[0] + 0.0, (255.0 - means[0]) / stds[0]
        if len(set(zip(means, stds, strict=True))) == 1:
            return cls.parse(f"{low:.9g}..{high:.9g}")
        if max(*map(abs, means), *stds) <= 10:
            return None
        return cls.parse(f"mean={_joined(means)},std={_joined(stds)}")

    @classmethod
    def _normalized(cls, text: str, mean: tuple[float, float, float], std: tuple[float, float, float]) -> "InputRange":
        if min(std) <= 0:
            raise UsageError(f"Input range '{text}' has a deviation that is not above zero.")
        unit = 255.0 if max(*map(abs, mean), *std) <= 10 else 1.0
        return cls(
            text=text,
            scale=tuple(1.0 / (unit * s) for s in std),  # type: ignore[arg-type]
            offset=tuple(-m / s for m, s in zip(mean, std, strict=True)),  # type: ignore[arg-type]
        )


RAW = InputRange.parse("0..255")
"""Raw pixels, 0 to 255; the input of every exported model."""

BYTES = "bytes"
"""What a user gives as input range for bytes that go in untouched, see `InputEncoding.as_bytes`."""

CHANNEL_ORDERS = ("rgb", "bgr")


@dataclass(frozen=True, kw_only=True)
class InputEncoding:
    """How an external model gets its pixels; the default is that of edgekit's own models.

    Attributes:
        input_range: The values that the model wants, before the quantization that its file declares.
        channel_order: "rgb" or "bgr", as the model wants it.
        as_bytes: The byte of a pixel goes unchanged into an 8-bit input, whatever scale and zero point the file
            declares: in an int8 input 200 becomes -56. `input_range` then has no effect.
    """

    input_range: InputRange = RAW
    channel_order: str = "rgb"
    as_bytes: bool = False

    def __post_init__(self) -> None:
        if self.channel_order not in CHANNEL_ORDERS:
            raise UsageError(f"The order of the channels must be rgb or bgr. Received '{self.channel_order}'.")

    @classmethod
    def parse(cls, range_text: str, channel_order: str = "rgb") -> "InputEncoding":
        """Read what a user writes: `InputRange.parse`, or "bytes"; raises UsageError."""
        if range_text.strip() == BYTES:
            return cls(channel_order=channel_order, as_bytes=True)
        return cls(input_range=InputRange.parse(range_text), channel_order=channel_order)

    @property
    def range_text(self) -> str:
        """The input range as a user writes it: what `parse` reads."""
        return BYTES if self.as_bytes else self.input_range.text

    def to_dict(self) -> dict[str, str]:
        """As a JSON object."""
        return {"input_range": self.range_text, "channel_order": self.channel_order}


def _joined(values: tuple[float, ...]) -> str:
    return "/".join(f"{value:.9g}" for value in values)


def _triple(text: str, numbers: str) -> tuple[float, float, float]:
    try:
        values = [float(number) for number in re.split(r"[/,]", numbers)]
    except ValueError:
        values = []
    if len(values) == 1:
        values *= 3
    if len(values) != 3 or not all(map(isfinite, values)):
        raise UsageError(f"Input range '{text}': mean and std take one finite number or three, received '{numbers}'.")
    return values[0], values[1], values[2]
