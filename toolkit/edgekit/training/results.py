"""What is written when a training is over: the model, its reference, its report, its history, its figures."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.datasets import Dataset
from edgekit.errors import RunFolderError, TrainingError
from edgekit.metrics.classification import ClassificationReport, Mistake, classification_report, first_mistakes
from edgekit.rendering import figures
from edgekit.run_folder import Reference, RunFolder, atomic_path, write_json, write_text
from edgekit.training.monitor import COLUMNS, Row

if TYPE_CHECKING:
    import keras
    import numpy as np
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

NUM_MISTAKES = 20
"""How many misclassified images are shown."""


def write_results(
    run: RunFolder,
    *,
    network: "keras.Model",
    scores: "NDArray[np.float32]",
    dataset: Dataset,
    history: Sequence[Row],
) -> list[Path]:
    """Write everything but the manifest, and return the paths to list there.

    Args:
        run: Where to.
        network: The trained network, without augmentation and optimizer.
        scores: Its probabilities on the test split: float32 (N, C).
        dataset: What it was trained on.
        history: One row an epoch.

    Raises:
        TrainingError: A score is NaN or infinite.
        RunFolderError: There is no space or no permission.
    """
    import numpy as np

    if not np.isfinite(scores).all():
        raise TrainingError(
            "The trained network answers NaN or infinity on the test images, so it was not saved. Lower the "
            "learning rate in the recipe and train again."
        )
    labels = dataset.test.labels
    report = classification_report(scores, labels, dataset.class_names)
    mistakes = first_mistakes(scores, labels, NUM_MISTAKES)
    save_model(network, run.model_path)
    Reference(scores=scores, labels=labels, dataset_sha256=dataset.sha256, class_names=dataset.class_names).save(
        run.reference_path
    )
    write_json(run.report_path, report.to_dict() | {"misclassified": _named(mistakes, dataset.class_names)})
    write_history(run.history_path, history)
    drawn = _draw(dataset, history, report, mistakes)
    for name, figure in drawn.items():
        save_figure(figure, run.figures_path / f"{name}.png")
    return [
        run.model_path,
        run.reference_path,
        run.report_path,
        run.history_path,
        *(run.figures_path / f"{name}.png" for name in drawn),
    ]


def save_model(network: "keras.Model", path: Path) -> None:
    """Write the network as `.keras`; raises RunFolderError in place of what Keras raises on a full disk."""
    with atomic_path(path) as temporary:
        try:
            network.save(temporary)
        except (RuntimeError, ValueError) as error:
            raise RunFolderError(f"Could not write {path}: {error}. Nothing was changed there.") from error


def write_history(path: Path, history: Sequence[Row]) -> None:
    """Write one CSV row an epoch."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({**row, "epoch": int(row["epoch"])} for row in history)
    write_text(path, text.getvalue())


def save_figure(figure: "Figure", path: Path) -> None:
    """Write a figure as PNG."""
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=100, metadata={"Software": None})


def _named(mistakes: Sequence[Mistake], class_names: tuple[str, ...]) -> list[dict[str, object]]:
    return [
        {
            "index": mistake.index,
            "true": class_names[mistake.true],
            "predicted": class_names[mistake.predicted],
            "probability": round(mistake.probability, 4),
        }
        for mistake in mistakes
    ]


def _draw(
    dataset: Dataset, history: Sequence[Row], report: ClassificationReport, mistakes: Sequence[Mistake]
) -> "dict[str, Figure]":
    """File name -> figure."""
    names = dataset.class_names
    return {
        "learning-curves": figures.learning_curves(history),
        "confusion-matrix": figures.confusion_matrix(report.confusion, names),
        "misclassified": figures.misclassified(dataset.test.images, mistakes, names, report),
        "sample-images": figures.sample_images(dataset.train, names),
    }
