"""Reference scores from whatever the user has: a Keras, .tflite or .onnx model, run here, or a file of scores."""

import math
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.artifact import FORMAT_OF_SUFFIX, KERAS_SUFFIXES, Precision, format_of
from edgekit.datasets import Dataset
from edgekit.execution.image_files import images_file
from edgekit.execution.isolation import execute
from edgekit.execution.model_interface import ModelInterface
from edgekit.exporting.keras.loading.saved_model import is_saved_model
from edgekit.foundation.errors import VerificationError, first_line_of
from edgekit.foundation.files.npz_files import DAMAGE, ArrayFile, open_arrays
from edgekit.foundation.files.temporary_folders import TemporaryFolder
from edgekit.foundation.grammar import counted
from edgekit.foundation.progress import Progress
from edgekit.metrics import drift
from edgekit.metrics.class_columns import ClassColumns, listed
from edgekit.metrics.own_noise import OwnNoise
from edgekit.metrics.significance import is_better_than_guessing
from edgekit.runs.reference import Reference
from edgekit.runtimes import DEFAULT_RUNTIMES, Execution, ExecutionFailure, SessionSettings
from edgekit.verification.subjects import keras_reference
from edgekit.verification.subjects.class_labels import one_score_remark
from edgekit.verification.subjects.option_names import OptionNames
from edgekit.verification.subjects.other_class import others_remark, score_names

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MODEL_SUFFIXES = (*KERAS_SUFFIXES, *FORMAT_OF_SUFFIX)
SCORE_SUFFIXES = (".npz", ".npy")

BELIEVABLE = 1_000_000
"""Entries of an array that are read, whatever is expected: that costs nothing, and what is wrong can be said."""

KERAS_SETTINGS = SessionSettings(batch_size=keras_reference.KERAS_BATCH)


@dataclass(frozen=True, kw_only=True, eq=False)
class ScoredReference:
    """A reference, and where it comes from.

    Attributes:
        reference: The scores, as probabilities, in the order of the data set.
        runtime: What gave them: "keras", "onnxruntime", "file of scores".
        notes: Whole sentences on what was done.
        file: Name of the model or of the file of scores.
        sha256: Of that file; None if no file is known.
        precision: Of that model, if it is known.
        input: How it is fed and read if that differs from edgekit's own files; see `ModelInterface.differences`.
        remarks: Whole sentences that a reader must know before the candidates are believed; they go into the report.
        own_noise: How far the network differs from itself; None if that was not measured.
    """

    reference: Reference
    runtime: str
    notes: tuple[str, ...] = ()
    file: str | None = None
    sha256: str | None = None
    precision: Precision | None = None
    input: str = ""
    remarks: tuple[str, ...] = ()
    own_noise: OwnNoise | None = None


def runtime_target(path: Path) -> str:
    """What `edgekit.execution.isolation.execute` runs the reference model `path` in."""
    return keras_reference.TARGET if is_keras_model(path) else DEFAULT_RUNTIMES[format_of(path)]


def is_model(path: Path) -> bool:
    """Whether the reference at `path` is a model rather than a file of scores."""
    return path.suffix.lower() in MODEL_SUFFIXES or is_saved_model(path)


def is_keras_model(path: Path) -> bool:
    """Whether the reference at `path` is a Keras model or a SavedModel, which Keras runs."""
    return path.suffix.lower() in KERAS_SUFFIXES or is_saved_model(path)


def check_runs_here(path: Path) -> None:
    """Raise MissingExtraError if `path` is a Keras model and Keras is not installed; imports nothing."""
    if is_keras_model(path):
        from edgekit.foundation.keras_setup import check_installed

        check_installed("tensorflow", "A Keras reference")


