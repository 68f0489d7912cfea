"""From any saved Keras model to the classifier that is exported. Each step has its own file.

The order: one input, its channels last; names that TensorFlow takes; one output; two scores if there is one; the
data set's order of classes; and last the checks and the softmax of `edgekit.exporting.keras.classifier`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edgekit.exporting.keras.classifier import as_classifier
from edgekit.exporting.keras.interface import check_interface
from edgekit.exporting.keras.preparing.channel_axis import with_channel_axis
from edgekit.exporting.keras.preparing.channels_last import with_channels_last
from edgekit.exporting.keras.preparing.column_order import with_columns_in_order
from edgekit.exporting.keras.preparing.outputs import as_functional, with_one_output
from edgekit.exporting.keras.preparing.reading import OutputReading
from edgekit.exporting.keras.preparing.scope_names import rename_layers
from edgekit.exporting.keras.preparing.two_scores import with_two_scores
from edgekit.foundation.errors import UsageError
from edgekit.foundation.grammar import counted, noun
from edgekit.metrics.class_columns import OTHER_CLASS, ClassColumns, listed

if TYPE_CHECKING:
    import keras
    import numpy as np
    from numpy.typing import NDArray

MAX_NAMED = 5


@dataclass(frozen=True, kw_only=True, eq=False)
class Prepared:
    """A classifier that is ready for every exporter.

    Attributes:
        model: See `edgekit.exporting.keras.classifier.as_classifier`.
        adds_softmax: Whether a softmax was added, because the model gives logits.
        columns: What its scores stand for, if they are not the classes of the data set in their order: the model
            knows more classes.
        gives_one_score: Whether the file's model gives one score for two classes.
        renamed: Name of a layer in the file -> its name now.
        notes: Whole sentences about the decisions.
    """

    model: "keras.Model"
    adds_softmax: bool
    columns: ClassColumns | None = None
    gives_one_score: bool = False
    renamed: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def by_class(self, scores: "NDArray[np.float32]") -> "NDArray[np.float32]":
        """The model's scores, float32 (N, columns), by class of the data set: (N, C), or (N, C + 1), see `columns`."""
        return scores if self.columns is None else self.columns.gather(scores)


def prepare(
    model: "keras.Model",
    image_shape: tuple[int, int, int],
    class_names: Sequence[str],
    reading: OutputReading,
) -> Prepared:
    """The classifier that `model` holds; `model` itself stays as it is, except for the names of its layers.

    Args:
        model: As it was loaded.
        image_shape: (height, width, channels) of the data set's images.
        class_names: The data set's classes.
        reading: What is said of its output.

    Raises:
        ExportError: It is not a classifier of such images.
        UsageError: What is said of its output does not fit.
    """
    num_scores = reading.num_scores(class_names)
    columns = reading.columns(class_names)
    model = with_channels_last(as_functional(model, image_shape), image_shape[2])
    model = with_channel_axis(model, image_shape)
    renamed = rename_layers(model)
    model, chosen = with_one_output(
        model, name=reading.output_name, num_scores=num_scores, may_be_one=len(class_names) == 2
    )
    notes = [chosen, _renamed_words(renamed)]
    gives_one_score = len(class_names) == num_scores == 2 and _num_scores(model) == 1
    _check_labels(reading, _num_scores(model), gives_one_score)
    if gives_one_score:
        model, note = _with_two_scores(model, image_shape, class_names, reading)
        columns = None
        notes.append(note)
    elif reading.positive_class is not None:
        raise UsageError(
            f"--positive-class is for a model that gives one score for two classes. This one gives "
            f"{_num_scores(model) or 'no'} scores. Leave it out; --labels FILE sets the order of the classes."
        )
    elif columns is not None:
        check_interface(model, image_shape, num_scores)
        model, columns, note = _in_order(model, columns, class_names)
        notes.append(note)
    classifier, adds_softmax = as_classifier(model, image_shape, num_scores)
    if adds_softmax:
        notes.append("The model gives logits: a softmax is added, so that scores are probabilities.")
    return Prepared(
        model=classifier,
        adds_softmax=adds_softmax,
        columns=columns,
        gives_one_score=gives_one_score,
        renamed=renamed,
        notes=tuple(filter(None, notes)),
    )


def _check_labels(reading: OutputReading, num_scores: int, gives_one_score: bool) -> None:
    """Raise UsageError if there are labels, and not one for each score; two are right for one score."""
    if reading.labels is None or gives_one_score or num_scores in (0, len(reading.labels)):
        return
    raise UsageError(
        f"{reading.labels_source} names {counted(len(reading.labels), 'class')}; the model gives "
        f"{counted(num_scores, 'score')}. Expected one name per line for each score, in the model's order."
    )


def _num_scores(model: "keras.Model") -> int:
    """How many scores the only output gives; 0 if it gives no list of scores."""
    outputs = getattr(model, "outputs", None) or []
    return int(outputs[0].shape[1] or 0) if len(outputs) == 1 and len(outputs[0].shape) == 2 else 0


def _with_two_scores(
    model: "keras.Model", image_shape: tuple[int, int, int], class_names: Sequence[str], reading: OutputReading
) -> tuple["keras.Model", str]:
    positive = reading.positive_index(class_names)
    check_interface(model, image_shape, 1)
    made, kind = with_two_scores(model, image_shape, positive)
    return made, (
        f"The model gives one score, a {kind}, of class '{class_names[positive]}': the files give two probabilities, "
        f"of {listed(class_names)}."
    )


def _in_order(
    model: "keras.Model", columns: ClassColumns, class_names: Sequence[str]
) -> tuple["keras.Model", ClassColumns | None, str]:
    """`model` in the data set's order if it knows the same classes; else as it is, and its columns."""
    if columns.order is not None:
        note = f"The files give their scores in the order of the data set: {listed(class_names)}."
        return with_columns_in_order(model, columns.order), None, note
    num_other = sum(each == columns.num_classes for each in columns.classes)
    note = f"The files keep all {len(columns.classes):,} scores of the model, in its own order."
    if num_other:
        are = noun(num_other, "is of a class", "are of classes")
        note += f" {num_other:,} {are} that the data set lacks: such a prediction counts as '{OTHER_CLASS}'."
    return model, columns, note


def _renamed_words(renamed: Mapping[str, str]) -> str:
    if not renamed:
        return ""
    pairs = [f"'{old}' as '{new}'" for old, new in list(renamed.items())[:MAX_NAMED]]
    more = f" and {len(renamed) - MAX_NAMED} more" if len(renamed) > MAX_NAMED else ""
    return f"Layers are exported under names that TensorFlow accepts: {', '.join(pairs)}{more}."
