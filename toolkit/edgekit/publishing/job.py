"""A run -> a commit on the hub. Calls the parts of `edgekit.publishing` in order."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edgekit import __version__
from edgekit.bundle.archive.writing import size_of
from edgekit.bundle.job import BundleRequest, bundle_content
from edgekit.foundation.grammar import counted
from edgekit.foundation.progress import Progress, SilentProgress
from edgekit.publishing.destination import HubRepository
from edgekit.publishing.hub import Hub, Published
from edgekit.runs.folder import RunFolder


@dataclass(frozen=True, kw_only=True, eq=False)
class PublishReport:
    """What was published, or would be.

    Attributes:
        run: The run that it was made of.
        repository: "USER/REPO".
        files: Path in the repository -> size in bytes.
        problems: Why the model files do not count as verified, whole sentences; empty if they do.
        published: What the commit did; None for a dry run.
    """

    run: RunFolder
    repository: str
    files: Mapping[str, int]
    problems: tuple[str, ...]
    published: Published | None

    def __repr__(self) -> str:
        done = "published" if self.published else "not published"
        return f"<PublishReport {self.repository}: {counted(len(self.files), 'file')}, {done}>"

    @property
    def size_bytes(self) -> int:
        """Of all files."""
        return sum(self.files.values())

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        made = self.published
        return {
            "run": str(self.run.path),
            "repository": self.repository,
            "is_dry_run": made is None,
            "url": made.url if made else None,
            "commit_url": made.commit_url if made else None,
            "is_private": made.is_private if made else None,
            "is_new": made.is_new if made else None,
            "removed": list(made.removed) if made else [],
            "is_verified": not self.problems,
            "problems": list(self.problems),
            "size_bytes": self.size_bytes,
            "files": dict(self.files),
        }


def publish_request(
    request: BundleRequest,
    repository: HubRepository,
    *,
    is_private: bool,
    is_dry_run: bool,
    progress: Progress | None = None,
) -> PublishReport:
    """Publish what the bundle that `request` means holds, with the model card as README.md.

    Args:
        request: The bundle; its `out` is not used.
        repository: Where to.
        is_private: For a new repository.
        is_dry_run: Ask no server and need no token; only say what would be published.
        progress: Where it reports itself.

    Raises:
        PublishError: Nobody is logged in, or the hub refuses or cannot be reached.
        BundleError: The files are not verified and that was not accepted, or do not run.
        EdgekitError: The run, a file of it or its data is missing, changed or broken.
    """
    progress = progress or SilentProgress()
    run = RunFolder.named(request.run)  # before anything is asked of a server
    hub = None if is_dry_run else Hub()
    content = bundle_content(request, progress=progress)
    published = None
    if hub is not None:
        message = f"{run.name}, published by edgekit {__version__}"
        published = hub.publish(repository, content.files, message=message, is_private=is_private, progress=progress)
    return PublishReport(
        run=content.run,
        repository=str(repository),
        files={path: size_of(content.files[path]) for path in sorted(content.files)},
        problems=content.problems,
        published=published,
    )
