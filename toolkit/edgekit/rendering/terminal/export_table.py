"""What `edgekit export` prints: one row per file, then why a file is missing. Measures nothing."""

from typing import TYPE_CHECKING

from edgekit.artifact import Precision
from edgekit.foundation.files.printable import one_line
from edgekit.foundation.grammar import counted, for_shell
from edgekit.rendering.terminal.kernels_table import describe_file
from edgekit.rendering.terminal.tables import Column, make_console, print_table

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from edgekit.exporting.checking.check import CheckResult
    from edgekit.exporting.report import ExportReport

_COLUMNS = (
    Column(name="file", is_file=True),
    Column(name="precision", wrap=False),
    Column(name="kB", align="right", wrap=False),
    Column(name="of\nfloat32", align="right", wrap=False),
    Column(name="largest score\ndifference", align="right", wrap=False),
    Column(name="same top\nclass", align="right", wrap=False),
)


def print_export(report: "ExportReport", console: "Console | None" = None) -> None:
    """Print the files with size, size relative to float32 of the same format, and their check against Keras."""
    console = console or make_console()
    num_images = max((each.check.num_images for each in report.files if each.check), default=0)
    title = f"Exported, checked against Keras on {counted(num_images, 'image')}"
    print_table(title, _COLUMNS, _rows(report), console=console)
    if report.folding and report.folding.summary:
        console.print(report.folding.summary, highlight=False)
    for each in report.files:
        if each.kernels is not None:
            name = each.artifact.path.relative_to(report.run.path).as_posix()
            console.print(f"{name}: {describe_file(each.kernels)}")
    for each in report.doubtful:
        name, doubt = each.artifact.path.relative_to(report.run.path).as_posix(), each.check and each.check.doubt
        console.print(
            f"{name} is in doubt: {doubt}. Find out which layer loses it: "
            f"edgekit diagnose {for_shell(report.run.path)}",
            markup=False,
            highlight=False,
        )
    for reason in dict.fromkeys(failed.reason for failed in report.failed):
        titles = ", ".join(failed.title for failed in report.failed if failed.reason == reason)
        console.print(f"{titles}: not made. {reason}", markup=False, highlight=False)


def _precision_cell(words: str) -> "Text":
    """What stays in float on lines of its own."""
    from rich.text import Text

    parts = words.replace("except ", "except, ").split(", ")
    return Text("\n".join(map(one_line, parts)))


def _rows(report: "ExportReport") -> "list[list[str | Text]]":
    full = {
        each.artifact.format: each.artifact.size_bytes
        for each in report.files
        if each.artifact.precision is Precision.FLOAT32
    }
    rows: list[list[str | Text]] = []
    for each in report.files:
        artifact = each.artifact
        of_float = f"{artifact.size_bytes / full[artifact.format]:.2f}" if artifact.format in full else "-"
        name = artifact.path.relative_to(report.run.path).as_posix()
        size = f"{artifact.size_bytes / 1000:,.1f}"
        rows.append([name, _precision_cell(each.precision_in_words), size, of_float, *_check_cells(each.check)])
    return rows + [[failed.file, failed.precision, "not made", "-", "-", "-"] for failed in report.failed]


def _check_cells(check: "CheckResult | None") -> tuple[str, str]:
    if check is None:
        return "not run", "not run"
    if check.max_abs_score_difference is None:
        return "in doubt", "in doubt"
    agreement = "nearly tied" if check.agreement is None else f"{check.agreement:.0%} of {check.num_decided}"
    return f"{check.max_abs_score_difference:.5f}", agreement
