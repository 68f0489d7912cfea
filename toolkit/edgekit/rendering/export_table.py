"""What `edgekit export` prints: one row a file. Measures nothing."""

from typing import TYPE_CHECKING

from edgekit.artifact import Precision
from edgekit.grammar import counted
from edgekit.rendering.kernels_table import describe_file
from edgekit.rendering.tables import Column, make_console, print_table

if TYPE_CHECKING:
    from rich.console import Console

    from edgekit.exporting import ExportReport
    from edgekit.exporting.check import CheckResult

_COLUMNS = (
    Column(name="file", wrap=False),
    Column(name="precision", wrap=False),
    Column(name="size", align="right", wrap=False),
    Column(name="of float32", align="right", wrap=False),
    Column(name="largest score difference", align="right"),
    Column(name="same top class", align="right"),
)


def print_export(report: "ExportReport", console: "Console | None" = None) -> None:
    """Print the files with size, size relative to float32 of the same format, and their check against Keras."""
    full = {
        each.artifact.format: each.artifact.size_bytes
        for each in report.files
        if each.artifact.precision is Precision.FLOAT32
    }
    rows = []
    for each in report.files:
        artifact, check = each.artifact, each.check
        of_float = f"{artifact.size_bytes / full[artifact.format]:.2f}" if artifact.format in full else "-"
        rows.append(
            [
                artifact.path.relative_to(report.run.path).as_posix(),
                artifact.precision or "",
                f"{artifact.size_bytes / 1000:,.1f} kB",
                of_float,
                *_check_cells(check),
            ]
        )
    num_images = max((each.check.num_images for each in report.files if each.check), default=0)
    print_table(f"Exported, checked against Keras on {counted(num_images, 'image')}", _COLUMNS, rows, console=console)
    if report.folding and report.folding.summary:
        (console or make_console()).print(report.folding.summary, highlight=False)
    for each in report.files:
        if each.kernels is not None:
            name = each.artifact.path.relative_to(report.run.path).as_posix()
            (console or make_console()).print(f"{name}: {describe_file(each.kernels)}")


def _check_cells(check: "CheckResult | None") -> tuple[str, str]:
    if check is None:
        return "not run", "not run"
    agreement = "nearly tied" if check.agreement is None else f"{check.agreement:.0%} of {check.num_decided}"
    return f"{check.max_abs_score_difference:.5f}", agreement
