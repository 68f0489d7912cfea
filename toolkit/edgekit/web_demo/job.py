"""A run -> the folder of its page. Calls the parts of `edgekit.web_demo` in order."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from edgekit.artifact import Precision
from edgekit.bundle.archive.writing import size_of
from edgekit.bundle.job import BundleRequest, bundle_content, folder_name
from edgekit.clients.npm_packages import find_packages
from edgekit.foundation.errors import BundleError
from edgekit.foundation.grammar import counted, for_shell, listed
from edgekit.foundation.progress import Progress, SilentProgress
from edgekit.runs.folder import RunFolder
from edgekit.verification.verdict.targets import Target
from edgekit.web_demo.folder import check_free, write_folder
from edgekit.web_demo.page import PageFacts, page_files, runnable

DEFAULT_PRECISIONS = (Precision.FLOAT32, Precision.INT8)


@dataclass(frozen=True, kw_only=True)
class DemoPageRequest:
    """What a user asks of `edgekit demo-page`.

    Attributes:
        content: What is in it. No precisions: float32 and int8, or all if the run has neither; no `out`: NAME-demo.
        node_modules: Where the npm packages are; None: in the cache, installed there first.
    """

    content: BundleRequest
    node_modules: Path | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class DemoPage(os.PathLike[str]):
    """A page that was written; it can be given wherever a path can.

    Attributes:
        path: The folder.
        run: The run that it was made of.
        models: The model files in it.
        num_images: Test images.
        size_bytes: Of all files.
        problems: Why the files do not count as verified, whole sentences; empty if they do.
    """

    path: Path
    run: RunFolder
    models: tuple[str, ...]
    num_images: int
    size_bytes: int
    problems: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<DemoPage {self.path}: {counted(len(self.models), 'model')}, {counted(self.num_images, 'image')}>"

    def __fspath__(self) -> str:
        return str(self.path)

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "path": str(self.path),
            "run": str(self.run.path),
            "models": list(self.models),
            "num_images": self.num_images,
            "size_bytes": self.size_bytes,
            "is_verified": not self.problems,
            "problems": list(self.problems),
        }


def demo_page_request(request: DemoPageRequest, *, progress: Progress | None = None) -> DemoPage:
    """Write the folder that `request` means.

    Raises:
        UsageError: The folder holds something else, or the npm packages are others than the pinned ones.
        BundleError: No file of the run runs in a browser, or npm is missing or fails.
        EdgekitError: The run, a file of it or its data is missing, changed or broken.
    """
    progress = progress or SilentProgress()
    wanted = request.content
    run = RunFolder.named(wanted.run)
    folder = wanted.out or Path(f"{folder_name(run)}-demo")
    check_free(folder)
    packages = find_packages(request.node_modules, progress)
    content = bundle_content(
        replace(
            wanted,
            run=run.path,
            target=Target.WEB,
            precisions=wanted.precisions or _default_precisions(run),
            is_unverified_accepted=True,
        ),
        progress=progress,
    )
    models = runnable(content.models)
    if not models:
        raise BundleError(
            f"No browser runs {listed([each.file for each in content.models])}. Export a file that one does: "
            f"edgekit export {for_shell(run.path)} --int8 --float32"
        )
    facts = PageFacts(name=run.name, models=models, images=content.images, packages=packages, problems=content.problems)
    files = page_files(facts, is_rule_of_training=content.models[0].rule is not None)
    write_folder(folder, files)
    return DemoPage(
        path=folder,
        run=run,
        models=tuple(model.file for model in models),
        num_images=len(content.images),
        size_bytes=sum(map(size_of, files.values())),
        problems=content.problems,
    )


def _default_precisions(run: RunFolder) -> tuple[Precision, ...]:
    there = {one.precision for one in run.artifacts()}
    return tuple(each for each in DEFAULT_PRECISIONS if each in there)
