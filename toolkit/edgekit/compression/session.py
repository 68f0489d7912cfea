"""`compress`: from a finished run to a new one whose network is pruned, clustered or trained for int8.

Interrupted and resumed as a training is, by the same session; what is special is the learner and what is
written beside the model.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.artifact import sha256_of
from edgekit.compression.data import Augmentation
from edgekit.compression.measurement import measure_layers, zipped_bytes
from edgekit.compression.settings import CompressionSettings
from edgekit.datasets import Dataset
from edgekit.exporting.formats import ExportOptions
from edgekit.exporting.job import load_dataset_of
from edgekit.exporting.keras.classifier import exported_graph
from edgekit.exporting.keras.loading.custom_objects import custom_objects_of
from edgekit.exporting.keras.preparing.preparation import prepare
from edgekit.exporting.source import Source, check_source, load_source
from edgekit.foundation.errors import CompressionError
from edgekit.foundation.grammar import for_shell
from edgekit.foundation.model_optimization import Libraries, check_installed, import_libraries
from edgekit.foundation.progress import Progress, SilentProgress
from edgekit.input_range import RAW
from edgekit.metrics.drift import flipped_images
from edgekit.recipe import TrainingSettings, is_recipe
from edgekit.runs.folder import RunFolder
from edgekit.runs.reference import Reference
from edgekit.training import environment, folders
from edgekit.training.identity import Identity
from edgekit.training.session import Session, check_dataset, find_checkpoint

if TYPE_CHECKING:
    import keras

_SILENT = SilentProgress()


@dataclass(frozen=True, kw_only=True)
class CompressRequest:
    """What a user asks of `edgekit compress`.

    Attributes:
        settings: What to do.
        target: A run folder; None for the newest run.
        data: The data set, or `NAME[:PATH]`; None: the one in the run's manifest.
        out: The new run folder; None: `exported/<run>-<what is done>`.
        resume: Go on with one that was killed or interrupted.
        recipe: Name or file of the recipe whose augmentation the training images get; None: the run's own, if
            it is built in or installed.
        skip_broken: Leave broken images out of a `folder:` data set, as the training did.
        custom_objects: A Python file that defines the layers of the model that are not Keras'; it is executed.
    """

    settings: CompressionSettings
    target: Path | None = None
    data: str | Dataset | None = None
    out: Path | None = None
    resume: bool = False
    recipe: str | None = None
    skip_broken: bool = False
    custom_objects: Path | None = None


def compress_request(request: CompressRequest, *, progress: Progress = _SILENT) -> RunFolder:
    """Carry out `request`; everything that can be checked without TensorFlow is checked before it is loaded.

    Raises:
        EdgekitError: Whatever is missing, changed, unknown or does not belong together; see `compress`.
    """
    original = check_original(request.target)
    out = request.out or folders.choose_folder(f"{original.name}-{request.settings.label}", resume=request.resume)
    if not request.resume:
        folders.check_free(out)
    check_installed()
    with custom_objects_of(request.custom_objects) as custom:
        source = load_source(original, custom, progress)
        dataset = load_dataset_of(source, request.data, request.skip_broken, progress)
        return _compress(source, dataset, request, out, progress)


def compress(
    original: RunFolder | Path | str,
    settings: CompressionSettings,
    dataset: Dataset,
    *,
    out: Path | str,
    resume: bool = False,
    recipe: str | None = None,
    progress: Progress = _SILENT,
) -> RunFolder:
    """Compress the network of a run and write the new run folder `out`.

    After every epoch the work is saved, so that it can be resumed with the same result. Ctrl-C
    (KeyboardInterrupt) writes the run from the epochs that are done, and is raised again.

    Args:
        original: The run to start from; it stays as it is.
        settings: What to do.
        dataset: The data set that it was trained on.
        out: The new run folder; it must not hold a run yet, unless to resume it.
        resume: Go on with the unfinished work in `out`; a finished one is returned as it is.
        recipe: See `CompressRequest`.
        progress: Receives progress of steps and epochs.

    Raises:
        MissingExtraError: tf_keras or tensorflow-model-optimization is not installed.
        CompressionError: A layer has no counterpart in Keras 2, the two networks are not equal, the run is
            compressed already, or the data set is another one.
        TrainingError: There are no images, the folder is taken, or the work to resume is another one.
        RunFolderError: The run is incomplete or was changed, or there is no space or no permission in `out`.
    """
    run = check_original(original if isinstance(original, RunFolder) else Path(original))
    check_installed()
    request = CompressRequest(settings=settings, resume=resume, recipe=recipe)
    return _compress(load_source(run, progress=progress), dataset, request, Path(out), progress)


def check_original(target: "RunFolder | Path | None") -> RunFolder:
    """The run to start from; raises CompressionError if it is none, or compressed already."""
    found = target if isinstance(target, RunFolder) else check_source(target)
    if isinstance(found, Path):
        raise CompressionError(
            f"{found} is a model without a run, so its training images are unknown. Create a run first: edgekit "
            f"export {for_shell(found)} --data DATASET --float32 --out DIR, then edgekit compress "
            f"DIR."
        )
    if methods := found.manifest.get("compression", {}).get("methods"):
        raise CompressionError(
            f"{found.path} is compressed already ({', '.join(methods)}). Start from its original run "
            f"'{found.manifest['compression'].get('original', {}).get('run', '?')}', and name all that you want at "
            f"once, as in --prune 0.5 --qat: each step keeps the result of the steps before it."
        )
    return found


def _compress(source: Source, dataset: Dataset, request: CompressRequest, out: Path, progress: Progress) -> RunFolder:
    assert source.run is not None  # noqa: S101 - check_original has seen to it
    original, settings = source.run, request.settings
    check_dataset(dataset)
    _check_same_data(original, dataset)
    if not request.resume:
        folders.check_free(out)
    with progress.task("Loading Keras 2", None):
        libraries = import_libraries()
    recipe = request.recipe or _recipe_of(original)
    augmentation = Augmentation.of_recipe(libraries.keras, recipe)
    training = _training_settings(original, settings)
    identity = _identity(original, settings, training, dataset, recipe if augmentation.is_there else None)
    checkpoint = find_checkpoint(out, identity) if request.resume else None
    if request.resume and folders.status_of(out) == folders.FINISHED:
        progress.note(f"{out} is finished: {folders.describe(RunFolder(out).manifest)}. There is nothing to resume.")
        return RunFolder(out)
    _say_what_images_get(augmentation, recipe, training, progress)
    with progress.task("Building the network", None):
        learner = _learner(libraries, source, settings, training, dataset, augmentation)
    manifest = _manifest(original, settings, training, dataset, learner.network, identity)
    run = RunFolder(out) if request.resume else RunFolder.create(out, manifest)
    session = Session(run, learner, identity, dataset, progress, lambda run: _extras(run, learner, original))
    return session.run_to_end(checkpoint)


def _learner(
    libraries: Libraries,
    source: Source,
    settings: CompressionSettings,
    training: TrainingSettings,
    dataset: Dataset,
    augmentation: Augmentation,
) -> Any:
    from edgekit.compression.learner import CompressionLearner

    network = _network(source, dataset)
    return CompressionLearner(
        libraries, network, settings, replace(training, seed=settings.seed), dataset, augmentation
    )


def _network(source: Source, dataset: Dataset) -> "keras.Model":
    """The run's network as one from raw pixels to probabilities, float32."""
    prepared = prepare(source.model, dataset.image_shape, dataset.class_names, source.reading)
    if prepared.columns is not None:
        raise CompressionError(
            f"The model of {source.path.parent} knows classes that the data set lacks, and training would unlearn "
            f"them. Expected a model with only the classes of '{dataset.name}'. Train one on them first."
        )
    model = prepared.model
    input_range = source.known_input_range or RAW
    return model if input_range.is_raw else exported_graph(model, ExportOptions(input_range=input_range), None)


