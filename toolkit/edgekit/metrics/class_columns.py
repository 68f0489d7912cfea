"""Which class of a data set each column of a model's scores stands for. Knows no file.

A model may know classes that the data set lacks (a background class, all of ImageNet if the data set is a part of
it), and may name one class twice. What the data set lacks is one more class here, OTHER_CLASS, which no image has.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgekit.foundation.errors import UsageError
from edgekit.foundation.grammar import counted
from edgekit.foundation.mapped_arrays import pieces, put_together
from edgekit.metrics.drift import Scores

OTHER_CLASS = "other class"
MAX_NAMED = 10


@dataclass(frozen=True, kw_only=True)
class ClassColumns:
    """The columns of a model, bound to the classes of a data set.

    Attributes:
        classes: For each column the class of the data set, 0 to `num_classes` - 1; `num_classes` for a class that the
            data set lacks.
        num_classes: Classes of the data set, C.
    """

    classes: tuple[int, ...]
    num_classes: int

    @classmethod
    def named(cls, names: Sequence[str], dataset_names: Sequence[str], source: str) -> "ClassColumns":
        """The columns called `names`.

        Args:
            names: The model's classes, one for each column; duplicates are allowed.
            dataset_names: The data set's classes.
            source: What holds the names, as a subject: "labels.txt".

        Raises:
            UsageError: A class of the data set has no column.
        """
        positions = {name: index for index, name in enumerate(dataset_names)}
        if missing := [name for name in dataset_names if name not in set(names)]:
            unknown = [name for name in names if name not in positions]
            more = f" Not in the data set: {listed(unknown)}." if unknown else ""
            raise UsageError(
                f"{source} must name every class of the data set, one name per line, in the order of the model's "
                f"scores. Received {counted(len(names), 'name')}; missing: {listed(missing)}.{more}"
            )
        return cls(
            classes=tuple(positions.get(name, len(dataset_names)) for name in names), num_classes=len(dataset_names)
        )

    @property
    def has_other(self) -> bool:
        """Whether the model knows a class that the data set lacks."""
        return self.num_classes in self.classes

    @property
    def is_identity(self) -> bool:
        """Whether the model's columns are the data set's classes, in the same order."""
        return self.classes == tuple(range(self.num_classes))

    @property
    def order(self) -> tuple[int, ...] | None:
        """For each class of the data set its column, if the columns are the same classes; else None."""
        if sorted(self.classes) != list(range(self.num_classes)):
            return None
        return tuple(self.classes.index(each) for each in range(self.num_classes))

    def class_names(self, dataset_names: Sequence[str]) -> tuple[str, ...]:
        """The names of what `gather` gives: those of the data set and, if the model knows more, OTHER_CLASS."""
        return (*dataset_names, OTHER_CLASS) if self.has_other else tuple(dataset_names)

    def gather(self, scores: Scores) -> Scores:
        """Probabilities by the model's columns, float (N, columns), as scores by class, float (N, C or C + 1).

        Of several columns of one class the highest counts: so the top class stays the one that the model puts first,
        and its score the model's confidence. Rows then need not sum to 1.
        """
        columns = np.argsort(self.classes, kind="stable")
        width = self.num_classes + self.has_other
        starts = np.searchsorted(np.array(self.classes)[columns], range(width))
        return put_together(
            lambda: (
                np.maximum.reduceat(scores[piece][:, columns], starts, axis=1) for piece in pieces(len(scores), scores)
            ),
            (len(scores), width),
            scores.dtype,
        )


def listed(names: Sequence[str]) -> str:
    """Names for a person, the first MAX_NAMED of them: "'cat', 'dog'"."""
    more = f" and {len(names) - MAX_NAMED:,} more" if len(names) > MAX_NAMED else ""
    return ", ".join(f"'{name}'" for name in names[:MAX_NAMED]) + more
