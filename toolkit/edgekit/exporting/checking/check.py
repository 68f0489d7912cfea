"""Runs an exported file on a few images and compares it with Keras, so that a broken conversion is never kept.

This is not a verification: a few images show whether a file is broken, not how good it is. If too few
images agree, but chance may have picked them, more are asked for.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.artifact import Format, Precision
from edgekit.execution.scoring import scores_of
from edgekit.foundation.errors import ArtifactError, ExportError
from edgekit.foundation.quiet import held_back
from edgekit.metrics.drift import flipped_images, max_abs_score_difference, top_margins
from edgekit.metrics.significance import share_interval
from edgekit.runtimes import DEFAULT_RUNTIMES, RUNTIMES, SessionSettings
from edgekit.tolerance import beyond_noise

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edgekit.datasets import Dataset

NUM_IMAGES = 32
MORE_IMAGES = (128, 512)
"""How many images are run if fewer do not show whether a file agrees often enough."""
CONFIDENCE = 0.99
"""Confidence of the interval that separates a file that agrees too rarely from an unlucky choice of images."""
MAX_FLOAT32_DIFFERENCE = 1e-3
MAX_UNDECIDED_DIFFERENCE = 0.1
MIN_AGREEMENT = 0.8
WHERE_INT8_LOSES = (
    " If int8 loses this much in your network: --int16x8 loses less, --float-layers keeps layers in float, and "
    "edgekit tune finds which."
)
NEARLY_TIED = 0.05
"""Images whose two highest scores in Keras lie closer together may change their top class in any conversion."""


LOST_WEIGHTS = "it returns the same scores for every image, as if its weights were lost"


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """How a file compares with Keras on the check images.

    Attributes:
        num_images: How many were run.
        num_decided: Those whose top class in Keras is not nearly tied.
        agreement: Share of the decided images with the same top class; None if none is decided.
        max_abs_score_difference: Largest difference of any score; None if the file gives no such scores.
        runtime: What ran the file.
        doubt: Why the file is in doubt, as a clause; None if it is not.
    """

    num_images: int
    num_decided: int
    agreement: float | None
    max_abs_score_difference: float | None
    runtime: str
    doubt: str | None = None

    @property
    def num_agreeing(self) -> int:
        """Decided images with the same top class."""
        return round((self.agreement or 0) * self.num_decided)

    @property
    def agreement_interval(self) -> tuple[float, float]:
        """In which share of all images the top class is the same, at CONFIDENCE; 0 to 1."""
        return share_interval(self.num_agreeing, self.num_decided, CONFIDENCE)

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object, for the manifest."""
        return {
            "runtime": self.runtime,
            "num_images": self.num_images,
            "num_decided": self.num_decided,
            "agreement": self.agreement,
            "max_abs_score_difference": self.max_abs_score_difference,
            **({"doubt": self.doubt} if self.doubt else {}),
        }


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """The result of the check of a file.

    Attributes:
        title: What the file is: "The file tflite int8".
        result: The numbers, with the doubt if there is one.
        is_sure: Whether more images would say the same.
        advice: What may help, as sentences with a space before; "" for nothing.
    """

    title: str
    result: CheckResult
    is_sure: bool
    advice: str = ""

    @property
    def reason(self) -> str:
        """Why the file is in doubt: a sentence; "" if it is not."""
        doubt = self.result.doubt
        return f"{self.title} does not behave like the Keras model: {doubt}." if doubt else ""

    def kept(self) -> CheckResult:
        """The numbers of a file that is kept; raises ExportError for one that is in doubt."""
        if self.reason:
            raise ExportError(
                f"{self.reason} It was not kept.{self.advice} To "
                f"keep it and find the cause, add --keep-doubtful and run edgekit diagnose."
            )
        return self.result