def run_reference(
    path: Path, interface: ModelInterface, dataset: Dataset, *, time_limit: float, progress: Progress
) -> ScoredReference:
    """Run the model at `path` on the test split, in a separate process.

    Raises:
        VerificationError: It cannot be run, or does not give finite scores for the classes of the data set.
    """
    is_keras = is_keras_model(path)
    runtime = "keras" if is_keras else DEFAULT_RUNTIMES[format_of(path)]
    with (
        TemporaryFolder() as folder,
        progress.task(f"reference {path.name} in {runtime}", len(dataset.test)) as advance,
    ):
        images = images_file(dataset.test.images, Path(folder) / "test.npy")
        result = execute(
            runtime_target(path),
            path,
            images,
            time_limit=time_limit,
            settings=KERAS_SETTINGS if is_keras else None,
            encoding=interface.encoding,
            file_options=interface.file_options,
            advance=advance,
        )
    if isinstance(result, ExecutionFailure):
        raise VerificationError(f"The reference {path} could not be run in {runtime}. {result.sentence}")
    note = f"Reference: {path.name}, run in {runtime} on {counted(len(dataset.test), 'test image')}."
    scored = _scored(
        _checked(path, result, interface, dataset),
        interface,
        dataset,
        runtime=runtime,
        notes=tuple(filter(None, (note, result.remark))),
    )
    return replace(scored, own_noise=_own_noise(result, interface, scored.reference))


def _own_noise(result: Execution, interface: ModelInterface, reference: Reference) -> OwnNoise | None:
    """How far the probabilities differ that images get alone from those that they get in a batch."""
    if result.alone is None:
        return None
    are_logits = not drift.are_probabilities(result.scores)  # a few logits may all lie between 0 and 1
    alone = replace(interface, output="logits" if are_logits else interface.output).read(result.alone).scores
    return OwnNoise.of(reference.scores[: len(alone)], alone, result.settings.batch_size)


def _checked(path: Path, result: Execution, interface: ModelInterface, dataset: Dataset) -> "NDArray[np.float32]":
    num_scores = result.scores.shape[1]
    if interface.columns is None and num_scores not in interface.widths(len(dataset.class_names)):
        raise VerificationError(
            f"The reference {path} gives {counted(num_scores, 'score')} per image. Expected "
            f"{len(dataset.class_names)}, one for each class of '{dataset.name}'. "
            f"{drift.other_scores(num_scores, len(dataset.class_names))}"
        )
    return result.scores


def read_scores(
    path: Path, interface: ModelInterface, dataset: Dataset, *, are_labels_of_candidates: bool = False
) -> ScoredReference:
    """The scores in a file: .npy (N, C), or .npz with `scores` and, if given, `labels` and `class_names`.

    Args:
        path: The file.
        interface: Its order of classes counts if the file names none; its encoding has no effect.
        dataset: N and C, and the labels that those in the file must equal.
        are_labels_of_candidates: The user named the columns of the candidates alone. If these know more classes
            than the data set, a file with C columns has those of the data set.

    Raises:
        VerificationError: It is not such a file, or belongs to other data.
    """
    import numpy as np

    arrays = _load(path, dataset)
    scores, columns = arrays["scores"], None
    if "class_names" in arrays:
        names = [str(name) for name in arrays["class_names"]]
        columns = ClassColumns.named(names, dataset.class_names, f"class_names in {path}")
        interface = ModelInterface().with_columns(columns)
    elif are_labels_of_candidates and scores.shape[1:] == (len(dataset.class_names),):
        interface = replace(interface, columns=None)
    widths = interface.widths(len(dataset.class_names))
    expected = (len(dataset.test), widths[0])
    if scores.shape not in [(len(dataset.test), width) for width in widths] or scores.dtype.kind != "f":
        raise VerificationError(
            f"{path} holds scores of type {scores.dtype} and shape {scores.shape}. Expected floats of shape "
            f"{expected}: a row for each test image of '{dataset.name}', a column for each class."
        )
    if "labels" in arrays:
        _check_labels(path, arrays["labels"], columns, dataset)
    scored = _scored(scores.astype(np.float32, copy=False), interface, dataset, runtime="file of scores")
    return replace(scored, input=interface.differences)


def _load(path: Path, dataset: Dataset) -> "dict[str, NDArray[Any]]":
    import numpy as np

    try:
        if not zipfile.is_zipfile(path):
            return {"scores": np.lib.format.open_memmap(path, mode="r")}
        with open_arrays(path) as file:
            _check_claims(path, file, dataset)
            names, arrays = (
                list(file),
                {name: file[name] for name in ("scores", "labels", "class_names") if name in file},
            )
    except DAMAGE as error:
        raise VerificationError(
            f"{path} is not a file of scores ({first_line_of(error)}). Expected an .npy of shape (images, classes), or "
            f"an .npz with 'scores', and if you like 'labels' and 'class_names'."
        ) from error
    if "scores" not in arrays:
        raise VerificationError(f"{path} holds no array 'scores', but: {', '.join(names) or 'nothing'}.")
    return arrays


