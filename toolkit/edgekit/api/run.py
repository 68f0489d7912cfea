"""`edgekit.run`: train, export everything, verify, by the same calls as the three commands."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from edgekit.api.arguments import AnyPath, Percent, as_data, as_path, channels_of, public, shown_progress
from edgekit.api.verify import verify
from edgekit.datasets import Dataset
from edgekit.datasets.images.rule import RuleChoice
from edgekit.datasets.images.size import parse_size
from edgekit.exporting.report import ExportReport
from edgekit.exporting.session import export
from edgekit.foundation.errors import UsageError
from edgekit.foundation.keras_setup import BACKENDS, import_keras
from edgekit.foundation.progress import Progress
from edgekit.foundation.typed.percent import share_or_none
from edgekit.recipe import Recipe, TrainingSettings
from edgekit.runs.folder import RunFolder
from edgekit.tolerance import Tolerances
from edgekit.training.job import TrainRequest, load_training, train_request
from edgekit.verification.verdict.report import VerificationReport


@dataclass(frozen=True, kw_only=True, eq=False)
class RunReport:
    """The outcome of the whole job.

    Attributes:
        run: The run folder.
        export: What was exported.
        verification: How every file compares with the float model.
    """

    run: RunFolder
    export: ExportReport
    verification: VerificationReport

    def __repr__(self) -> str:
        return f"<RunReport {self.run.path}: {self.export!r}, {self.verification!r}>"

    def _repr_html_(self) -> str:
        """Both tables, for a notebook."""
        return self.export._repr_html_() + self.verification._repr_html_()

    @property
    def exit_status(self) -> int:
        """1 if a file could not be made, else that of the verification: 0, 1, or 3 for drift."""
        return self.export.exit_status or self.verification.exit_status

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "run": str(self.run.path),
            "export": self.export.to_dict(),
            "verification": self.verification.to_dict(),
        }


@public
def run(
    recipe: AnyPath | Recipe = "resnet8",
    data: AnyPath | Dataset = "digits",
    *,
    test_data: AnyPath | None = None,
    epochs: int | None = None,
    seed: int | None = None,
    batch_size: int | None = None,
    validation_fraction: Percent | None = None,
    class_weights: str | None = None,
    image_size: int | str | None = None,
    resize: str | None = None,
    antialias: bool | None = None,
    exif: bool | None = None,
    color: str | None = None,
    out: AnyPath | None = None,
    tensorboard: bool = False,
    skip_broken: bool = False,
    resume: bool = False,
    reference_kernel_images: int | None = None,
    settings: TrainingSettings | None = None,
    progress: Progress | bool | None = None,
) -> RunReport:
    """Train a recipe, export it in every format and precision, and verify each file in every runtime.

    Args:
        recipe: A name from `edgekit.recipes()`, a recipe file, or a recipe.
        data: "NAME", "NAME:PATH" or a loaded data set.
        test_data: Where the test images are, "NAME:PATH" or a path; None: in `data`.
        epochs: Passes over the training images; None: the recipe's.
        seed: Seed of all random choices; None: the recipe's.
        batch_size: Images per step; None: the recipe's.
        validation_fraction: Share of the training images held out for choosing, between 0 and 1; None: the recipe's.
        class_weights: "balanced": every class has the same weight in the loss, whatever its size; None: the recipe's.
        image_size: Height x width in pixels to which images are resized, "48x96", or one side of a square; None:
            the recipe's.
        resize: How: "squash", "crop", "pad", "keras", "keras-crop" or "keras-pad"; None: "squash".
        antialias: Average over the pixels that one pixel covers; None: yes, except for the rules of Keras.
        exif: Turn images as their EXIF data say; None: yes, except for the rules of Keras.
        color: "rgb" or "gray"; None: that of the data set, RGB for image files.
        out: The run folder; None: `exported/RECIPE`, or -2, -3, … if that is taken.
        tensorboard: Write the history for TensorBoard too, into logs/ of the run folder.
        skip_broken: Leave broken images out, and count them.
        resume: Continue a training that was killed or interrupted.
        reference_kernel_images: Images for LiteRT's reference kernels; None: 10 seconds, 50 to 200 images.
        settings: In place of the recipe's; the options above change single values of them.
        progress: True to show progress on stderr; silent by default.

    Returns:
        The three results; `exit_status` is 0 if all is within tolerance, 3 for drift, 1 for an error.

    Raises:
        EdgekitError: Something is missing, unknown, or does not belong together.
    """
    request = TrainRequest(
        recipe=recipe if isinstance(recipe, Recipe) else str(recipe),
        data=as_data(data),
        test_data=None if test_data is None else os.fspath(test_data),
        settings=settings,
        epochs=epochs,
        seed=seed,
        batch_size=batch_size,
        validation_fraction=share_or_none(validation_fraction, "--validation-fraction"),
        class_weights=class_weights,
        image_size=None if image_size is None else parse_size(image_size),
        image_rule=RuleChoice(resize=resize, antialias=antialias, exif=exif),
        channels=channels_of(color),
        out=as_path(out),
        resume=resume,
        tensorboard=tensorboard,
        skip_broken=skip_broken,
    )
    shown = shown_progress(progress)
    trained, exported = _trained_and_exported(request, shown)
    verification = verify(
        trained,
        data=data,
        reference_kernel_images=reference_kernel_images,
        skip_broken=skip_broken,
        progress=shown,
    )
    return RunReport(run=trained, export=exported, verification=verification)


def _trained_and_exported(request: TrainRequest, progress: Progress) -> tuple[RunFolder, ExportReport]:
    """The data set is loaded once for both, and let go before the verification."""
    request = replace(request, out=request.folder)
    Tolerances.from_pyproject(Path("pyproject.toml"))  # a mistake there is said before hours of training
    _import_tensorflow_keras()
    recipe, dataset, settings = load_training(request, progress)
    trained = train_request(replace(request, recipe=recipe, data=dataset, settings=settings), progress=progress)
    assert trained is not None  # noqa: S101 - there is no other worker
    return trained, export(trained, dataset=dataset, progress=progress)


def _import_tensorflow_keras() -> None:
    """Raise UsageError if Keras is told to run on a backend that could not export in the same process."""
    import os

    wanted = os.environ.get("KERAS_BACKEND") or "tensorflow"
    if wanted in BACKENDS and wanted != "tensorflow":
        raise UsageError(
            f"edgekit run trains and exports in one process, and exports need TensorFlow, but KERAS_BACKEND is "
            f"'{wanted}'. Unset it, or use two commands: edgekit train --backend {wanted} && edgekit export"
        )
    import_keras("edgekit run")