class CheckImages:
    """Random images that files are checked on: of the training split; of the test split if that is empty; else noise.

    Args:
        dataset: What the model is for; None if not given.
        image_shape: (height, width, 3).
    """

    def __init__(self, dataset: "Dataset | None", image_shape: tuple[int, int, int]) -> None:
        import numpy as np

        split = None if dataset is None else dataset.train if len(dataset.train) else dataset.test
        self._split, self._shape = split, image_shape
        self._order = np.random.default_rng(0).permutation(len(split)) if split is not None else None

    def first(self, num_images: int) -> "NDArray[np.uint8]":
        """At most `num_images` of them, uint8 (n, H, W, 3); more of them hold the fewer."""
        import numpy as np

        if self._split is None or self._order is None:
            return np.random.default_rng(0).integers(0, 256, (num_images, *self._shape), dtype=np.uint8)
        return np.ascontiguousarray(self._split.images[np.sort(self._order[:num_images])])


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


def judge(
    reference: "NDArray[np.float32]",
    candidate: "NDArray[np.float32]",
    *,
    title: str,
    precision: Precision,
    runtime: str,
    own_noise: float = 0.0,
) -> Judgement:
    """Compare a file's scores with Keras' scores of the same images, both float32 (N, C).

    A file is in doubt if it returns NaN, the same scores for every image, or other scores than Keras.

    Args:
        reference: Keras' scores.
        candidate: The file's.
        title: What the file is, for a person.
        precision: Its precision, which decides the limits.
        runtime: What ran it.
        own_noise: Largest difference of the network from itself between batch sizes, at least 0.
    """
    import numpy as np

    is_int8 = precision is Precision.INT8
    if candidate.shape != reference.shape:
        shapes = f"it gives scores of shape {candidate.shape}, Keras of {reference.shape}"
        return _unreadable(title, shapes, len(reference), runtime)
    if not np.isfinite(candidate).all():
        hint = ", as happens if a value exceeds 65,504, the largest float16" * (precision is Precision.FLOAT16)
        return _unreadable(title, f"it returns NaN or infinity{hint}", len(reference), runtime)
    decided = top_margins(reference) > NEARLY_TIED
    same = ~flipped_images(reference, candidate)[decided]
    result = CheckResult(
        num_images=len(reference),
        num_decided=int(decided.sum()),
        agreement=float(same.mean()) if same.size else None,
        max_abs_score_difference=max_abs_score_difference(reference, candidate),
        runtime=runtime,
    )
    is_constant = np.ptp(candidate, axis=0).max() == 0 and np.ptp(reference, axis=0).max() > NEARLY_TIED
    doubt, is_sure = (LOST_WEIGHTS, True) if is_constant else _too_far(result, precision, own_noise)
    return Judgement(
        title=title,
        result=replace(result, doubt=doubt),
        is_sure=is_sure,
        advice=WHERE_INT8_LOSES if is_int8 and doubt else "",
    )


def _too_far(result: CheckResult, precision: Precision, own_noise: float) -> tuple[str | None, bool]:
    """What is too different, as a clause, and whether that is sure; (None, True) if nothing is."""
    difference, is_float = result.max_abs_score_difference or 0.0, precision is Precision.FLOAT32
    limit = beyond_noise(MAX_FLOAT32_DIFFERENCE, own_noise) if is_float else MAX_UNDECIDED_DIFFERENCE
    if (is_float or result.agreement is None) and difference > limit:
        noise = f"; the network differs from itself by {own_noise:.2g} between batch sizes" if own_noise else ""
        return f"a score differs by {difference:.4f}, at most {limit:.3g} is expected{noise}", is_float
    if result.agreement is not None and result.agreement < MIN_AGREEMENT:
        doubt = (
            f"of {result.num_decided} images on which Keras is sure, it agrees on {result.num_agreeing}; at least "
            f"{MIN_AGREEMENT:.0%} are expected"
        )
        return doubt, result.agreement_interval[1] < MIN_AGREEMENT
    return None, True


def _unreadable(title: str, doubt: str, num_images: int, runtime: str) -> Judgement:
    """Of a file whose scores cannot be compared."""
    result = CheckResult(
        num_images=num_images,
        num_decided=0,
        agreement=None,
        max_abs_score_difference=None,
        runtime=runtime,
        doubt=doubt,
    )
    return Judgement(title=title, result=result, is_sure=True)