def _check_same_data(original: RunFolder, dataset: Dataset) -> None:
    listed = original.manifest.get("dataset", {})
    for what, key, received in (
        ("test", "sha256", dataset.sha256),
        ("training", "train_sha256", dataset.train.sha256),
    ):
        expected = listed.get(key)
        if expected and expected != received:
            raise CompressionError(
                f"The {what} images are not those of {original.path}: expected '{listed.get('name')}' with SHA-256 "
                f"{expected[:12]}…, received '{dataset.name}' with {received[:12]}…. Give the data that the run was "
                f"trained on, with --data."
            )


def _recipe_of(original: RunFolder) -> str | None:
    """The recipe that the run's manifest names, if it is built in or installed.

    A run may come from a stranger: a file that its manifest names is never run, only one that the user types.
    """
    name = original.manifest.get("recipe")
    return name if isinstance(name, str) and is_recipe(name) else None


def _say_what_images_get(
    augmentation: Augmentation, recipe: str | None, training: TrainingSettings, progress: Progress
) -> None:
    shifted = f", shifted by up to {training.padding} pixels" if training.padding else ""
    if augmentation.is_there:
        progress.note(f"Training images get the augmentation of recipe '{recipe}'{shifted}.")
    else:
        progress.note(f"Training images are used as they are{shifted}; --recipe names one whose augmentation they get.")


