"""The confusion matrix of a run: as tables, or as pictures if there are many classes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from edgekit.foundation.errors import RunFolderError
from edgekit.rendering.pages.matrix import Matrix, make_matrix
from edgekit.rendering.pages.pictures import Picture
from edgekit.rendering.pages.run.files import listed_pictures
from edgekit.rendering.pages.section import Section
from edgekit.runs.folder import RunFolder

MAX_MATRIX_CLASSES = 40
"""With more classes the confusion matrix is a picture."""

PICTURES = {f"confusion-by-{by}": f"Confusion matrix by {by}" for by in ("truth", "prediction")}


@dataclass(frozen=True, kw_only=True)
class ConfusionSection(Section):
    """Matrices, or pictures of them."""

    template: ClassVar[str] = "run/confusion.html"
    heading: str = "Confusion matrix"
    anchor: str = "confusion-matrix"
    matrices: Sequence[Matrix] = ()
    pictures: Sequence[Picture] = ()


def confusion_section(run: RunFolder, report: Mapping[str, Any] | None) -> ConfusionSection | None:
    """The section of a run; None if its report has no matrix, or too large a one and no picture of it."""
    if report is None or not {"confusion_matrix", "confusion_cells"} & set(report):
        return None
    names, cells = [row["class"] for row in report["per_class"]], report.get("confusion_matrix")
    if cells is not None and (len(cells) != len(names) or any(len(row) != len(names) for row in cells)):
        raise RunFolderError(
            f"The confusion matrix in {run.report_path} does not fit its {len(names)} classes. Expected a row and a "
            f"column per class. Restore the file, or train again."
        )
    if cells is not None and len(names) <= MAX_MATRIX_CLASSES:
        return ConfusionSection(matrices=_matrices(names, cells))
    pictures = listed_pictures(run, PICTURES)
    return ConfusionSection(pictures=pictures) if pictures else None


def _matrices(names: Sequence[str], cells: Sequence[Sequence[int]]) -> list[Matrix]:
    turned = [list(column) for column in zip(*cells, strict=True)]
    return [
        make_matrix("By true class: colour is the share of the row, the diagonal recall", names, cells,
                    rows="true class", columns="predicted class"),
        make_matrix("By predicted class: colour is the share of the row, the diagonal precision", names, turned,
                    rows="predicted class", columns="true class"),
    ]  # fmt: skip
