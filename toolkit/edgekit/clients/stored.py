"""clients.json of a run: written, and read for pages and model cards."""

import json
from typing import Any

from edgekit.clients.report import ClientsReport
from edgekit.foundation.atomic_files import write_json
from edgekit.runs.folder import RunFolder

NAME = "clients.json"


def save_clients(run: RunFolder, report: ClientsReport) -> None:
    """Write `report` into the run folder."""
    write_json(run.path / NAME, report.to_dict())


def stored_runs_in(run: RunFolder, file: str, sha256: str) -> tuple[str, ...]:
    """Names and versions of the clients in which `file` was seen to run, as it is now; () if that is not known."""
    try:
        document = json.loads((run.path / NAME).read_text("utf-8"))
        rows: list[dict[str, Any]] = [each for each in document["files"] if each["file"] == file]
        return tuple(
            f"{cell['client']} {cell['version']}"
            for row in rows
            if row["sha256"] == sha256
            for cell in row["cells"]
            if cell["client"] in row["runs_in"]
        )
    except (OSError, ValueError, KeyError, TypeError):
        return ()
