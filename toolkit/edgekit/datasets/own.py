"""The data of a run, found by its name or where this user last had it; checked by its SHA-256."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from edgekit.datasets import load_dataset
from edgekit.datasets.base import Dataset, DatasetRequest
from edgekit.datasets.remembered import DataLocation, recall
from edgekit.foundation.errors import DatasetError, UsageError
from edgekit.foundation.grammar import for_shell


@dataclass(frozen=True, kw_only=True)
class OwnData:
    """What the manifest of a run says of its data, and where that was last seen.

    Attributes:
        name: Its name alone: "folder".
        sha256: `Dataset.sha256`; None if the manifest does not say.
        location: Where this user had it; None if unknown.
    """

    name: str
    sha256: str | None
    location: DataLocation | None = None

    @classmethod
    def of(cls, entry: Mapping[str, Any], cache_dir: Path) -> "OwnData":
        """The data of a run whose manifest says `entry` of it; raises DatasetError as `plain_name` does."""
        name, sha256 = plain_name(str(entry.get("name"))), entry.get("sha256")
        return cls(name=name, sha256=sha256, location=recall(name, sha256, cache_dir))

    def load(self, request: DatasetRequest) -> Dataset:
        """The data set.

        Raises:
            UsageError: It needs a path that nobody knows, or is resized otherwise.
            DatasetError: It is missing, broken, or not the one of the run any more.
        """
        dataset = self.load_in_any_form(request)
        if self.location is not None and dataset.sha256 != self.sha256:
            raise DatasetError(
                f"The data in {self.location.data} has changed since the run was made: expected class names and test "
                f"images with SHA-256 {str(self.sha256)[:12]}…, received {dataset.sha256[:12]}…. Restore it, name a "
                f"copy as it was (--data {self.name}:PATH), or make the run again: "
                f"--data {for_shell(self.location.data)}"
            )
        return dataset

    def load_in_any_form(self, request: DatasetRequest) -> Dataset:
        """The same, if another form than the run's is wanted, such as another resize rule: pixels then differ."""
        if self.location is None:
            return load_dataset(self.name, request)
        skips = request.skip_broken or self.location.skip_broken
        wanted = replace(request, skip_broken=skips, test_data=request.test_data or self.location.test_data)
        return load_dataset(self.location.data, wanted)

    def advice(self, error: Exception) -> UsageError:
        """What to type if the data was not found, for `error`."""
        if self.location is None or "has changed since" in str(error):
            return location_is_needed(self.name, error) if self.location is None else UsageError(str(error))
        return UsageError(
            f"{error}\nThe run was made on the data in {self.location.data}. If it has moved, name its new place: "
            f"--data {self.name}:PATH"
        )


def load_own(entry: Mapping[str, Any], request: DatasetRequest) -> Dataset:
    """The data set that a run was made on, by what its manifest says; raises UsageError if that is not enough."""
    try:
        own = OwnData.of(entry, request.cache_dir)
    except DatasetError as error:
        raise UsageError(str(error)) from error
    try:
        return own.load(request)
    except (UsageError, DatasetError) as error:
        raise own.advice(error) from error


def plain_name(name: str) -> str:
    """The data set's `name` in a manifest, if it is nothing but a name.

    A run may come from a stranger: it says neither which files are read nor what is downloaded.

    Raises:
        DatasetError: It says where the data set lies, too.
    """
    if ":" in name:
        raise DatasetError(
            f"The run names its data set as {name[:100]!r}. Expected a name alone: a run must not choose files of "
            f"this machine. Name the data yourself: --data NAME or --data NAME:PATH"
        )
    return name


def location_is_needed(name: str, error: Exception) -> UsageError:
    """Why a run's data set, known by nothing but its `name`, was not found here, and how to say where it lies."""
    return UsageError(
        f"{error}\nThe run was made on '{name}'; a run does not record where that is on this machine: --data "
        f"{name}:PATH"
    )
