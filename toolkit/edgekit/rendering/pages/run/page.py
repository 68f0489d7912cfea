"""A run as one HTML page that needs nothing but itself: how it learned, how good it is, what it gets wrong.

Reads what `edgekit train` and `edgekit verify` left in the run folder. Computes nothing, runs nothing.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from edgekit.foundation.errors import RunFolderError
from edgekit.rendering.pages.html import (
    Cell,
    Column,
    Html,
    Row,
    Series,
    code_block,
    details,
    facts,
    figure,
    figures,
    line_chart,
    matrix,
    note,
    page,
    paragraph,
    png_file,
    section,
    table,
    tag,
)
from edgekit.rendering.pages.run.wording import count, percent, settings_in_words, summary_facts
from edgekit.rendering.pages.verification.wording import verdict
from edgekit.runs.folder import RunFolder
from edgekit.runs.summary import (
    HISTORY_COLUMNS,
    best_row,
    epoch_in_words,
    gap_in_words,
    rate_limits,
    read_history,
    read_report,
    summarize,
)
from edgekit.verification.verdict.report import VerificationReport
from edgekit.verification.verdict.report_changes import load_report

MAX_MATRIX_CLASSES = 40
"""With more classes the confusion matrix is a picture."""

Json = Mapping[str, Any]


def run_page(run: RunFolder) -> str:
    """The whole page.

    Raises:
        RunFolderError: A file of the run was changed, or holds something else than edgekit writes.
    """
    report = read_report(run)
    try:
        return page(
            f"Run {run.name}",
            _summary(run),
            _learning(run),
            _classes(run, report),
            _confusion(run, report),
            _pictures(run),
            _mistakes(run, report),
            _verification(run),
            _network(run),
            _surroundings(run),
            lead=f"{run.manifest.get('recipe', 'A model from elsewhere')}, {_data_in_words(run.manifest)}.",
            data=summarize(run).to_dict() | {"run": run.name},
            footer="Made by edgekit report. The numbers of this page, for programs: JSON under the id “data”.",
        )
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise RunFolderError(
            f"The run {run.path} holds a report, history or table that edgekit did not write: "
            f"{type(error).__name__}: {error}. Restore its files, or train again."
        ) from error


def _data_in_words(manifest: Json) -> str:
    data = manifest.get("dataset") or {}
    if "num_train" not in data:
        return f"data set {data.get('name', 'unknown')}"
    names = ("num_train", "num_validation", "num_test")
    train, validation, test = (count(data.get(name)) for name in names)
    return f"trained on {train} images of {data['name']}, chosen by {validation}, measured on {test}"


def _summary(run: RunFolder) -> Html:
    summary = summarize(run)
    unfinished = None
    if summary.status != "finished":
        unfinished = note(f"This training is not finished: {count(summary.epochs)} epochs are done.", tone="warning")
    return section("Summary", facts(summary_facts(summary), is_large=True), unfinished)


def _learning(run: RunFolder) -> Html | None:
    history = read_history(run)
    if not history:
        return None

    def series(name: str, column: str) -> Series:
        return Series(name=name, points=[(row["epoch"], row[column]) for row in history])

    def pair(title: str, column: str, unit: str) -> Html:
        lines = [series("training", column), series("validation", f"val_{column}")]
        return line_chart(title, lines, x="epoch", y=unit, is_counted=True)

    best, saved_epoch = best_row(history), run.manifest.get("saved_epoch")
    words = f"Best epoch by validation accuracy: {epoch_in_words(best)}." if best else ""
    if saved := next((row for row in history if row["epoch"] == saved_epoch), None):
        words += f" The model is that of epoch {epoch_in_words(saved)}."
    limits = rate_limits(history)
    rate = line_chart(
        "Learning rate at the end of each epoch",
        [series("learning rate", "learning_rate")],
        x="epoch",
        y="rate",
        y_limits=limits,
        is_log=limits is None,
        is_counted=True,
    )
    charts = [pair(gap_in_words(history), "accuracy", "share of images"), pair("Loss", "loss", "mean"), rate]
    return section(
        "Learning",
        paragraph(f"{words} The over-fitting gap is training minus validation accuracy."),
        figures(charts),
        details("Every epoch", _epochs(history)),
    )


def _epochs(history: Sequence[Json]) -> Html:
    columns = [
        Column(name=name.replace("val_", "validation ").replace("_", " "), is_number=True) for name in HISTORY_COLUMNS
    ]
    rows = [
        [f"{row[name]:.0f}" if name == "epoch" else f"{row[name]:.6g}" for name in HISTORY_COLUMNS] for row in history
    ]
    return table("Epochs", columns, rows)


# --- How good it is ------------------------------------------------------------------------------------


def _classes(run: RunFolder, report: Json | None) -> Html | None:
    counts = _class_counts(run)
    if report is None and not counts:
        return None
    splits = [name for name in ("train", "validation", "test") if counts]
    scores = ("precision", "recall", "f1") if report is not None and "per_class" in report else ()
    quality = {row["class"]: row for row in report["per_class"]} if report is not None and scores else {}
    columns = [Column(name="class")]
    columns += [Column(name=f"{name} images", is_number=True) for name in splits]
    columns += [Column(name=name.replace("f1", "F1"), is_number=True) for name in scores]
    rows = [
        Row(
            cells=[
                name,
                *(Cell(content=count(number), sort=number) for number in counts.get(name, {}).values()),
                *(f"{quality[name][score]:.4f}" for score in scores),
            ]
        )
        for name in (quality or counts)
    ]
    averages = facts(_averages(report)) if report is not None and scores else None
    return section("Classes", table("Images and quality by class", columns, rows), averages)


def _averages(report: Json) -> Iterator[tuple[str, str]]:
    yield "accuracy", f"{report['accuracy']:.4f}"
    for name in ("macro_average", "weighted_average"):
        row = report[name]
        words = (f"{score.replace('f1', 'F1')}\u00a0{row[score]:.4f}" for score in ("precision", "recall", "f1"))
        yield name.replace("_", " "), ", ".join(words)
    yield "test images", count(report["num_images"])


def _class_counts(run: RunFolder) -> dict[str, dict[str, int]]:
    """Class -> split -> number of images, out of classes.csv; empty where the run has none."""
    text = _listed_text(run, "classes.csv")
    if text is None:
        return {}
    rows = list(csv.DictReader(text.splitlines()))
    return {row["class"]: {name: int(row[name]) for name in ("train", "validation", "test")} for row in rows}


def _confusion(run: RunFolder, report: Json | None) -> Html | None:
    cells = None if report is None else report.get("confusion_matrix")
    if report is None or cells is None:
        return None
    names = [row["class"] for row in report["per_class"]]
    if len(names) > MAX_MATRIX_CLASSES:
        shown = [_picture(run, f"confusion-by-{by}", f"Confusion matrix by {by}") for by in ("truth", "prediction")]
        return section("Confusion", *shown) if any(shown) else None
    turned = [list(column) for column in zip(*cells, strict=True)]
    both = [
        matrix("By truth: colour is the share of the row, the diagonal recall", names, cells,
               rows="true class", columns="predicted class"),
        matrix("By prediction: colour is the share of the row, the diagonal precision", names, turned,
               rows="predicted class", columns="true class"),
    ]  # fmt: skip
    return section("Confusion", figures(both, is_large=True))


def _mistakes(run: RunFolder, report: Json | None) -> Html | None:
    rows = (report or {}).get("misclassified") or []
    picture = _picture(run, "misclassified", "The first misclassified test images")
    if not rows and picture is None:
        return None
    columns = [Column(name="no.", is_number=True), Column(name="true"), Column(name="predicted")]
    columns.append(Column(name="probability", is_number=True))
    cells = [[str(row["index"]), row["true"], row["predicted"], f"{row['probability']:.4f}"] for row in rows]
    caption = "The first misclassified test images; no. is the place in the test split, from 0"
    return section("Mistakes", picture, table(caption, columns, cells) if rows else None)


# --- What it was made of -------------------------------------------------------------------------------


def _pictures(run: RunFolder) -> Html | None:
    shown = [
        _picture(run, "sample-images", "The first training images of each class"),
        _picture(run, "augmented", "Training images beside what augmentation makes of them"),
    ]
    return section("Training images", figures(shown, is_large=True)) if any(shown) else None


def _picture(run: RunFolder, name: str, words: str) -> Html | None:
    """A figure of the run; None where it has none."""
    relative = Path("figures") / f"{name}.png"
    if relative.as_posix() not in run.manifest["files"]:
        return None
    run.check_file(relative)
    picture = png_file(run.path / relative, words)
    return figure(tag("div", picture, class_="scroll", tabindex="0", role="region", aria_label=words), words)


def _network(run: RunFolder) -> Html | None:
    text = _listed_text(run, "summary.txt")
    return None if text is None else section("Network", details("Layers", code_block(text)))


def _surroundings(run: RunFolder) -> Html:
    return section("How it was made", *(facts(group) for group in settings_in_words(run.manifest) if group))


def _verification(run: RunFolder) -> Html:
    """What the last `edgekit verify` found, and where its own page is."""
    if not run.verification_path.is_file():
        return section("Verification", paragraph("Not verified yet. Next: edgekit export, then edgekit verify."))
    report = load_report(run.verification_path)
    link = None
    if (run.path / "report.html").is_file():
        link = paragraph(
            "All of it: ", tag("a", "the verification's own page", href="report.html"), " beside this one."
        )
    return section("Verification", link, _candidates(report))


def _candidates(report: VerificationReport) -> Html:
    columns = [Column(name="file"), Column(name="runtime"), Column(name="verdict")]
    columns += [Column(name=name, is_number=True) for name in ("accuracy", "agreement", "kB")]
    rows: list[list[str | Cell]] = []
    for row in report.candidates:
        measured = row.measurement
        accuracy, agreement = (
            ("-", "-") if measured is None else (percent(measured.accuracy), percent(measured.agreement))
        )
        shown = Cell(content=verdict(row), sort=row.verdict.value)
        rows.append([row.artifact, row.runtime, shown, accuracy, agreement, f"{row.size_bytes / 1000:,.0f}"])
    return table("Exported files in their runtimes", columns, rows)


def _listed_text(run: RunFolder, name: str) -> str | None:
    """The text of a file that the manifest lists; None where it lists none."""
    if name not in run.manifest["files"]:
        return None
    run.check_file(Path(name))
    return (run.path / name).read_text(encoding="utf-8")
