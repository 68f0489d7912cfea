"""`edgekit.train`: from a recipe and a data set to a run folder."""

import os
from collections.abc import Sequence

from edgekit.api.arguments import (
    AnyPath,
    Names,
    Percent,
    as_data,
    as_path,
    channels_of,
    public,
    shown_progress,
)
from edgekit.datasets import Dataset
from edgekit.datasets.images.rule import RuleChoice
from edgekit.datasets.images.size import parse_size
from edgekit.foundation.errors import UsageError
from edgekit.foundation.progress import Progress
from edgekit.foundation.typed.names import names_of
from edgekit.foundation.typed.percent import share_or_none
from edgekit.foundation.typed.synonyms import meant
from edgekit.recipe import Recipe, TrainingSettings
from edgekit.runs.folder import RunFolder
from edgekit.training.hardware import Hardware, parse_devices, workers_of_environment
from edgekit.training.job import TrainRequest, train_request


@public
def train(
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
    backend: str | None = None,
    mixed_precision: bool = False,
    devices: int | str | None = None,
    workers: Names | None = None,
    worker: int | None = None,
    settings: TrainingSettings | None = None,
    progress: Progress | bool | None = None,
) -> RunFolder | None:
    """Train a recipe and write a run folder: the model, its scores on the test images, report and figures.

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
        backend: "tensorflow", "jax" or "torch"; None: $KERAS_BACKEND, else tensorflow.
        mixed_precision: Compute in half precision; weights and exports stay float32.
        devices: Devices of this machine that share each batch: a number, "all" or "cpu"; None: one GPU.
        workers: "HOST:PORT" of the machines that train together; None: those of $TF_CONFIG.
        worker: Index of this machine in `workers`, from 0; machine 0 writes the run.
        settings: In place of the recipe's; the options above change single values of them.
        progress: True to show progress on stderr; silent by default.

    Returns:
        The run; None on a worker other than the first, which writes none.

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
        hardware=_hardware(devices, mixed_precision, workers, worker),
        backend=None if backend is None else meant("backend", backend),
    )
    return train_request(request, progress=shown_progress(progress))


def _hardware(
    devices: int | str | None, mixed_precision: bool, workers: str | Sequence[str] | None, worker: int | None
) -> Hardware:
    """The chosen devices; several machines by `workers`, or by TF_CONFIG as in TensorFlow."""
    if bool(workers) != (worker is not None):
        raise UsageError("--workers and --worker belong together: all addresses, and which of them this machine is.")
    addresses, place = (names_of(workers), worker or 0) if workers else workers_of_environment()
    return Hardware(
        devices=devices if isinstance(devices, int) else parse_devices(devices),
        mixed_precision=mixed_precision,
        workers=addresses,
        worker=place,
    )
