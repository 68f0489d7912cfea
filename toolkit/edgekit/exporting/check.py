"""Runs an exported file on a few images and compares it with Keras, so that a broken conversion is never kept.

This is no verification: a few images tell a broken file from a good one, not a good one from a better.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.artifact import Format, Precision
from edgekit.execution.scoring import scores_of
from edgekit.foundation.errors import ArtifactError, ExportError
from edgekit.foundation.quiet import held_back
from edgekit.metrics.drift import flipped_images, max_abs_score_difference, top_margins
from edgekit.runtimes import DEFAULT_RUNTIMES, RUNTIMES, SessionSettings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edgekit.datasets import Dataset

NUM_IMAGES = 32
MAX_FLOAT32_DIFFERENCE = 1e-3
MAX_UNDECIDED_DIFFERENCE = 0.1
MIN_AGREEMENT = 0.8
WHERE_INT8_LOSES = (
    " If this is what int8 costs this network: --int16x8 costs less, --float-layers leaves layers in float, and "
    "edgekit tune finds which."
)
NEARLY_TIED = 0.05
"""Images whose two highest scores in Keras lie closer together may change their top class in any conversion."""


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """How a file compares with Keras on the check images.

    Attributes:
        num_images: How many were run.
        num_decided: Those whose top class in Keras is not nearly tied.
        agreement: Share of the decided images with the same top class; None where none is decided.
        max_abs_score_difference: Largest difference of any score.
        runtime: What ran the file.
    """

    num_images: int
    num_decided: int
    agreement: float | None
    max_abs_score_difference: float
    runtime: str

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object, for the manifest."""
        return {
            "runtime": self.runtime,
            "num_images": self.num_images,
            "num_decided": self.num_decided,
            "agreement": self.agreement,
            "max_abs_score_difference": self.max_abs_score_difference,
        }


def check_images(dataset: "Dataset | None", image_shape: tuple[int, int, int]) -> "NDArray[np.uint8]":
    """NUM_IMAGES images, uint8 (n, H, W, 3): of the training split; of the test split if that is empty; else noise."""
    import numpy as np

    generator = np.random.default_rng(0)
    if dataset is None:
        return generator.integers(0, 256, (NUM_IMAGES, *image_shape), dtype=np.uint8)
    split = dataset.train if len(dataset.train) else dataset.test
    chosen = np.sort(generator.permutation(len(split))[:NUM_IMAGES])
    return np.ascontiguousarray(split.images[chosen])


def run_file(path: Path, artifact_format: Format, images: "NDArray[np.uint8]") -> "tuple[NDArray[np.float32], str]":
    """The scores of the file at `path`, and the name of the runtime that gave them.

    Args:
        path: The file.
        artifact_format: Decides which runtime runs it.
        images: uint8 (N, H, W, 3), RGB, 0 to 255.

    Raises:
        ExportError: It does not run.
    """
    name = DEFAULT_RUNTIMES[artifact_format]
    try:
        with held_back():
            session = RUNTIMES.load(name).open(path, SessionSettings())
            return scores_of(session, images), name
    except ArtifactError as error:
        raise ExportError(f"The exported file does not run, so it was not kept: {error}") from error


def compare(
    reference: "NDArray[np.float32]",
    candidate: "NDArray[np.float32]",
    *,
    title: str,
    precision: Precision,
    runtime: str,
) -> CheckResult:
    """Compare a file's scores with Keras' scores of the same images, both float32 (N, C).

    Raises:
        ExportError: The file answers NaN, the same for every image, or something else than Keras.
    """
    import numpy as np

    if candidate.shape != reference.shape:
        raise _broken(title, f"it gives scores of shape {candidate.shape}, Keras of {reference.shape}")
    if not np.isfinite(candidate).all():
        hint = ", as it does where a value lies beyond 65,504, the end of float16" * (precision is Precision.FLOAT16)
        raise _broken(title, f"it answers NaN or infinity{hint}")
    advice = WHERE_INT8_LOSES if precision is Precision.INT8 else ""
    if np.ptp(candidate, axis=0).max() == 0 and np.ptp(reference, axis=0).max() > NEARLY_TIED:
        raise _broken(title, "it answers the same for every image, as a file does that lost its weights", advice)
    decided = top_margins(reference) > NEARLY_TIED
    same = ~flipped_images(reference, candidate)[decided]
    result = CheckResult(
        num_images=len(reference),
        num_decided=int(decided.sum()),
        agreement=float(same.mean()) if same.size else None,
        max_abs_score_difference=max_abs_score_difference(reference, candidate),
        runtime=runtime,
    )
    limit = MAX_FLOAT32_DIFFERENCE if precision is Precision.FLOAT32 else MAX_UNDECIDED_DIFFERENCE
    if (precision is Precision.FLOAT32 or result.agreement is None) and result.max_abs_score_difference > limit:
        raise _broken(title, f"a score differs by {result.max_abs_score_difference:.4f}, at most {limit} is expected")
    if result.agreement is not None and result.agreement < MIN_AGREEMENT:
        raise _broken(
            title,
            f"of {result.num_decided} images on which Keras is decided, it agrees on {int(same.sum())}; at least "
            f"{MIN_AGREEMENT:.0%} are expected",
            advice,
        )
    return result


def _broken(title: str, what: str, advice: str = "") -> ExportError:
    return ExportError(f"{title} does not do what the Keras model does: {what}. It was not kept.{advice}")
