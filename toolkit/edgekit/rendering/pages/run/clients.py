"""Where the files of a run were seen to run: the matrix of `edgekit clients`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from edgekit.clients.report import ClientCell, ClientsReport, clients_of
from edgekit.clients.stored import load_clients
from edgekit.rendering.pages.section import Section
from edgekit.runs.folder import RunFolder


@dataclass(frozen=True, kw_only=True)
class ClientRow:
    """One client.

    Attributes:
        name: The client.
        version: Its version; "" if it is not installed.
        cells: What each file does there, in words; "" if the client does not read its format.
    """

    name: str
    version: str
    cells: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class ClientsSection(Section):
    """The matrix.

    Attributes:
        files: One column each.
        rows: One per client.
        lead: When, and on how many images.
    """

    template: ClassVar[str] = "run/clients.html"
    heading: str = "Where the files run"
    anchor: str = "clients"
    files: Sequence[str]
    rows: Sequence[ClientRow]
    lead: str


def clients_section(run: RunFolder) -> ClientsSection | None:
    """The section of a run; None if `edgekit clients` was not run on it."""
    report = load_clients(run)
    if report is None or not report.files:
        return None
    return ClientsSection(
        files=[file.file for file in report.files],
        rows=[_row(report, name) for name in clients_of(report)],
        lead=f"On {report.num_images} {report.images}, {report.date}, {report.machine}. In each cell: agreement with "
        f"the usual runtime on the same file, and the largest score difference.",
    )


def _row(report: ClientsReport, name: str) -> ClientRow:
    found = [next((cell for cell in file.cells if cell.client == name), None) for file in report.files]
    versions = [cell.version for cell in found if cell is not None and cell.version]
    return ClientRow(name=name, version=versions[0] if versions else "", cells=[_words(cell) for cell in found])


def _words(cell: ClientCell | None) -> str:
    if cell is None:
        return ""
    if cell.shares:
        return f"{min(share.percent for share in cell.shares):.0f} % of operators on the NPU"
    if cell.agreement is None or cell.max_difference is None:
        return cell.status.value
    return f"{cell.status.value}: {100 * cell.agreement:.1f} %, {cell.max_difference:.2g}"
