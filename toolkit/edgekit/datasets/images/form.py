"""What an image file is to become: size, channels, and the rule for it."""

from dataclasses import dataclass

from edgekit.datasets.images.rule import DEFAULT_RULE, ImageRule

DEFAULT_SIZE = (32, 32)
"""(height, width) of decoded images by default."""


@dataclass(frozen=True, kw_only=True)
class ImageForm:
    """The pixels that are wanted of every image.

    Attributes:
        size: (height, width).
        channels: 3 for RGB, 1 for gray.
        rule: How an image is decoded and resized.
    """

    size: tuple[int, int] = DEFAULT_SIZE
    channels: int = 3
    rule: ImageRule = DEFAULT_RULE

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, channels)."""
        return (*self.size, self.channels)

    @property
    def key(self) -> tuple[object, ...]:
        """Part of every key of the cache; of the default form the size alone, as before there were others."""
        if self.channels == 3 and self.rule == DEFAULT_RULE:
            return self.size
        return *self.size, self.channels, *self.rule.to_dict().items()
