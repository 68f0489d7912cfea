"""`train`: from a recipe and a data set to a finished run folder, interrupted and resumed as it may be."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from edgekit.datasets import Dataset
from edgekit.errors import EdgekitError, TrainingError
from edgekit.keras_setup import import_keras
from edgekit.progress import Progress, SilentProgress
from edgekit.recipe import Recipe, TrainingSettings
from edgekit.run_folder import RunFolder
from edgekit.training import environment, folders, results
from edgekit.training.augmentation import Examples
from edgekit.training.checkpoint import Checkpoint
from edgekit.training.identity import Identity, check_same, identity_of
from edgekit.training.learner import Learner
from edgekit.training.monitor import Row
from edgekit.training.tensorboard import TensorBoardLogs

if TYPE_CHECKING:
    import keras
    import numpy as np
    from numpy.typing import NDArray

_SILENT = SilentProgress()

Extras = Callable[[RunFolder], tuple[list[Path], dict[str, Any]]]
"""Writes more files into a run; returns their paths, and entries for the manifest."""


class Learning(Protocol):
    """What a session drives: `Learner`, or the one of `edgekit.compression`; see `Learner` for each of these."""

    network: "keras.Model"

    @property
    def history(self) -> tuple[Row, ...]:
        """One row for each whole epoch."""

    def learn(self, checkpoint: Checkpoint | None, at_epoch_end: Callable[[], None], progress: Progress) -> None:
        """Go through all epochs that are left."""

    def state(self, identity: Identity) -> Checkpoint:
        """Everything, after a whole epoch."""

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go back to the end of the checkpoint's last epoch."""

    def scores(self) -> "NDArray[np.float32]":
        """The network's probabilities on the test split: float32 (N, C)."""

    def examples(self) -> Examples | None:
        """Some training images before and after augmentation; None where there is none to show."""


def train(
    recipe: Recipe,
    dataset: Dataset,
    *,
    settings: TrainingSettings | None = None,
    out: Path,
    resume: bool = False,
    tensorboard: bool = False,
    progress: Progress = _SILENT,
) -> RunFolder:
    """Train `recipe` on `dataset` and write the run folder `out`.

    After every epoch the training is saved, so that it can be resumed with the same result. Ctrl-C
    (KeyboardInterrupt) writes the run from the epochs that are done, and is raised again.

    Args:
        recipe: What to train.
        dataset: Its training split is learned, its validation split is watched, its test split is scored.
        settings: In place of the recipe's own.
        out: The run folder; it must not hold a run yet, unless to resume it.
        resume: Go on with the unfinished training in `out`; a finished one is returned as it is.
        tensorboard: Whether to write the history for TensorBoard too, into `logs/` of the run folder.
        progress: Told of steps and epochs.

    Raises:
        MissingExtraError: Keras, TensorFlow or, where it is asked for, TensorBoard is not installed.
        RecipeError: The recipe does not fit the data.
        TrainingError: There are no images, the folder is taken, the training to resume is another one, or
            the losses are not finite any more.
        RunFolderError: There is no space or no permission in `out`.
    """
    keras = import_keras("edgekit train")
    settings = settings or recipe.settings
    check_dataset(dataset)
    logs = TensorBoardLogs(out) if tensorboard else None
    identity = identity_of(recipe, settings, dataset, keras.backend.backend())
    if resume:
        checkpoint = find_checkpoint(out, identity)
        if folders.status_of(out) == folders.FINISHED:
            progress.note(
                f"{out} is finished: {folders.describe(RunFolder(out).manifest)}. There is nothing to resume."
            )
            return RunFolder(out)
    else:
        folders.check_free(out)
        checkpoint = None
    environment.make_deterministic(keras)
    learner = Learner(keras, recipe, settings, dataset)
    run = RunFolder(out) if resume else _create(out, recipe, settings, dataset, identity, keras, learner)
    return Session(run, learner, identity, dataset, progress, logs=logs).run_to_end(checkpoint)


def no_extras(_: RunFolder) -> tuple[list[Path], dict[str, Any]]:
    """Nothing beside what every training writes."""
    return [], {}


