"""`edgekit.report` and `edgekit.demo_page`: a run as one HTML page, and as a page that runs its files."""

import os
from dataclasses import dataclass
from pathlib import Path

from edgekit.api.arguments import (
    AnyPath,
    Names,
    public,
    run_or_file,
    shown_progress,
)
from edgekit.api.bundle import requested
from edgekit.datasets import Dataset
from edgekit.foundation.atomic_files import write_text
from edgekit.foundation.progress import Progress
from edgekit.rendering.output_files import PAGE
from edgekit.rendering.pages.run.page import run_page
from edgekit.runs.folder import RunFolder
from edgekit.web_demo.job import DemoPage, DemoPageRequest, demo_page_request


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


@public
def demo_page(
    run: AnyPath | None = None,
    *,
    precisions: Names = (),
    data: AnyPath | Dataset | None = None,
    test_data: AnyPath | None = None,
    skip_broken: bool = False,
    no_images: bool = False,
    node_modules: AnyPath | None = None,
    out: AnyPath | None = None,
    progress: Progress | bool | None = None,
) -> DemoPage:
    """Write a folder with a page that runs the files of a run in the browser, on test images, photos and the camera.

    The page needs no network. Serve the folder on localhost: `python -m http.server`.

    Args:
        run: The run; None: the newest.
        precisions: Only these precisions; empty: float32 and int8, or all if the run has neither.
        data: The run's data, for test images: "NAME", "NAME:PATH" or a loaded data set; None: where it was last used.
        test_data: Where the test images are, "NAME:PATH" or a path; None: in `data`.
        skip_broken: Leave broken images out, as the run did.
        no_images: No photographs in the folder: test images are synthetic.
        node_modules: A folder with the npm packages of the page; None: `npm ci` installs them into edgekit's cache.
        out: The folder; None: RUN-demo in the current folder.
        progress: True to show progress on stderr; silent by default.

    Raises:
        EdgekitError: The run or its data is missing or changed, no file runs in a browser, npm is missing or fails, or
            the folder holds something that edgekit has not written.
    """
    content = requested(
        run,
        precisions=precisions,
        data=data,
        test_data=test_data,
        skip_broken=skip_broken,
        out=out,
        no_images=no_images,
    )
    request = DemoPageRequest(content=content, node_modules=None if node_modules is None else Path(node_modules))
    return demo_page_request(request, progress=shown_progress(progress))
