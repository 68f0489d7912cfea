"""How much of the test split is run: all of it, a sample, or until the verdict is certain. Runs nothing."""

from dataclasses import dataclass

from edgekit.foundation.errors import UsageError

CONFIDENCE = 0.99
"""How certain a verdict must be, unless asked otherwise."""


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """What a user asks; checked when made.

    Attributes:
        num_images: Images of the sample, at least 1; None: the whole split.
        confidence: Run the split in a random order, and stop a candidate as soon as its verdict on the whole split is
            certain at this confidence, 0.5 to 1, both excluded; None: run everything.
        seed: Of the sample and of the order, 0 to 2**32 - 1.
        all_images: Run the whole split in runtimes that no app uses too, however long that takes.
    """

    num_images: int | None = None
    confidence: float | None = None
    seed: int = 0
    all_images: bool = False

    def __post_init__(self) -> None:
        if self.num_images is not None and self.num_images < 1:
            raise UsageError(f"A sample needs at least 1 image. Received {self.num_images}.")
        if self.confidence is not None and not 0.5 < self.confidence < 1:
            raise UsageError(
                f"The confidence must lie between 0.5 and 1, both excluded. Received {self.confidence:g}"
                f"{f': did you mean {self.confidence / 100:g}?' if 50 < self.confidence < 100 else '.'}"
            )
        if not 0 <= self.seed < 2**32:
            raise UsageError(f"The seed must lie between 0 and {2**32 - 1}. Received {self.seed}.")
        if self.num_images is not None and self.confidence is not None:
            raise UsageError(
                "A sample and sequential testing exclude each other: a verdict is certain about the whole split, "
                "or it is about the sample. Choose --sample or --sequential."
            )
        if self.all_images and (self.num_images is not None or self.confidence is not None):
            option = "--sample" if self.num_images is not None else "--sequential"
            raise UsageError(f"--all-images runs every image and {option} leaves some out. Choose one of them.")