class Session:
    """A training that has its folder.

    Args:
        run: The folder, with its first manifest.
        learner: What learns.
        identity: What must be the same when it is resumed.
        dataset: What it learns.
        progress: Told of steps and epochs.
        extras: Called when the results are written.
        logs: Where the history goes too, epoch by epoch.
    """

    def __init__(
        self,
        run: RunFolder,
        learner: Learning,
        identity: Identity,
        dataset: Dataset,
        progress: Progress,
        extras: Extras = no_extras,
        logs: TensorBoardLogs | None = None,
    ) -> None:
        self._extras, self._logs = extras, logs
        self._run, self._learner, self._identity = run, learner, identity
        self._dataset, self._progress = dataset, progress
        self._checkpoint_path = run.path / folders.CHECKPOINT

    def run_to_end(self, checkpoint: Checkpoint | None) -> RunFolder:
        """All epochs that are left, then the results."""
        try:
            self._learner.learn(checkpoint, self._save, self._progress)
        except KeyboardInterrupt:
            self._keep_what_is_done()
            raise
        except EdgekitError:
            folders.discard(self._run.path)
            raise
        self._finish(folders.FINISHED)
        self._checkpoint_path.unlink(missing_ok=True)
        return self._run

    def _save(self) -> None:
        """The end of an epoch."""
        self._learner.state(self._identity).save(self._checkpoint_path)
        results.write_history(self._run.history_path, self._learner.history)
        if self._logs is not None:
            self._logs.write(self._learner.history)

    def _keep_what_is_done(self) -> None:
        """Write the run from the last checkpoint, which stays; remove the folder where no epoch is done."""
        if not self._checkpoint_path.is_file():
            folders.discard(self._run.path)
            self._progress.note("Interrupted before the first epoch was done: nothing was kept.")
            return
        self._progress.note("Interrupted: writing the run from the epochs that are done.")
        self._learner.restore(Checkpoint.load(self._checkpoint_path))
        self._finish(folders.INTERRUPTED)
        done = folders.describe(self._run.manifest)
        self._progress.note(f"{self._run.path} holds the model after {done}. Go on with --resume.")

    def _finish(self, status: str) -> None:
        paths = results.write_results(
            self._run,
            network=self._learner.network,
            scores=self._learner.scores(),
            dataset=self._dataset,
            history=self._learner.history,
            augmented=self._learner.examples(),
        )
        extra_paths, entries = self._extras(self._run)
        if stale := folders.forget_artifacts(self._run):
            self._progress.note(f"Exported from the unfinished model, so export again: {', '.join(stale)}.")
        history = self._learner.history
        self._run.record(
            *paths,
            *extra_paths,
            status=status,
            epochs=len(history),
            seconds=round(sum(row["seconds"] for row in history), 1),
            **entries,
        )


def check_dataset(dataset: Dataset) -> None:
    """Raise TrainingError unless there are images to learn from, to validate on and to test on."""
    for name in ("train", "validation", "test"):
        if len(getattr(dataset, name)) == 0:
            raise TrainingError(
                f"Data set '{dataset.name}' has no {name} images. Training needs images to learn from, to validate "
                f"on and to test on."
            )


def find_checkpoint(out: Path, identity: Identity) -> Checkpoint | None:
    """The checkpoint in `out`, None where no epoch was done; raises TrainingError where it is another training's."""
    if not (out / "manifest.json").is_file():
        raise TrainingError(f"There is no training to resume in {out}. Start one without --resume.")
    check_same(out, RunFolder(out).manifest.get("identity", {}), identity)
    folders.remove_leftovers(out)
    path = out / folders.CHECKPOINT
    if not path.is_file():
        return None
    checkpoint = Checkpoint.load(path)
    check_same(path, checkpoint.identity, identity)
    return checkpoint


def _create(
    out: Path,
    recipe: Recipe,
    settings: TrainingSettings,
    dataset: Dataset,
    identity: Identity,
    keras: Any,
    learner: Learner,
) -> RunFolder:
    return RunFolder.create(
        out,
        {
            "status": folders.TRAINING,
            "recipe": recipe.name,
            "settings": settings.to_dict(),
            "seed": settings.seed,
            "dataset": dataset.to_dict(),
            "versions": environment.versions(keras.backend.backend()),
            "machine": environment.machine(keras),
            "num_parameters": learner.network.count_params(),
            "epochs": 0,
            "seconds": 0.0,
            "identity": identity,
        },
    )
