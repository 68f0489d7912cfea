"""Results in a notebook: what a command prints on the terminal, with HTML tables in place of rich's."""

import html
import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from edgekit.foundation.registry import Registry

if TYPE_CHECKING:
    from rich.table import Column, Table

PRINTERS: Registry[Callable[..., None]] = Registry(
    "result",
    {
        "DiagnoseReport": ("edgekit.rendering.terminal.layer_drift_table:print_diagnose_report", "edgekit diagnose"),
        "Diagnosis": ("edgekit.rendering.terminal.doctor:print_diagnosis", "edgekit doctor"),
        "ExportReport": ("edgekit.rendering.terminal.export_table:print_export", "edgekit export"),
        "LayerDriftReport": ("edgekit.rendering.terminal.layer_drift_table:print_layer_drift", "edgekit diagnose"),
        "ModelInfo": ("edgekit.rendering.terminal.model_info:print_model_info", "edgekit inspect"),
        "ReportChanges": ("edgekit.rendering.terminal.changes_table:print_changes", "edgekit compare-reports"),
        "RunComparison": ("edgekit.rendering.terminal.runs_table:print_runs", "edgekit compare"),
        "SchemeComparison": ("edgekit.rendering.terminal.schemes_table:print_schemes", "edgekit compare-schemes"),
        "TuneReport": ("edgekit.rendering.terminal.search_table:print_tuning", "edgekit tune"),
        "VerificationReport": ("edgekit.rendering.terminal.verification_table:print_verification", "edgekit verify"),
    },
)
"""Class of a result -> what prints it: `printer(result, console=console)`."""

WIDTH = 10_000
"""Columns of the console that collects: no table drops a column, no line breaks."""


CSS = {"green": "color: #1a7f37", "yellow": "color: #9a6700", "red": "color: #cf222e", "bold": "font-weight: bold"}
"""Words of rich's styles -> CSS that is readable on white and on black."""


def html_of(result: object) -> str:
    """The result as HTML for a notebook: no style of the whole page, no script, everything escaped."""
    shown = _shown_by(PRINTERS.load(type(result).__name__), result)
    return "\n".join(filter(None, map(_html, shown)))


def _shown_by(printer: Callable[..., None], result: object) -> list[Any]:
    """What the printer gives to its console: text, tables, and text with a margin."""
    from rich.console import Console

    class Collector(Console):
        def print(self, *objects: Any, **_: Any) -> None:
            shown.extend(objects)

    shown: list[Any] = []
    printer(result, console=Collector(file=io.StringIO(), width=WIDTH))
    return shown


def _html(shown: Any) -> str:
    """A table or a paragraph."""
    from rich.padding import Padding
    from rich.table import Table

    if isinstance(shown, Table):
        return _table(shown)
    text = str(shown.renderable if isinstance(shown, Padding) else shown)
    margin = ' style="margin-left: 2em"' if isinstance(shown, Padding) else ""
    return f"<p{margin}>{_text(text)}</p>" if text else ""


def _table(table: "Table") -> str:
    title = f"<caption>{_text(str(table.title))}</caption>" if table.title else ""
    head = "".join(f"<th{_align(column)}>{_text(str(column.header))}</th>" for column in table.columns)
    rows = zip(*(column.cells for column in table.columns), strict=True)
    body = "".join(f"<tr>{''.join(map(_cell, row, table.columns))}</tr>" for row in rows)
    return f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(cell: Any, column: "Column") -> str:
    return f"<td{_align(column)}>{_text(str(cell), str(getattr(cell, 'style', '')))}</td>"


def _align(column: "Column") -> str:
    return f' style="text-align: {column.justify}"'


def _text(text: str, style: str = "") -> str:
    """Escaped, on as many lines as it has, in the colour of rich's style."""
    escaped = html.escape(text).replace("\n", "<br>")
    css = "; ".join(CSS[word] for word in style.split() if word in CSS)
    return f'<span style="{css}">{escaped}</span>' if css else escaped
