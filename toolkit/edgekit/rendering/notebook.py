"""Results in a notebook: what a command prints on the terminal, with HTML tables instead of rich's."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edgekit.foundation.registry import Registry

if TYPE_CHECKING:
    from rich.table import Table

PRINTERS: Registry[Callable[..., None]] = Registry(
    "result",
    {
        "ClientsReport": ("edgekit.rendering.terminal.clients_table:print_clients", "edgekit clients"),
        "DiagnoseReport": ("edgekit.rendering.terminal.layer_drift_table:print_diagnose_report", "edgekit diagnose"),
        "Diagnosis": ("edgekit.rendering.terminal.doctor:print_diagnosis", "edgekit doctor"),
        "ExportReport": ("edgekit.rendering.terminal.export_table:print_export", "edgekit export"),
        "LayerDriftReport": ("edgekit.rendering.terminal.layer_drift_table:print_layer_drift", "edgekit diagnose"),
        "ModelInfo": ("edgekit.rendering.terminal.model_info:print_model_info", "edgekit inspect"),
        "PredictReport": ("edgekit.rendering.predictions:print_predictions", "edgekit predict"),
        "ReportChanges": ("edgekit.rendering.terminal.changes_table:print_changes", "edgekit compare-reports"),
        "RunComparison": ("edgekit.rendering.terminal.runs_table:print_runs", "edgekit compare"),
        "SchemeComparison": ("edgekit.rendering.terminal.schemes_table:print_schemes", "edgekit compare-schemes"),
        "SpeedComparison": ("edgekit.rendering.speed_table:print_speed_comparison", "edgekit bench"),
        "SpeedReport": ("edgekit.rendering.speed_table:print_speed", "edgekit bench"),
        "TuneReport": ("edgekit.rendering.terminal.search_table:print_tuning", "edgekit tune"),
        "VerificationReport": ("edgekit.rendering.terminal.verification_table:print_verification", "edgekit verify"),
    },
)
"""Class of a result -> what prints it: `printer(result, console=console)`."""

WIDTH = 10_000
"""Columns of the console that collects: no table drops a column, no line breaks."""


CSS = {"green": "color: #1a7f37", "yellow": "color: #9a6700", "red": "color: #cf222e", "bold": "font-weight: bold"}
"""Words of rich's styles -> CSS that is readable on white and on black."""


@dataclass(frozen=True, kw_only=True)
class Text:
    """A text with its colour.

    Attributes:
        lines: One below the other.
        css: Of the whole text; "": none.
    """

    lines: list[str]
    css: str = ""


@dataclass(frozen=True, kw_only=True)
class Paragraph:
    """A text of its own, with or without a margin."""

    text: Text
    indented: bool


@dataclass(frozen=True, kw_only=True)
class Column:
    """The head of a column; `align` as in CSS's text-align."""

    header: Text
    align: str


@dataclass(frozen=True, kw_only=True)
class Cells:
    """A table: its rows hold one cell for each column."""

    title: Text | None
    columns: list[Column]
    cells: list[list[Text]]


def html_of(result: object) -> str:
    """The result as HTML for a notebook: no style of the whole page, no script, everything escaped."""
    from edgekit.rendering.pages.templating import environment

    blocks = filter(None, map(_block, _shown_by(PRINTERS.load(type(result).__name__), result)))
    return environment().get_template("notebook.html").render(blocks=list(blocks))


def _shown_by(printer: Callable[..., None], result: object) -> list[Any]:
    """What the printer gives to its console: text, tables, and text with a margin."""
    from rich.console import Console

    class Collector(Console):
        def print(self, *objects: Any, **_: Any) -> None:
            shown.extend(objects)

    shown: list[Any] = []
    printer(result, console=Collector(file=io.StringIO(), width=WIDTH))
    return shown


def _block(shown: Any) -> Cells | Paragraph | None:
    """A table or a paragraph; None: an empty line."""
    from rich.padding import Padding
    from rich.table import Table

    if isinstance(shown, Table):
        return _cells(shown)
    is_indented = isinstance(shown, Padding)
    text = _text(shown.renderable if isinstance(shown, Padding) else shown)
    return Paragraph(text=text, indented=is_indented) if text.lines else None


def _cells(table: "Table") -> Cells:
    columns = [Column(header=_text(column.header), align=column.justify) for column in table.columns]
    rows = zip(*(column.cells for column in table.columns), strict=True)
    return Cells(
        title=_text(table.title) if table.title else None,
        columns=columns,
        cells=[[_text(cell, str(getattr(cell, "style", ""))) for cell in row] for row in rows],
    )


def _text(shown: object, style: str = "") -> Text:
    """Its lines, in the colour of rich's style."""
    text = str(shown)
    css = "; ".join(CSS[word] for word in style.split() if word in CSS)
    return Text(lines=text.split("\n") if text else [], css=css)