def _check_claims(path: Path, arrays: ArrayFile, dataset: Dataset) -> None:
    """Raise VerificationError if an array claims far more than there can be; unpacks nothing."""
    num_images, num_classes = len(dataset.test), len(dataset.class_names)
    wanted = {"scores": num_images * num_classes, "labels": num_images, "class_names": num_classes}
    for name, expected in wanted.items():
        claimed = math.prod(arrays.header(name).shape) if name in arrays else 0
        if claimed > max(10 * expected, BELIEVABLE):
            raise VerificationError(
                f"{path} holds {claimed:,} entries in '{name}'. Expected {expected:,} for the "
                f"{counted(num_images, 'test image')} and {counted(num_classes, 'class')} of '{dataset.name}'. Write "
                f"the scores of this data set."
            )


def _check_labels(path: Path, labels: "NDArray[Any]", columns: ClassColumns | None, dataset: Dataset) -> None:
    """Raise VerificationError unless the labels of the file are those of the data set."""
    import numpy as np

    if labels.shape != dataset.test.labels.shape or labels.dtype.kind not in "iu":
        raise VerificationError(
            f"{path} holds labels of type {labels.dtype} and shape {labels.shape}. Expected whole numbers of shape "
            f"{dataset.test.labels.shape}, one for each test image."
        )
    names = dataset.class_names
    num_names = len(columns.classes) if columns else len(names)
    is_known = (labels >= 0) & (labels < num_names)
    classes = np.array(columns.classes)[np.where(is_known, labels, 0)] if columns else labels
    other = np.flatnonzero(~is_known | (classes != dataset.test.labels))
    if len(other):
        first = int(other[0])
        pairs = sorted({names[label] for label in dataset.test.labels[other].tolist()})
        raise VerificationError(
            f"The labels in {path} are not those of '{dataset.name}': {len(other):,} of {len(labels):,} differ, test "
            f"image {first} first, which is {listed([names[dataset.test.labels[first]]])} there. Images of "
            f"{listed(pairs)} are concerned: other data, another order of the images, or exchanged labels."
        )


def _scored(
    scores: "NDArray[np.float32]",
    interface: ModelInterface,
    dataset: Dataset,
    *,
    runtime: str,
    notes: tuple[str, ...] = (),
) -> ScoredReference:
    """The scores as probabilities by class, with what was decided about them."""
    drift.check_comparable(scores, scores, dataset.test.labels)
    read = interface.read(scores)
    remark = one_score_remark(interface, dataset.class_names) if read.was_one_score else ""
    return ScoredReference(
        reference=Reference(
            scores=read.scores,
            labels=dataset.test.labels,
            dataset_sha256=dataset.sha256,
            class_names=score_names(dataset.class_names, has_other=interface.knows_others),
        ),
        runtime=runtime,
        notes=notes,
        remarks=tuple(filter(None, (remark, others_remark(interface, "The reference")))),
    )


def check_better_than_guessing(path: Path, reference: Reference, names: OptionNames, *, num_classes: int) -> None:
    """Raise VerificationError if the reference from `path` is hardly better than guessing: it proves nothing."""
    num_images = len(reference.labels)
    accuracy = drift.accuracy(reference.scores, reference.labels)
    if not is_better_than_guessing(accuracy, num_images, num_classes):
        what = (
            f"its input ({names.input_range}, {names.channel_order}) and the order of its classes ({names.labels})"
            if is_model(path)
            else f"the order of its rows (the test images) and of its columns ({names.labels})"
        )
        raise VerificationError(
            f"The reference {path} is right on {accuracy:.1%} of {counted(num_images, 'test image')}, "
            f"no more than guessing ({1 / num_classes:.1%}) may reach by luck. Check {what}. To continue anyway: "
            f"--no-input-check."
        )
