"""What a user says about a model's output: which one, and of which classes. Knows no Keras."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edgekit.foundation.errors import UnknownNameError, UsageError
from edgekit.foundation.grammar import counted
from edgekit.metrics.class_columns import ClassColumns


@dataclass(frozen=True, kw_only=True)
class OutputReading:
    """How the output of a model is read; None if nothing was said.

    Attributes:
        output_name: Which of several outputs holds the scores.
        positive_class: The class that the one score of a model of two classes is of.
        labels: The class of each score, in the model's order; may hold duplicates and classes that the data set lacks.
        labels_source: What holds the labels, for messages: "labels.txt".
    """

    output_name: str | None = None
    positive_class: str | None = None
    labels: tuple[str, ...] | None = None
    labels_source: str = "--labels"

    @classmethod
    def of_manifest(cls, entry: Mapping[str, Any]) -> "OutputReading":
        """What `to_dict` made."""
        labels = entry.get("labels")
        return cls(
            output_name=entry.get("output_name"),
            positive_class=entry.get("positive_class"),
            labels=tuple(labels) if labels else None,
            labels_source="The manifest",
        )

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object, for the manifest, without what was not said."""
        entries = {
            "output_name": self.output_name,
            "positive_class": self.positive_class,
            "labels": list(self.labels) if self.labels else None,
        }
        return {name: value for name, value in entries.items() if value is not None}

    @property
    def says_order(self) -> bool:
        """Whether it says which classes the scores are of."""
        return self.labels is not None or self.positive_class is not None

    @property
    def words(self) -> str:
        """For a person: "output 'scores', positive class 'dog'"; "as it is" if nothing was said."""
        parts = [f"output '{self.output_name}'"] if self.output_name else []
        parts += [f"positive class '{self.positive_class}'"] if self.positive_class else []
        parts += [f"{counted(len(self.labels), 'label')}"] if self.labels else []
        return ", ".join(parts) or "as it is"

    def columns(self, class_names: Sequence[str]) -> ClassColumns | None:
        """The model's columns as `labels` name them; None without labels, or if they are `class_names` in order.

        Raises:
            UsageError: A class of the data set is missing.
        """
        if self.labels is None:
            return None
        columns = ClassColumns.named(self.labels, class_names, self.labels_source)
        return None if columns.is_identity else columns

    def num_scores(self, class_names: Sequence[str]) -> int:
        """How many scores the model is to give: one for each label, else one for each class."""
        return len(self.labels) if self.labels is not None else len(class_names)

    def positive_index(self, class_names: Sequence[str]) -> int:
        """Which of two classes one score is of: as said, else the last label, else the second class.

        Raises:
            UsageError: There are not two classes, or labels and positive class contradict each other.
            UnknownNameError: The positive class is none of them.
        """
        if len(class_names) != 2:
            raise UsageError(
                f"--positive-class is for data sets of two classes. This one has {counted(len(class_names), 'class')}. "
                f"Leave it out."
            )
        from_labels = self.labels[-1] if self.labels is not None else None
        name = self.positive_class or from_labels or class_names[1]
        if name not in class_names:
            raise UnknownNameError("class", name, class_names)
        if from_labels is not None and from_labels != name:
            raise UsageError(
                f"{self.labels_source} and --positive-class contradict each other: the second of two labels is the "
                f"positive class. Received '{from_labels}' and '{name}'. Leave one of them out."
            )
        return list(class_names).index(name)
