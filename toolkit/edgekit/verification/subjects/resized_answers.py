"""The predictions of models under every resize rule: each model is run on each rule's pixels."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.datasets import Dataset
from edgekit.datasets.images.rule import ImageRule
from edgekit.execution.candidates import default_time_limit
from edgekit.execution.image_files import images_file
from edgekit.execution.isolation import execute
from edgekit.foundation.errors import VerificationError
from edgekit.foundation.files.temporary_folders import TemporaryFolder
from edgekit.foundation.progress import Progress
from edgekit.metrics.drift import top_classes
from edgekit.runtimes import ExecutionFailure
from edgekit.verification.subjects.reference_scores import KERAS_SETTINGS, is_keras_model
from edgekit.verification.subjects.resized import ResizeSubject, ResizeSubjects

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Classes = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class RuleAnswers:
    """What the models say under one rule.

    Attributes:
        rule: The rule.
        same_pixels: Every test image becomes the same pixels as by the own rule, so no model was run.
        classes: The top classes of each model, int64 (N,).
    """

    rule: ImageRule
    same_pixels: bool
    classes: "tuple[Classes, ...]"


def answers_under_every_rule(
    subjects: ResizeSubjects, dataset: Dataset, progress: Progress, time_limit: float | None = None
) -> tuple[RuleAnswers, ...]:
    """Run the models on the whole test split under every rule, the own one first.

    Args:
        subjects: Which models and rules.
        dataset: Under the own rule.
        progress: Where it reports.
        time_limit: Seconds for one model under one rule; None: by the number of images.

    Raises:
        DatasetError: An image cannot be decoded by another rule.
        VerificationError: A model cannot be run.
    """

    def answers(resized: Dataset) -> "tuple[Classes, ...]":
        return tuple(_answers(model, resized, progress, time_limit) for model in subjects.models)

    own = RuleAnswers(rule=subjects.own, same_pixels=True, classes=answers(dataset))
    found = [own]
    for rule in subjects.others:
        resized = subjects.under(rule)
        is_same = resized.test.sha256 == dataset.test.sha256
        classes = own.classes if is_same else answers(resized)
        found.append(RuleAnswers(rule=rule, same_pixels=is_same, classes=classes))
    return tuple(found)


def _answers(model: ResizeSubject, dataset: Dataset, progress: Progress, time_limit: float | None) -> "Classes":
    """The top classes of the test split: int64 (N,)."""
    num_images = len(dataset.test)
    with TemporaryFolder() as folder, progress.task(f"{model.name}, {_words(dataset)}", num_images) as advance:
        result = execute(
            model.target,
            model.path,
            images_file(dataset.test.images, Path(folder) / "test.npy"),
            time_limit=time_limit or default_time_limit(num_images),
            settings=KERAS_SETTINGS if is_keras_model(model.path) else None,
            encoding=model.interface.encoding,
            file_options=model.interface.file_options,
            advance=advance,
        )
        if isinstance(result, ExecutionFailure):
            raise VerificationError(f"{model.name} could not be run for --resize-check. {result.sentence}")
        return top_classes(model.interface.read(result.scores).scores)


def _words(dataset: Dataset) -> str:
    return "" if dataset.rule is None else dataset.rule.options
