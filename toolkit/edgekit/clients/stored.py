"""clients.json of a run: written, and read for pages and model cards."""

from typing import Any

from edgekit.clients.report import ClientsReport
from edgekit.foundation.atomic_files import write_json
from edgekit.foundation.errors import RunFolderError
from edgekit.foundation.files.documents import read_json
from edgekit.foundation.files.schema import conform
from edgekit.runs.folder import RunFolder

NAME = "clients.json"


def save_clients(run: RunFolder, report: ClientsReport) -> None:
    """Write `report` into the run folder."""
    write_json(run.path / NAME, report.to_dict())


def load_clients(run: RunFolder) -> ClientsReport | None:
    """What the last `edgekit clients` found; None if the run has no clients.json.

    Raises:
        RunFolderError: The file holds something else than edgekit writes.
    """
    path = run.path / NAME
    if not path.is_file():
        return None
    document: dict[str, Any] = read_json(path, dict[str, Any])
    try:
        files = [{name: each[name] for name in ("file", "sha256", "cells")} for each in document["files"]]
        kept = {name: document[name] for name in ("num_images", "images", "date", "machine")}
        report: ClientsReport = conform(ClientsReport, kept | {"files": files})
    except Exception as error:
        raise RunFolderError(
            f"{path} is not what edgekit clients writes ({type(error).__name__}: {error}). Make it again: "
            f"edgekit clients"
        ) from error
    return report


def stored_runs_in(run: RunFolder, file: str, sha256: str) -> tuple[str, ...]:
    """Names and versions of the clients in which `file` was seen to run, as it is now; () if that is not known."""
    report = load_clients(run)
    return tuple(
        f"{cell.client} {cell.version}"
        for row in (report.files if report else ())
        if (row.file, row.sha256) == (file, sha256)
        for cell in row.cells
        if cell.client in row.runs_in
    )
