"""The classes of a model's scores: from a file of class names, a positive class, or a manifest.

Binds what a user says to the classes of a data set. Runs nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edgekit.artifact import FileOptions
from edgekit.datasets.class_names import read_labels
from edgekit.execution.model_interface import ModelInterface
from edgekit.exporting.keras.preparing.reading import OutputReading
from edgekit.foundation.errors import UsageError
from edgekit.foundation.grammar import counted
from edgekit.input_range import RAW, InputEncoding
from edgekit.inspection.own_words import NOTHING, OwnWords
from edgekit.metrics.class_columns import ClassColumns
from edgekit.metrics.two_classes import TwoClasses
from edgekit.runs.folder import RunFolder
from edgekit.verification.candidate import one_score_words
from edgekit.verification.request import ExternalModelOptions


@dataclass(frozen=True, kw_only=True)
class _Labels:
    """The class of each score of a model, and what says so."""

    names: tuple[str, ...]
    source: str


def candidate_interface(
    options: ExternalModelOptions,
    class_names: Sequence[str],
    run: RunFolder | None = None,
    own: OwnWords = NOTHING,
) -> ModelInterface:
    """How an external candidate is fed and read.

    Args:
        options: What the user says.
        class_names: Of the data set.
        run: Whose manifest may say for which class the threshold is.
        own: What its file says, which counts where the user says nothing.

    Raises:
        UsageError: The file of labels cannot be read or lacks a class, or what is said of two classes does not fit.
        UnknownNameError: The positive class is none of the data set's.
    """
    range_text = options.input_range or own.input_range or RAW.text
    encoding = InputEncoding.parse(range_text, options.channel_order or "rgb")
    two, labels = decision(options, class_names, run), _labels(options.labels, own)
    return _external(options, encoding, labels, options.output_name, class_names, two, output=options.output)


def reference_interface(
    options: ExternalModelOptions,
    class_names: Sequence[str],
    run: RunFolder | None = None,
    own: OwnWords = NOTHING,
) -> ModelInterface:
    """How an external reference is fed and read; as `candidate_interface`. Its values say what its output is."""
    range_text = options.reference_input_range or options.input_range or own.input_range or RAW.text
    encoding = InputEncoding.parse(range_text, options.reference_channel_order or options.channel_order or "rgb")
    labels = _labels(options.reference_labels or options.labels, own)
    name = options.reference_output_name or options.output_name
    return _external(options, encoding, labels, name, class_names, decision(options, class_names, run))


def kept_model_interface(options: ExternalModelOptions, class_names: Sequence[str], run: RunFolder) -> ModelInterface:
    """How the Keras model that `run` was exported from, kept in its folder, is fed and read: as its manifest says.

    Raises:
        UsageError: The classes in the manifest are not those of the data set.
        UnknownNameError: The positive class is none of them.
    """
    reading, two_classes = _reading_of(run), decision(options, class_names, run)
    if len(class_names) == 2:
        two_classes = (two_classes or TwoClasses()).of_class(reading.positive_index(class_names))
    encoding = InputEncoding.parse(run.manifest.get("input_range", RAW.text))
    made = ModelInterface(encoding=encoding, two_classes=two_classes)
    if columns := reading.columns(class_names):
        made = made.with_columns(columns)
    return _opened(made, options, reading.output_name, class_names)


def own_interface(
    two_classes: TwoClasses | None, class_names: Sequence[str], run: RunFolder | None, path: Path
) -> ModelInterface | None:
    """How the artifact `path` of `run` is read; None if nothing is to be done with its scores.

    Args:
        two_classes: The threshold; None for none.
        class_names: Of the data set.
        run: What its manifest says of the output counts.
        path: The file.

    Raises:
        UsageError: The classes in the manifest are not those of the data set.
    """
    columns = _reading_of(run).columns(class_names)
    if columns is not None and columns.order is not None:
        columns = None  # the export has brought these into the order of the data set
    gives_logits = run is not None and run.export_entry(path).get("output") == "logits"
    if not gives_logits and columns is None and two_classes is None:
        return None
    return ModelInterface(output="logits" if gives_logits else None, columns=columns, two_classes=two_classes)


def decision(options: ExternalModelOptions, class_names: Sequence[str], run: RunFolder | None) -> TwoClasses | None:
    """The threshold that the user names, for reference and candidates alike; None if there is none.

    It is for the positive class that the user names, else for that of the manifest, else for the last of two labels,
    else for the second class.

    Raises:
        UsageError: There is a threshold or a positive class, and there are not two classes.
        UnknownNameError: The positive class is none of them.
    """
    positive_class = options.positive_class or _reading_of(run).positive_class
    if len(class_names) == 2 and options.threshold is not None:
        labels = _labels_of_all(_labels(options.labels), class_names) if positive_class is None else None
        reading = OutputReading(positive_class=positive_class, labels=labels)
        return TwoClasses(positive=reading.positive_index(class_names), threshold=options.threshold)
    if options.threshold is not None:
        raise UsageError(
            f"--threshold is for data sets of two classes. This one has {counted(len(class_names), 'class')}. Leave it "
            f"out."
        )
    if options.positive_class is not None:
        OutputReading(positive_class=options.positive_class).positive_index(class_names)  # says so of other data sets
    return None


def one_score_remark(interface: ModelInterface, class_names: Sequence[str]) -> str:
    """Which class the one score of a reference is of."""
    two = interface.two_classes or TwoClasses()
    return one_score_words("The reference", class_names[two.positive])


def _labels(path: Path | None, own: OwnWords = NOTHING) -> _Labels | None:
    """The labels that the user names, else those in the model file; None if there are none."""
    if path:
        return _Labels(names=read_labels(path), source=str(path))
    return _Labels(names=own.labels, source=own.labels_source) if own.labels else None


def _labels_of_all(labels: _Labels | None, class_names: Sequence[str]) -> tuple[str, ...] | None:
    """The names of `labels`, if there is one for each class of the data set."""
    return labels.names if labels and len(labels.names) == len(class_names) else None


def _reading_of(run: RunFolder | None) -> OutputReading:
    """What the manifest of `run` says of how the output is read."""
    return OutputReading.of_manifest(run.manifest.get("reading", {}) if run else {})


def _external(
    options: ExternalModelOptions,
    encoding: InputEncoding,
    labels: _Labels | None,
    output_name: str | None,
    class_names: Sequence[str],
    two_classes: TwoClasses | None,
    *,
    output: str | None = None,
) -> ModelInterface:
    if len(class_names) == 2:
        reading = OutputReading(
            positive_class=options.positive_class,
            labels=_labels_of_all(labels, class_names),
            labels_source=labels.source if labels else "",
        )
        two_classes = (two_classes or TwoClasses()).of_class(reading.positive_index(class_names))
    made = ModelInterface(encoding=encoding, output=output, two_classes=two_classes)
    if labels:
        made = made.with_columns(ClassColumns.named(labels.names, class_names, labels.source))
    return _opened(made, options, output_name, class_names)


def _opened(
    made: ModelInterface, options: ExternalModelOptions, output_name: str | None, class_names: Sequence[str]
) -> ModelInterface:
    """The same for a file that edgekit did not make, which may have several outputs and layers of its own."""
    return made.opened_as(
        FileOptions(
            output_name=output_name,
            num_scores=made.widths(len(class_names)),
            custom_objects=options.custom_objects,
        )
    )
