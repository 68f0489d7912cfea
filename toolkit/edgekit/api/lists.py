"""`edgekit.recipes`, `datasets`, `runtimes`, `doctor` and `inspect`: what is available, and what a file holds.

`edgekit.datasets` and `edgekit.runtimes` are packages too; see `edgekit.foundation.callable_package`.
"""

from dataclasses import replace
from pathlib import Path
from typing import overload

from edgekit import installation
from edgekit.api.arguments import AnyPath, channels_of, public, shown_progress
from edgekit.artifact import Format
from edgekit.datasets import Dataset, DatasetRequest
from edgekit.datasets.images.rule import RuleChoice
from edgekit.datasets.images.size import parse_size
from edgekit.datasets.sources import SourceStatus, list_sources, load_sized
from edgekit.execution.availability import RuntimeStatus, list_runtimes
from edgekit.execution.file_inspection import inspect_in_worker
from edgekit.execution.worker.arena import measured_arena
from edgekit.foundation.progress import Progress
from edgekit.inspection.info import ModelInfo
from edgekit.installation import Diagnosis
from edgekit.recipe import RecipeSummary, list_recipes


@public
def recipes() -> list[RecipeSummary]:
    """The built-in recipes with parameters, multiply-adds, sizes and measured accuracy; loads none of them."""
    return list_recipes()


@overload
def datasets(
    data: None = None,
    *,
    image_size: int | str | None = None,
    resize: str | None = None,
    antialias: bool | None = None,
    exif: bool | None = None,
    color: str | None = None,
    skip_broken: bool = False,
    progress: Progress | bool | None = None,
) -> list[SourceStatus]: ...
@overload
def datasets(
    data: AnyPath,
    *,
    image_size: int | str | None = None,
    resize: str | None = None,
    antialias: bool | None = None,
    exif: bool | None = None,
    color: str | None = None,
    skip_broken: bool = False,
    progress: Progress | bool | None = None,
) -> Dataset: ...
@public
def datasets(
    data: AnyPath | None = None,
    *,
    image_size: int | str | None = None,
    resize: str | None = None,
    antialias: bool | None = None,
    exif: bool | None = None,
    color: str | None = None,
    skip_broken: bool = False,
    progress: Progress | bool | None = None,
) -> list[SourceStatus] | Dataset:
    """The kinds of data sets; or one of them, loaded.

    Args:
        data: "NAME" or "NAME:PATH"; None: all kinds.
        image_size: Height x width in pixels to which images are resized, "48x96", or one side of a square; None:
            the data set's own, 32 for files.
        resize: How: "squash", "crop", "pad", "keras", "keras-crop" or "keras-pad"; None: "squash".
        antialias: Average over the pixels that one pixel covers; None: yes, except for the rules of Keras.
        exif: Turn images as their EXIF data say; None: yes, except for the rules of Keras.
        color: "rgb" or "gray"; None: that of the data set, RGB for image files.
        skip_broken: Leave broken images out, and count them.
        progress: True to show progress on stderr; silent by default.

    Raises:
        EdgekitError: There is no such data set, or it is broken.
    """
    choice = RuleChoice(resize=resize, antialias=antialias, exif=exif)
    request = DatasetRequest(
        image_size=None if image_size is None else parse_size(image_size),
        rule=choice.for_run({}),
        is_rule_required=choice.is_given,
        channels=channels_of(color),
        skip_broken=skip_broken,
        progress=shown_progress(progress),
    )
    return list_sources() if data is None else load_sized(str(data), request)


@public
def runtimes() -> list[RuntimeStatus]:
    """The runtimes: what each reads, its version, and what is missing here."""
    return list_runtimes()


@public
def doctor(*, progress: Progress | bool | None = None) -> Diagnosis:
    """Versions, processor features, runtimes, and what works here; takes some seconds.

    Args:
        progress: True to show progress on stderr; silent by default.
    """
    return installation.diagnose(shown_progress(progress))


@public
def inspect(file: AnyPath, *, weights: bool = False) -> ModelInfo:
    """Read the tensors, scales, operators, size and metadata of a .tflite or .onnx file; nothing in it is run.

    Where the package tflite-micro is installed, the memory for tensors that a .tflite file needs on a microcontroller
    is measured too.

    A separate process reads it, so a malicious file can only end that process.

    Args:
        file: The model.
        weights: Count the zeros and the distinct values of every kernel too.

    Raises:
        ArtifactError: It is missing, broken, or not a model that edgekit can read.
    """
    info = inspect_in_worker(Path(file), with_kernels=weights)
    return replace(info, arena=measured_arena(Path(file))) if info.format is Format.TFLITE else info
