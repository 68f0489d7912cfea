"""The Pareto front: size against speed and accuracy, one point per file."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from edgekit.artifact import Format, Precision
from edgekit.foundation.grammar import listed
from edgekit.rendering.pages.charts import Legend, Point, ScatterChart, scatter_chart
from edgekit.rendering.pages.numbers import points, size
from edgekit.rendering.pages.section import Section
from edgekit.rendering.pages.verification.grouping import VerifiedFile
from edgekit.verification.verdict.report import CandidateReport

MIN_IMAGES = 1000
"""With fewer images no chart of accuracy is drawn: one image is worth more than 0.1 points."""

STYLES = {precision: f"s{number}" for number, precision in enumerate(Precision, start=1)}
UNKNOWN_STYLE = "s6"

LEGEND = Legend(
    shapes={"circle": Format.TFLITE.value, "square": Format.ONNX.value, "triangle": "another format"},
    styles={style: precision.value for precision, style in STYLES.items()} | {UNKNOWN_STYLE: "unknown precision"},
    hollow="does not pass in every runtime",
)


@dataclass(frozen=True, kw_only=True)
class ParetoSection(Section):
    """Two charts.

    Attributes:
        charts: Size against speed, and against accuracy.
        left_out: Why there is no chart of accuracy; "" if there is one.
    """

    template: ClassVar[str] = "verification/pareto.html"
    heading: str = "Pareto front"
    anchor: str = "pareto-front"
    charts: Sequence[ScatterChart]
    left_out: str


@dataclass(frozen=True, kw_only=True)
class _Placed:
    """A file with what it costs and gives.

    Attributes:
        file: The file.
        fastest: Images per second in its fastest runtime.
        runtime: That runtime.
        change: Change of accuracy in its worst runtime, of those that ran the most images, -1 to 1.
        num_images: So many.
    """

    file: VerifiedFile
    fastest: float
    runtime: str
    change: float
    num_images: int

    @property
    def words(self) -> str:
        row = self.file.worst
        return (
            f"{self.file.name}: {size(row.size_bytes)}, {self.fastest:,.0f} images/s in {self.runtime}, "
            f"{points(self.change)} points, {row.verdict}"
        )


def pareto_section(files: Sequence[VerifiedFile]) -> ParetoSection | None:
    """The section of a report's files; None if fewer than two of them were measured."""
    placed = [one for one in map(_placed, files) if one is not None]
    if len(placed) < 2:
        return None
    charts, left_out = [_chart(placed, is_speed=True)], ""
    if min(one.num_images for one in placed) >= MIN_IMAGES:
        charts.append(_chart(placed, is_speed=False))
    else:
        left_out = f"No chart of accuracy: with fewer than {MIN_IMAGES:,} images the differences are mostly chance."
    return ParetoSection(charts=charts, left_out=left_out)


def unbeaten(costs: Sequence[tuple[float, ...]]) -> list[int]:
    """The places of those that no other beats: at most as costly in everything, and cheaper in something."""
    return [
        place
        for place, own in enumerate(costs)
        if not any(all(a <= b for a, b in zip(other, own, strict=True)) and other != own for other in costs)
    ]


def _placed(file: VerifiedFile) -> _Placed | None:
    speeds = [(row.performance.images_per_second, row.runtime) for row in file.rows if row.performance]
    measured = [row.measurement for row in file.rows if row.measurement]
    if not speeds or not measured:
        return None
    most = max(one.num_images for one in measured)
    change = min(one.accuracy_delta for one in measured if one.num_images == most)
    fastest, runtime = max(speeds)
    return _Placed(file=file, fastest=fastest, runtime=runtime, change=change, num_images=most)


def _chart(placed: Sequence[_Placed], *, is_speed: bool) -> ScatterChart:
    passing = [place for place, one in enumerate(placed) if one.file.passes]
    costs = [
        (placed[place].file.worst.size_bytes, -placed[place].fastest if is_speed else -placed[place].change)
        for place in passing
    ]
    front = [passing[place] for place in unbeaten(costs)]
    marks = [_point(one, one.fastest if is_speed else 100 * one.change) for one in placed]
    best = listed([placed[place].file.name for place in sorted(front, key=lambda one: costs[passing.index(one)])])
    return scatter_chart(
        "Pareto front: size and speed" if is_speed else "Pareto front: size and accuracy",
        marks,
        LEGEND,
        x="kB (smaller is left)",
        y="images/s (faster is up)" if is_speed else "accuracy, points",
        description="; ".join(one.words for one in placed),
        front=front,
        caption=f"On the front, of the files that pass: {best}." if front else "",
        is_log=(True, is_speed),
    )


def _point(one: _Placed, value: float) -> Point:
    row = one.file.worst
    return Point(
        x=row.size_bytes / 1000,
        y=value,
        label=_label(one.file, row),
        words=one.words,
        shape={Format.TFLITE: "circle", Format.ONNX: "square"}.get(row.format, "triangle"),  # type: ignore[arg-type]
        style=STYLES[row.precision] if row.precision else UNKNOWN_STYLE,
        is_hollow=not one.file.passes,
        link=one.file.anchor,
    )


def _label(file: VerifiedFile, row: CandidateReport) -> str:
    """Its precision, if that tells it from others of its format; else its file name, shortened."""
    if row.precision and file.name == f"{row.precision} {row.format}":
        return row.precision.value
    name = row.artifact.rpartition("/")[2].rpartition(".")[0].removeprefix("model-") or row.artifact
    return name if len(name) <= 18 else f"{name[:17]}…"
