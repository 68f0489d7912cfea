"""Pictures of a run: training images beside their augmented versions, and the first mistakes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from edgekit.rendering.pages.pictures import Picture
from edgekit.rendering.pages.run.files import listed_pictures
from edgekit.rendering.pages.section import Section
from edgekit.runs.folder import RunFolder

TRAINING = {
    "sample-images": "The first training images of each class",
    "augmented": "Training images beside what augmentation makes of them",
}
MISTAKES = {"misclassified": "The first misclassified test images"}


@dataclass(frozen=True, kw_only=True)
class TrainingImagesSection(Section):
    """What the network was shown."""

    template: ClassVar[str] = "run/training_images.html"
    heading: str = "Training images"
    anchor: str = "training-images"
    pictures: Sequence[Picture]


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """One misclassified test image.

    Attributes:
        index: Its place in the test split, from 0.
        true: Its class.
        predicted: What the network says.
        probability: What it gives to that, 0 to 1.
    """

    index: int
    true: str
    predicted: str
    probability: float


@dataclass(frozen=True, kw_only=True)
class MistakesSection(Section):
    """What the network gets wrong."""

    template: ClassVar[str] = "run/mistakes.html"
    heading: str = "Mistakes"
    anchor: str = "mistakes"
    pictures: Sequence[Picture]
    rows: Sequence[Mistake]


def training_images_section(run: RunFolder) -> TrainingImagesSection | None:
    """The section of a run; None if it has no such pictures."""
    pictures = listed_pictures(run, TRAINING)
    return TrainingImagesSection(pictures=pictures) if pictures else None


def mistakes_section(run: RunFolder, report: Mapping[str, Any] | None) -> MistakesSection | None:
    """The section of a run; None if neither a picture nor the report says anything of mistakes."""
    rows, pictures = (report or {}).get("misclassified") or [], listed_pictures(run, MISTAKES)
    if not rows and not pictures:
        return None
    return MistakesSection(
        pictures=pictures,
        rows=[
            Mistake(
                index=row["index"],
                true=row["true"],
                predicted=row["predicted"],
                probability=float(row["probability"]),
            )
            for row in rows
        ],
    )
