"""`edgekit.recipes`, `datasets`, `runtimes` and `doctor`: what there is, and what works here.

`edgekit.datasets` and `edgekit.runtimes` are packages too; see `edgekit.foundation.callable_package`.
"""

from typing import overload

from edgekit import installation
from edgekit.api.arguments import AnyPath, public, shown_progress
from edgekit.datasets import Dataset, DatasetRequest, load_dataset
from edgekit.datasets.sources import SourceStatus, list_sources
from edgekit.execution.availability import RuntimeStatus, list_runtimes
from edgekit.foundation.progress import Progress
from edgekit.installation import Diagnosis
from edgekit.recipe import RecipeSummary, list_recipes


@public
def recipes() -> list[RecipeSummary]:
    """The built-in recipes with parameters, multiply-adds, sizes and measured accuracy; loads none of them."""
    return list_recipes()


@overload
def datasets(
    data: None = None, *, skip_broken: bool = False, progress: Progress | bool | None = None
) -> list[SourceStatus]: ...
@overload
def datasets(data: AnyPath, *, skip_broken: bool = False, progress: Progress | bool | None = None) -> Dataset: ...
@public
def datasets(
    data: AnyPath | None = None, *, skip_broken: bool = False, progress: Progress | bool | None = None
) -> list[SourceStatus] | Dataset:
    """The kinds of data sets; or one of them, loaded.

    Args:
        data: "NAME" or "NAME:PATH"; None: all kinds.
        skip_broken: Leave broken images out, and count them.
        progress: True to show progress on stderr; silent by default.

    Raises:
        EdgekitError: There is no such data set, or it is broken.
    """
    if data is None:
        return list_sources()
    return load_dataset(str(data), DatasetRequest(skip_broken=skip_broken, progress=shown_progress(progress)))


@public
def runtimes() -> list[RuntimeStatus]:
    """The runtimes: what each reads, its version, and what is missing here."""
    return list_runtimes()


@public
def doctor() -> Diagnosis:
    """Versions, processor features, runtimes, and what works here; takes some seconds."""
    return installation.diagnose()
