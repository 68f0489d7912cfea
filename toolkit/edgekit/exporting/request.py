"""What a user asks of `edgekit export`. Does no work."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from edgekit.artifact import Format, Precision
from edgekit.datasets import Dataset
from edgekit.datasets.class_names import read_labels
from edgekit.datasets.images.rule import RuleChoice
from edgekit.exporting.formats import ExportOptions
from edgekit.exporting.keras.preparing.reading import OutputReading


@dataclass(frozen=True, kw_only=True, eq=False)
class ExportRequest:
    """What a user asks of `edgekit export`; empty means everything there is.

    Attributes:
        target: A run folder, a Keras file, or None for the newest run.
        precisions: See `make_plan`.
        formats: See `make_plan`.
        data: The data set, or `NAME[:PATH]`; None: the one in the run's manifest.
        test_data: Where the test images are; None: in `data`.
        options: What was chosen; of several, each makes the files that it changes.
        calibration_images: How many training images calibrate int8; None: 500, or one per class if there are more.
        seed: Chooses them.
        out: For an external model, the run folder to create.
        keep_doubtful: Keep files that run but fail the check against the float model, under names that say so.
        skip_broken: Leave broken images out of a `folder:` data set, as the training did.
        output_name: For an external model, which of its outputs holds the scores; None: the only one that fits.
        positive_class: For an external model that gives one score for two classes, the class that it belongs to.
        labels: For an external model, a file with its classes in the order of its scores, one per line.
        custom_objects: A Python file that defines the layers of the model that are not Keras'; it is executed.
        image_rule: How image files become pixels.
        resume: Keep files that a run already holds, if they were made from the same model with the same options.
    """

    target: Path | None = None
    precisions: Sequence[Precision] = ()
    formats: Sequence[Format] = ()
    data: str | Dataset | None = None
    test_data: str | None = None
    options: Sequence[ExportOptions] = (ExportOptions(),)
    calibration_images: int | None = None
    seed: int = 0
    out: Path | None = None
    keep_doubtful: bool = False
    skip_broken: bool = False
    output_name: str | None = None
    positive_class: str | None = None
    labels: Path | None = None
    custom_objects: Path | None = None
    image_rule: RuleChoice = field(default_factory=RuleChoice)
    resume: bool = False

    @property
    def reading(self) -> OutputReading:
        """What is said of the model's output; raises UsageError if the labels cannot be read."""
        return OutputReading(
            output_name=self.output_name,
            positive_class=self.positive_class,
            labels=read_labels(self.labels) if self.labels else None,
            labels_source=str(self.labels),
        )