def _training_settings(original: RunFolder, settings: CompressionSettings) -> TrainingSettings:
    """The original's split and padding, the user's epochs and batch."""
    stored = original.manifest.get("settings", {})
    kept = {name: stored[name] for name in ("validation_fraction", "seed", "padding") if name in stored}
    num_epochs = settings.epochs * len(settings.methods)
    return TrainingSettings(epochs=num_epochs, batch_size=settings.batch_size, **kept)


def _identity(
    original: RunFolder,
    settings: CompressionSettings,
    training: TrainingSettings,
    dataset: Dataset,
    augmented_like: str | None,
) -> Identity:
    """Everything that the result depends on, but for versions and the machine."""
    values = {
        "SHA-256 of the original model": sha256_of(original.model_path),
        "SHA-256 of the test split": dataset.sha256,
        "SHA-256 of the training split": dataset.train.sha256,
        "augmentation": augmented_like,
        **{f"setting {name}": value for name, value in training.to_dict().items()},
        **{f"compression {name}": value for name, value in settings.to_dict().items()},
    }
    return dict(json.loads(json.dumps(values)))


def _manifest(
    original: RunFolder,
    settings: CompressionSettings,
    training: TrainingSettings,
    dataset: Dataset,
    network: "keras.Model",
    identity: Identity,
) -> dict[str, Any]:
    return {
        "status": folders.TRAINING,
        "recipe": original.manifest.get("recipe", original.name),
        "settings": training.to_dict(),
        "seed": settings.seed,
        "dataset": dataset.to_dict(),
        "compression": settings.to_dict()
        | {"original": {"run": original.name, "model_sha256": sha256_of(original.model_path)}},
        "versions": environment.versions("tensorflow") | _versions(),
        "machine": environment.machine(),
        "num_parameters": network.count_params(),
        "epochs": 0,
        "seconds": 0.0,
        "identity": identity,
    }


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("tf-keras", "tensorflow-model-optimization")}


def _extras(run: RunFolder, learner: Any, original: RunFolder) -> tuple[list[Path], dict[str, Any]]:
    """The learned ranges, and what has become of the weights and of the answers."""
    paths, entry = [], dict(run.manifest["compression"])
    if ranges := learner.learned_ranges():
        ranges.save(run.learned_ranges_path)
        paths.append(run.learned_ranges_path)
    entry["layers"] = [each.to_dict() for each in measure_layers(learner.network)]
    entry["zipped_float32_bytes"] = zipped_bytes(learner.network)
    entry["original"] |= _compared_with(original, run)
    return paths, {"compression": entry}


def _compared_with(original: RunFolder, run: RunFolder) -> Mapping[str, Any]:
    """Accuracy of the original and agreement with it on the test images; empty if it has no reference."""
    if not original.reference_path.is_file():
        return {}
    reference, candidate = original.reference(), Reference.load(run.reference_path)
    is_right = reference.scores.argmax(axis=1) == reference.labels
    flipped = flipped_images(reference.scores, candidate.scores)
    return {"accuracy": float(is_right.mean()), "agreement": float(1 - flipped.mean()), "num_images": len(flipped)}
