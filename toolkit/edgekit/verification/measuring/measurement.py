"""What is measured of one candidate, and its JSON form. Measures nothing; `score_comparison` does."""

from dataclasses import asdict, dataclass, field
from typing import Any

from edgekit.foundation.files.schema import Count, Share, conform_to
from edgekit.metrics.drift import Flips


@dataclass(frozen=True, kw_only=True)
class ClassResult:
    """One class of one model; deltas are candidate minus reference, and 0 for the reference itself.

    Attributes:
        class_name: Its name ("class" in JSON).
        precision: TP / (TP + FP), 0 to 1.
        recall: TP / (TP + FN), 0 to 1.
        f1: 2 TP / (2 TP + FP + FN), 0 to 1.
        support: Images of the class.
        f1_delta: Change of F1, -1 to 1.
        recall_delta: Change of recall, -1 to 1.
        recall_mcnemar_p: Exact McNemar test of the change of recall: on the images of the class.
        recall_mcnemar_p_holm: The same after Holm's correction for being one of many classes.
        new_errors: Images that the candidate has wrong where this class is concerned (missed, or taken for it), and
            the reference had right.
        mended_errors: The other way round.
        error_mcnemar_p_holm: Exact McNemar test of these two, after Holm's correction: whether F1 changed by chance.
    """

    class_name: str = field(metadata={"json": "class"})
    precision: Share
    recall: Share
    f1: Share
    support: Count
    f1_delta: float = 0.0
    recall_delta: float = 0.0
    recall_mcnemar_p: float = 1.0
    recall_mcnemar_p_holm: float = 1.0
    new_errors: Count = 0
    mended_errors: Count = 0
    error_mcnemar_p_holm: float = 1.0

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        values = asdict(self)
        return {"class": values.pop("class_name"), **values}


@dataclass(frozen=True, kw_only=True)
class FlippedImage:
    """An image whose top class differs; classes are 0 to C - 1, in the order of the class names.

    Attributes:
        index: Its place in the split, from 0.
        true_class: Its label.
        reference_class: The reference's top class.
        candidate_class: The candidate's top class.
        reference_probability: What the reference gives its top class.
        candidate_probability: What the candidate gives its own.
        is_tie: Whether only an exact tie was broken otherwise.
    """

    index: Count
    true_class: Count
    reference_class: Count
    candidate_class: Count
    reference_probability: float
    candidate_probability: float
    is_tie: bool


@dataclass(frozen=True, kw_only=True)
class ConfusionCell:
    """Images of one true class that are taken for one class, before and after.

    Attributes:
        true_class: 0 to C - 1.
        predicted_class: 0 to C - 1.
        reference_images: Number by the reference.
        candidate_images: Number by the candidate.
    """

    true_class: Count
    predicted_class: Count
    reference_images: Count
    candidate_images: Count


@dataclass(frozen=True, kw_only=True)
class ClassFlip:
    """Images whose top class changed from one class to another.

    Attributes:
        reference_class: From, 0 to C - 1.
        candidate_class: To, another one.
        num_images: So many, ties among them.
    """

    reference_class: Count
    candidate_class: Count
    num_images: Count


@dataclass(frozen=True, kw_only=True)
class ListTotal:
    """What a list would hold if it were not limited in length; its sums are those of all images only if it is complete.

    Attributes:
        num_entries: Entries that there are.
        num_images: Images that they stand for.
        is_complete: Whether the list holds all of them.
    """

    num_entries: Count
    num_images: Count
    is_complete: bool


@dataclass(frozen=True, kw_only=True)
class ReliabilityBin:
    """Images of which a model is about equally sure; the bins are of equal width, from 0 to 1.

    Attributes:
        num_images: So many.
        confidence: Mean of their highest probabilities; 0 if there are none.
        accuracy: Share of them that are right; 0 if there are none.
    """

    num_images: Count
    confidence: float
    accuracy: Share


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """How a candidate's scores differ from the reference's on the same images; see `edgekit.metrics`.

    Fields with a default are missing in older reports.

    Attributes:
        num_images: Images it was run on: the n of everything here.
        accuracy: Of the candidate, 0 to 1.
        reference_accuracy: Of the reference on the same images.
        accuracy_delta: accuracy - reference_accuracy.
        agreement: Share of images with the same top class, ties broken by the lowest index.
        flips: Images with another top class, by direction, without those of `tie_flips`.
        tie_flips: Images whose top class differs only by how an exact tie is broken, by direction.
        ties: Images where the candidate's highest score is shared by several classes.
        mcnemar_p: Exact McNemar test of `accuracy_delta`, on `flips` and `tie_flips` together, 0 to 1.
        per_class: One result per class, in the order of the classes.
        max_abs_score_difference: Largest difference of any score.
        mean_confidence_drift: Mean absolute change of the probability of the reference's top class.
        mean_kl_divergence: Mean KL divergence of the candidate from the reference, nats.
        accuracy_delta_interval: 95 % interval of `accuracy_delta`, paired bootstrap over the images.
        significant_classes: Classes whose recall changed by more than chance after Holm's correction.
        near_tie_flips: Those of `flips` where the reference's two highest probabilities lie within 0.05.
        expected_calibration_error: Of the candidate, 15 bins of equal width, 0 to 1.
        expected_calibration_error_delta: The same minus the reference's.
        mean_abs_score_difference: Mean difference of the scores.
        flipped_images: The first of the images with another top class, ties among them.
        confusion: Images by true and predicted class, of both; of very many cells those that changed most.
        class_flips: From which class to which the top class changed, the most frequent first.
        flipped_images_total: How many images have another top class.
        confusion_total: How many cells hold an image, of either model.
        class_flips_total: From how many classes to which the top class changed.
        reliability: 15 bins of the candidate's confidence and accuracy.
        reference_reliability: The same of the reference, on the same images.
    """

    num_images: Count
    accuracy: Share
    reference_accuracy: Share
    accuracy_delta: float
    agreement: Share
    flips: Flips
    tie_flips: Flips
    ties: Count
    mcnemar_p: float
    per_class: tuple[ClassResult, ...]
    max_abs_score_difference: float
    mean_confidence_drift: float
    mean_kl_divergence: float
    accuracy_delta_interval: tuple[float, float] | None = None
    significant_classes: tuple[str, ...] = ()
    near_tie_flips: Flips | None = None
    expected_calibration_error: float | None = None
    expected_calibration_error_delta: float | None = None
    mean_abs_score_difference: float | None = None
    flipped_images: tuple[FlippedImage, ...] = ()
    confusion: tuple[ConfusionCell, ...] = ()
    class_flips: tuple[ClassFlip, ...] = ()
    flipped_images_total: ListTotal | None = None
    confusion_total: ListTotal | None = None
    class_flips_total: ListTotal | None = None
    reliability: tuple[ReliabilityBin, ...] = ()
    reference_reliability: tuple[ReliabilityBin, ...] = ()

    @property
    def worst_class(self) -> ClassResult:
        """The class whose F1 changed for the worst."""
        return min(self.per_class, key=lambda result: result.f1_delta)

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self) | {"per_class": [result.to_dict() for result in self.per_class]}

    @classmethod
    def from_dict(cls, values: Any) -> "Measurement":
        """Read the measurement out of a candidate's JSON object; raises SchemaError if it is something else."""
        return conform_to(cls, values)
