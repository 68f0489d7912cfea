"""`edgekit.report`: a run as one HTML page."""

import os
from dataclasses import dataclass
from pathlib import Path

from edgekit.api.arguments import AnyPath, public, run_or_file
from edgekit.foundation.atomic_files import write_text
from edgekit.rendering.output_files import PAGE
from edgekit.rendering.pages.run.page import run_page
from edgekit.runs.folder import RunFolder


@dataclass(frozen=True, kw_only=True, eq=False)
class RunPage(os.PathLike[str]):
    """The page of a run; it can be given wherever a path can.

    Attributes:
        run: The run.
        path: The file.
    """

    run: RunFolder
    path: Path

    def __repr__(self) -> str:
        return f"<RunPage {self.path}>"

    def __fspath__(self) -> str:
        return str(self.path)

    def to_dict(self) -> dict[str, str]:
        """As a JSON object."""
        return {"run": str(self.run.path), "page": str(self.path)}


@public
def report(run: AnyPath | None = None, *, out: AnyPath | None = None) -> RunPage:
    """Write one HTML page of a run: how it learned, its classes, what it confuses, its mistakes, what verify found.

    Args:
        run: The run; None: the newest.
        out: The file to write; None: model-report.html in the run folder.

    Returns:
        The page, which needs no network and no other file.

    Raises:
        EdgekitError: There is no such run, or `out` holds something else than a page.
    """
    path = None if out is None else PAGE.checked(Path(out))
    folder = RunFolder.named(run_or_file(run))
    page = RunPage(run=folder, path=path or folder.model_report_path)
    write_text(page.path, run_page(folder))
    return page
