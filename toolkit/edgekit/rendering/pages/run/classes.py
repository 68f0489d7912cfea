"""Images and quality by class, and their averages."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from edgekit.rendering.pages.numbers import count
from edgekit.rendering.pages.section import Section
from edgekit.runs.folder import RunFolder
from edgekit.runs.summary import SPLITS, read_class_counts

SCORES = ("precision", "recall", "f1")


@dataclass(frozen=True, kw_only=True)
class ClassRow:
    """One class.

    Attributes:
        name: The class.
        images: Images in each split; none if the run does not say.
        scores: Precision, recall and F1, 0 to 1; none if the run does not say.
    """

    name: str
    images: Sequence[int]
    scores: Sequence[float]


@dataclass(frozen=True, kw_only=True)
class ClassesSection(Section):
    """The table of classes.

    Attributes:
        splits: Headings of `ClassRow.images`.
        scores: Headings of `ClassRow.scores`.
        rows: One per class.
        averages: Names and values; none if there are no scores.
    """

    template: ClassVar[str] = "run/classes.html"
    heading: str = "Classes"
    anchor: str = "classes"
    splits: Sequence[str]
    scores: Sequence[str]
    rows: Sequence[ClassRow]
    averages: Sequence[tuple[str, str]]


def classes_section(run: RunFolder, report: Mapping[str, Any] | None) -> ClassesSection | None:
    """The section of a run; None if neither its report nor classes.csv says anything of classes."""
    counts = read_class_counts(run)
    if report is None and not counts:
        return None
    quality = {row["class"]: row for row in (report or {}).get("per_class", ())}
    scores = SCORES if report is not None and "per_class" in report else ()
    return ClassesSection(
        splits=[f"{name} images" for name in SPLITS] if counts else (),
        scores=[name.replace("f1", "F1") for name in scores],
        rows=[
            ClassRow(
                name=name,
                images=tuple(counts.get(name, {}).values()),
                scores=[float(quality[name][score]) for score in scores],
            )
            for name in (quality or counts)
        ],
        averages=list(_averages(report)) if report is not None and scores else (),
    )


def _averages(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "accuracy", f"{report['accuracy']:.4f}"
    for name in ("macro_average", "weighted_average"):
        row = report[name]
        words = (f"{score.replace('f1', 'F1')}\u00a0{row[score]:.4f}" for score in SCORES)
        yield name.replace("_", " "), ", ".join(words)
    yield "test images", count(report["num_images"])
