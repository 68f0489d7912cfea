"""How exact a network is: how far it differs from itself when the same images come in batches of another size.

Keras adds up in another order for another batch size, and a deep network magnifies what that rounds: EfficientNetB0
differs from itself by 0.0023 between batches of 32 and of 1. A file that differs from it by as much has not drifted.
"""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from edgekit.foundation.files.schema import Count, conform_to

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NUM_IMAGES = 32
"""Images that it is measured on: the largest difference on a whole test split is somewhat larger."""


@dataclass(frozen=True, kw_only=True)
class OwnNoise:
    """What was measured.

    Attributes:
        max_abs_score_difference: The largest difference of any score, at least 0.
        batch_sizes: The batch sizes that were compared.
        num_images: On so many images.
    """

    max_abs_score_difference: float
    batch_sizes: tuple[Count, ...]
    num_images: Count

    @classmethod
    def of(cls, batched: "NDArray[np.float32]", alone: "NDArray[np.float32]", batch_size: int) -> "OwnNoise":
        """Max over images and classes of |batched - alone|.

        Args:
            batched: float32 (n, C), n at least 1: the scores of images that were run `batch_size` at a time.
            alone: float32 (n, C), those of the same images, one at a time.
            batch_size: At least 1.
        """
        import numpy as np

        difference = float(np.abs(batched.astype(np.float64) - alone).max())
        return cls(max_abs_score_difference=difference, batch_sizes=(batch_size, 1), num_images=len(alone))

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Any) -> "OwnNoise":
        """Read what `to_dict` wrote; raises SchemaError if it is something else."""
        return conform_to(cls, values)

    @property
    def sentence(self) -> str:
        """What was found, as a whole sentence."""
        largest, smallest = max(self.batch_sizes), min(self.batch_sizes)
        return (
            f"The float network differs from itself by up to {self.max_abs_score_difference:.2g} when Keras runs "
            f"{largest} images at a time or {smallest} (n = {self.num_images})."
        )
