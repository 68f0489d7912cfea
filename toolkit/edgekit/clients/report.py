"""What happened to each file in each client, as plain values."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from edgekit.clients.compiler import NpuShare
from edgekit.foundation.results import Displayed, plain


class ClientOutcome(StrEnum):
    """What a cell says first.

    Attributes:
        RUNS: It loads, and at least `AGREES` of the predictions are those of the usual runtime.
        DIFFERS: It loads and gives other answers, without an error.
        COMPILES: An accelerator's compiler takes it.
        COVERED: A list says that the client has every operator and type of it; nothing was run.
        REFUSED: It does not load.
        FAILED: It loads and then crashes, hangs, or runs out of memory.
        NOT_INSTALLED: The client is not installed here.
    """

    RUNS = "runs"
    DIFFERS = "differs"
    COMPILES = "compiles"
    COVERED = "covered"
    REFUSED = "refused"
    FAILED = "failed"
    NOT_INSTALLED = "not installed"


AGREES = 0.9
"""Share of equal predictions from which a client counts as one in which the file runs."""


@dataclass(frozen=True, kw_only=True)
class ClientCell:
    """One file in one client.

    Attributes:
        client: Its name.
        version: Its version; None if it is not installed or ended early.
        status: What happened.
        reason: The client's own reason in one line, or a remark; "" for nothing.
        advice: What stands in the way, and the option that mends it; "" for nothing.
        agreement: Share of images with the top class of the usual runtime on the same file, 0 to 1; None if there are
            no scores.
        max_difference: Largest difference of any score from there; None without scores.
        milliseconds: Median time of one image, with its conversion, on one thread if the client lets us choose.
        load_seconds: Time to load it, conversion included.
        shares: What accelerators take of it.
    """

    client: str
    version: str | None
    status: ClientOutcome
    reason: str = ""
    advice: str = ""
    agreement: float | None = None
    max_difference: float | None = None
    milliseconds: float | None = None
    load_seconds: float | None = None
    shares: tuple[NpuShare, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FileInClients:
    """One file in all clients that read its format.

    Attributes:
        file: Its name, or its path below the run.
        sha256: Of its bytes.
        cells: In the order of the catalog.
    """

    file: str
    sha256: str
    cells: tuple[ClientCell, ...]

    @property
    def runs_in(self) -> tuple[str, ...]:
        """Names of the clients in which it runs, or which compile all of it."""
        return tuple(cell.client for cell in self.cells if cell.status is ClientOutcome.RUNS or _is_whole(cell))


def _is_whole(cell: ClientCell) -> bool:
    return cell.status is ClientOutcome.COMPILES and all(share.percent == 100 for share in cell.shares)


@dataclass(frozen=True, kw_only=True)
class ClientsReport(Displayed):
    """The matrix.

    Attributes:
        files: One row per file.
        num_images: How many were run.
        images: What they are: "test images of cifar10".
        date: "2026-11-30".
        machine: Processor and system.
    """

    files: tuple[FileInClients, ...]
    num_images: int
    images: str
    date: str
    machine: str

    def __repr__(self) -> str:
        return f"<ClientsReport of {len(self.files)} files on {self.num_images} {self.images}>"

    @property
    def exit_status(self) -> int:
        """0: a client that refuses a file is an answer."""
        return 0

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        document = plain(asdict(self))
        for file, row in zip(document["files"], self.files, strict=True):
            file["runs_in"] = list(row.runs_in)
        return {"schema_version": 1, **document}


def clients_of(report: ClientsReport) -> Sequence[str]:
    """The clients that any file was put into, in the order of the catalog."""
    return list(dict.fromkeys(cell.client for file in report.files for cell in file.cells))
