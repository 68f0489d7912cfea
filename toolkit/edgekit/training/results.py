"""Writes the results of a training: the model, its reference, report, history and figures.

model.keras, reference.npz, report.json, history.csv: for programs
report.txt, classes.csv, summary.txt, figures/*.png: for people
"""

import csv
import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.datasets import Dataset
from edgekit.datasets.sources import count_per_class, splits_of
from edgekit.foundation.atomic_files import atomic_path, write_json, write_text
from edgekit.foundation.errors import RunFolderError, TrainingError
from edgekit.metrics.classification import ClassificationReport, Mistake, classification_report, first_mistakes
from edgekit.rendering import figures
from edgekit.rendering.classification import report_text
from edgekit.runs.folder import RunFolder
from edgekit.runs.reference import Reference
from edgekit.runs.summary import HISTORY_COLUMNS
from edgekit.training.augmentation import Examples
from edgekit.training.monitor import Row

if TYPE_CHECKING:
    import keras
    import numpy as np
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

SUMMARY_WIDTH = 100
"""Columns of summary.txt."""

NUM_MISTAKES = 20
"""How many misclassified images are shown."""


def write_results(
    run: RunFolder,
    *,
    network: "keras.Model",
    scores: "NDArray[np.float32]",
    dataset: Dataset,
    history: Sequence[Row],
    saved_epoch: int | None = None,
    augmented: Examples | None = None,
) -> list[Path]:
    """Write everything but the manifest, and return the paths to list there.

    Args:
        run: Where to.
        network: The trained network, without augmentation and optimizer.
        scores: Its probabilities on the test split: float32 (N, C).
        dataset: What it was trained on.
        history: One row per epoch.
        saved_epoch: Whose weights `network` has, from 1; None: not known.
        augmented: A few training images and what augmentation makes of them.

    Raises:
        TrainingError: A score is NaN or infinite.
        RunFolderError: There is no space or no permission.
    """
    import numpy as np

    if not np.isfinite(scores).all():
        raise TrainingError(
            "The trained network returns NaN or infinity on the test images, so it was not saved. Lower the "
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
    texts = {
        "report.txt": report_text(report) + "\n",
        "classes.csv": class_table(dataset),
        "summary.txt": summary_text(network),
    }
    for name, text in texts.items():
        write_text(run.path / name, text)
    drawn = _draw(dataset, history, saved_epoch, report, mistakes)
    if augmented is not None:
        drawn["augmented"] = figures.augmented_images(*augmented, dataset.class_names)
    for name, figure in drawn.items():
        figures.save(figure, run.figures_path / f"{name}.png")
    return [
        run.model_path,
        run.reference_path,
        run.report_path,
        run.history_path,
        *(run.path / name for name in texts),
        *(run.figures_path / f"{name}.png" for name in drawn),
    ]


def summary_text(network: "keras.Model") -> str:
    """Layers, output shapes and parameters, as Keras prints them; 100 columns wide."""
    lines: list[str] = []
    with _columns(SUMMARY_WIDTH), _no_notebook():
        network.summary(line_length=SUMMARY_WIDTH, print_fn=lines.append)
    return "\n".join(lines).rstrip() + "\n"


@contextmanager
def _columns(count: int) -> Iterator[None]:
    """Let Keras' printer believe in a terminal so wide: it cuts its lines off at the real one, even into a file."""
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = str(count)
    try:
        yield
    finally:
        if before is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = before


@contextmanager
def _no_notebook() -> Iterator[None]:
    """Let Keras' printer take a notebook for a file: there it displays an empty line, and takes another width."""
    from rich import console

    original = console.Console
    console.Console = partial(original, force_jupyter=False)  # type: ignore[misc, assignment]
    try:
        yield
    finally:
        console.Console = original  # type: ignore[misc]


def class_table(dataset: Dataset) -> str:
    """One CSV row per class: its name, and its images in each split."""
    splits = splits_of(dataset)
    counts = [count_per_class(split, len(dataset.class_names)) for split in splits.values()]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["class", *splits])
    writer.writerows(zip(dataset.class_names, *counts, strict=True))
    return text.getvalue()


def save_model(network: "keras.Model", path: Path) -> None:
    """Write the network as `.keras`; raises RunFolderError instead of what Keras raises on a full disk."""
    with atomic_path(path) as temporary:
        try:
            network.save(temporary)
        except (RuntimeError, ValueError) as error:
            raise RunFolderError(f"Could not write {path}: {error}. Nothing was changed there.") from error


def write_history(path: Path, history: Sequence[Row]) -> None:
    """Write one CSV row per epoch."""
    text = io.StringIO()
    writer = csv.DictWriter(text, HISTORY_COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({**row, "epoch": int(row["epoch"])} for row in history)
    write_text(path, text.getvalue())


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


MAX_DRAWN_CLASSES = 1000
"""With more classes than pixels there is no picture of the confusion matrix."""


def _confusion(report: ClassificationReport, names: tuple[str, ...]) -> "dict[str, Figure]":
    """The confusion matrix in percent of the truth, and of the predictions."""
    if len(names) > MAX_DRAWN_CLASSES:
        return {}
    matrix = report.confusion
    return {
        "confusion-by-truth": figures.confusion_matrix(matrix, names, "truth"),
        "confusion-by-prediction": figures.confusion_matrix(matrix, names, "prediction"),
    }


def _draw(
    dataset: Dataset,
    history: Sequence[Row],
    saved_epoch: int | None,
    report: ClassificationReport,
    mistakes: Sequence[Mistake],
) -> "dict[str, Figure]":
    """File name -> figure."""
    names = dataset.class_names
    counts = {name: count_per_class(split, len(names)) for name, split in splits_of(dataset).items()}
    return {
        "classes": figures.class_table(names, counts),
        "sample-images": figures.sample_images(dataset.train, names),
        "learning-curves": figures.learning_curves(history, saved_epoch),
        "learning-rate": figures.learning_rate(history),
        **_confusion(report, names),
        "misclassified": figures.misclassified(dataset.test.images, mistakes, names, report),
    }
