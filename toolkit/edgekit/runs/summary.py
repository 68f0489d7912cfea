"""A finished training in a few numbers, and several of them in order. Reads the run folder; runs nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, TypedDict

from edgekit.foundation.files.documents import read_json, read_table
from edgekit.foundation.files.schema import Count, Limits, Share
from edgekit.foundation.grammar import counted, letters
from edgekit.foundation.results import Displayed
from edgekit.runs.folder import RUNS_FOLDER, RunFolder, runs_under

HISTORY_COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")
"""The columns of history.csv; `epoch` counts from 1."""

HistoryRow = dict[str, float]

HISTORY_SCHEMA: dict[str, Any] = {
    "epoch": Annotated[float, Limits(low=0, high=1e9)],
    "loss": Annotated[float, Limits(low=-1e38, high=1e38)],
    "accuracy": Annotated[float, Limits(low=0, high=1.001)],
    "val_loss": Annotated[float, Limits(low=-1e38, high=1e38)],
    "val_accuracy": Annotated[float, Limits(low=0, high=1.001)],
    "learning_rate": Annotated[float, Limits(low=0, high=1e9)],
    "seconds": Annotated[float, Limits(low=0, high=1e12)],
}
"""What the cells of history.csv hold; Keras adds up accuracies in float32."""

SPLITS = ("train", "validation", "test")


class _Quality(TypedDict):
    """See `edgekit.metrics.classification.ClassQuality`."""

    precision: Share
    recall: Share
    f1: Share
    support: Count


_ClassQuality = TypedDict(
    "_ClassQuality", {"class": str, "precision": Share, "recall": Share, "f1": Share, "support": Count}
)


class _Mistake(TypedDict):
    """One misclassified image."""

    index: Count
    true: str
    predicted: str
    probability: Annotated[float, Limits(low=0, high=1.001)]


class ReportDocument(TypedDict, total=False):
    """report.json: see `edgekit.metrics.classification.ClassificationReport`."""

    num_images: Count
    accuracy: Share
    per_class: list[_ClassQuality]
    macro_average: _Quality
    weighted_average: _Quality
    confusion_matrix: list[list[Count]]
    misclassified: list[_Mistake]


TEST_IMAGES_MAY_BE_KNOWN = (
    "edgekit did not train this model, so these test images may have been among its training images. Then its test "
    "accuracy is too high; how much the exported files differ from it is still right."
)
"""A note on external models, shown beside their accuracy."""


@dataclass(frozen=True, kw_only=True)
class RunSummary:
    """What a run came to; None if the run does not say.

    Attributes:
        run: Its folder, as it was named.
        recipe: What was trained.
        status: "finished", "interrupted" or "training".
        num_parameters: Of the network, batch statistics included.
        size_bytes: Of model.keras.
        epochs: How many were done.
        best_epoch: The first one with the highest validation accuracy, from 1.
        train_accuracy: Share of the training images in that epoch, 0 to 1, as Keras measures it on the way.
        validation_accuracy: In that epoch.
        saved_epoch: Whose model was saved: the last one, or the one a callback went back to.
        test_accuracy: Of the model that was saved.
        seconds: Of all epochs.
        dataset: Its name.
        dataset_sha256: Of class names and test images.
        train_sha256: Of the training images, validation left out.
        num_train: How many training images there were.
    """

    run: str
    recipe: str | None = None
    status: str = "finished"
    num_parameters: int | None = None
    size_bytes: int | None = None
    epochs: int | None = None
    best_epoch: int | None = None
    train_accuracy: float | None = None
    validation_accuracy: float | None = None
    saved_epoch: int | None = None
    test_accuracy: float | None = None
    seconds: float | None = None
    dataset: str | None = None
    dataset_sha256: str | None = None
    train_sha256: str | None = None
    num_train: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class RunComparison(Displayed):
    """Runs side by side.

    Attributes:
        runs: Those on the same test images are grouped; best validation accuracy first.
        remarks: What keeps their numbers from being compared, in sentences.
    """

    runs: tuple[RunSummary, ...]
    remarks: tuple[str, ...]

    def __repr__(self) -> str:
        best = f", {self.runs[0].run} first" if self.runs else ""
        return f"<RunComparison of {counted(len(self.runs), 'run')}{best}>"

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        return {"runs": [run.to_dict() for run in self.runs], "remarks": list(self.remarks)}

    @property
    def datasets(self) -> dict[str | None, str]:
        """SHA-256 of the test images -> "A", "B" and so on, in the order of `runs`."""
        found = dict.fromkeys(run.dataset_sha256 for run in self.runs)
        return {sha256: letters(number) for number, sha256 in enumerate(found)}


def compare_runs(paths: Sequence[Path] = ()) -> RunComparison:
    """Sum up the runs in these folders, or all under `exported/`.

    Runs are sorted by validation accuracy, because that is what one chooses by; the test images are for the
    last measurement only.

    Raises:
        RunFolderError: A folder holds no run, or one that was changed by hand, or there is none at all.
    """
    summaries = [summarize(RunFolder.named(path)) for path in dict.fromkeys(paths or runs_under(RUNS_FOLDER))]
    order = list(dict.fromkeys(run.dataset_sha256 for run in summaries))
    summaries.sort(key=lambda run: (order.index(run.dataset_sha256), -_or_least(run.validation_accuracy), run.run))
    return RunComparison(runs=tuple(summaries), remarks=tuple(_remarks(summaries)))


def summarize(run: RunFolder) -> RunSummary:
    """The numbers of one run, out of its manifest, history.csv and report.json.

    Raises:
        RunFolderError: One of these files was changed or cannot be read.
    """
    manifest = run.manifest
    data = manifest.get("dataset") or {}
    history = read_history(run)
    best = best_row(history)
    return RunSummary(
        run=str(run.path),
        recipe=manifest.get("recipe"),
        status=manifest.get("status") or "finished",
        num_parameters=manifest.get("num_parameters"),
        size_bytes=manifest["files"].get(run.model_path.name, {}).get("size_bytes"),
        epochs=manifest.get("epochs") or len(history) or None,
        best_epoch=int(best["epoch"]) if best else None,
        train_accuracy=best["accuracy"] if best else None,
        validation_accuracy=best["val_accuracy"] if best else None,
        saved_epoch=manifest.get("saved_epoch"),
        test_accuracy=(read_report(run) or {}).get("accuracy"),
        seconds=manifest.get("seconds"),
        dataset=data.get("name"),
        dataset_sha256=data.get("sha256"),
        train_sha256=data.get("train_sha256"),
        num_train=data.get("num_train"),
    )


def read_history(run: RunFolder) -> list[HistoryRow]:
    """The rows of history.csv, HISTORY_COLUMNS as numbers; none for a model that was trained elsewhere.

    The manifest of a training that was killed lists no file yet; its history counts nevertheless.

    Raises:
        RunFolderError: The file was changed or is not a history.
    """
    is_unfinished = run.manifest.get("status") == "training" and run.history_path.is_file()
    if not is_unfinished and not _is_listed(run, run.history_path):
        return []
    return read_table(run.history_path, HISTORY_SCHEMA, remedy="Restore it, or train again.")


def read_report(run: RunFolder) -> dict[str, Any] | None:
    """What report.json says; None if the run has none. Raises RunFolderError if it was changed or is another."""
    if not _is_listed(run, run.report_path):
        return None
    return dict(read_json(run.report_path, ReportDocument))


def read_class_counts(run: RunFolder) -> dict[str, dict[str, int]]:
    """Class -> split -> number of images, out of classes.csv; empty if the run has none."""
    path = run.path / "classes.csv"
    if not _is_listed(run, path):
        return {}
    rows = read_table(path, {"class": str, **dict.fromkeys(SPLITS, Count)})
    return {row["class"]: {name: row[name] for name in SPLITS} for row in rows}


def best_row(history: Sequence[HistoryRow]) -> HistoryRow | None:
    """The first epoch with the highest validation accuracy; None if there is no epoch."""
    return max(history, key=lambda row: row["val_accuracy"], default=None)


def epoch_in_words(row: HistoryRow) -> str:
    """An epoch and its validation accuracy: "43 (84.71 %)"."""
    return f"{int(row['epoch'])} ({100 * row['val_accuracy']:.2f} %)"


def rate_limits(history: Sequence[HistoryRow]) -> tuple[float, float] | None:
    """Both ends of an axis for the learning rate; None if it falls by more than a factor of 20.

    Then only a logarithmic axis shows its end.
    """
    rates = [row["learning_rate"] for row in history]
    if min(rates) > 0 and max(rates) > 20 * min(rates):
        return None
    return 0.0, 1.1 * max(rates) or 1.0


def gap_in_words(history: Sequence[HistoryRow]) -> str:
    """How far training and validation accuracy are apart at the end: the over-fitting gap, in points."""
    last = history[-1]
    gap = 100 * (last["accuracy"] - last["val_accuracy"])
    return f"Accuracy (over-fitting gap at the end: {gap:+.1f} points)"


def _is_listed(run: RunFolder, path: Path) -> bool:
    """Whether the manifest lists the file; raises RunFolderError if it is not what is listed."""
    relative = path.relative_to(run.path)
    if relative.as_posix() not in run.manifest["files"]:
        return False
    run.check_file(relative)
    return True


def _remarks(runs: Sequence[RunSummary]) -> Iterable[str]:
    if len({run.dataset_sha256 for run in runs}) > 1:
        yield (
            "These runs were not measured on the same test images (column data), so "
            "compare accuracies only between runs with the same letter."
        )
    for sha256 in dict.fromkeys(run.dataset_sha256 for run in runs):
        together = [run for run in runs if run.dataset_sha256 == sha256]
        if len({run.train_sha256 for run in together}) > 1:
            counts = ", ".join(f"{run.run} {_images(run.num_train)}" for run in together)
            yield f"The training images differ, and with them the validation images: {counts}."
    for run in runs:
        if run.status != "finished":
            yield f"{run.run} is not finished: {run.epochs or 0} epochs are done."


def _images(count: int | None) -> str:
    return "?" if count is None else f"{count:,}"


def _or_least(value: float | None) -> float:
    return -1.0 if value is None else value
