"""What `edgekit clients` shows."""

from typing import TYPE_CHECKING

from edgekit.rendering.terminal.tables import Column, make_console, print_table

if TYPE_CHECKING:
    from rich.console import Console

    from edgekit.clients.report import ClientCell, ClientsReport, FileInClients


def print_clients(report: "ClientsReport", console: "Console | None" = None) -> None:
    """Print one table per file to stdout, or to `console`, each with what its clients say below."""
    console = console or make_console()
    if not report.files:
        return
    console.print(
        f"Each client compared with the usual runtime on the same file, on {report.num_images} {report.images}."
    )
    for file in report.files:
        columns: list[Column | str] = [
            Column(name=file.file, wrap=False),
            "version",
            "",
            Column(name="agree %", align="right"),
            Column(name="difference", align="right"),
            Column(name="ms", align="right"),
        ]
        print_table(None, columns, [cell_row(cell) for cell in file.cells], console=console)
        for sentence in sentences_of(file):
            console.print(sentence)


def cell_row(cell: "ClientCell") -> list[str]:
    """Client, version, outcome, agreement, difference, time."""
    outcome = cell.status.value
    if cell.shares:
        outcome += f" {', '.join(f'{share.percent:.0f} %' for share in cell.shares)}"
    return [
        cell.client,
        cell.version or "",
        outcome,
        "" if cell.agreement is None else f"{100 * cell.agreement:.1f}",
        "" if cell.max_difference is None else f"{cell.max_difference:.2g}",
        "" if cell.milliseconds is None else f"{cell.milliseconds:.2f}",
    ]


def sentences_of(file: "FileInClients") -> list[str]:
    """What stands in the way, where the file runs, and what is not installed."""
    lines = [f"{cell.client}: {words}" for cell in file.cells if cell.version and (words := _words(cell))]
    lines += [f"{cell.client}: {_words(cell)}" for cell in file.cells if not cell.version and cell.reason]
    missing = [cell for cell in file.cells if cell.version is None and not cell.reason]
    if missing:
        names = ",".join(cell.client for cell in missing)
        lines.append(f"Not installed: edgekit clients --install {names}")
    return [*lines, f"{file.file} runs in: {', '.join(file.runs_in) or 'none of these clients'}"]


def _words(cell: "ClientCell") -> str:
    shares = ", ".join(
        f"{share.num_accelerated} of {share.num_operators} operators on {share.target}" for share in cell.shares
    )
    sentences = [
        text if text.endswith(".") or "edgekit " in text else f"{text}." for text in (cell.reason, cell.advice) if text
    ]
    return " ".join(filter(None, [f"{shares}." if shares else "", *sentences]))
