"""`train`: from a recipe and a data set to a finished run folder, with interruption and resumption."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, overload

from edgekit.datasets import Dataset
from edgekit.foundation.errors import EdgekitError, TrainingError
from edgekit.foundation.files.folder_lock import folder_lock
from edgekit.foundation.keras_setup import import_keras
from edgekit.foundation.progress import Progress, SilentProgress
from edgekit.recipe import Recipe, TrainingSettings
from edgekit.runs.folder import RunFolder
from edgekit.training import environment, folders, results
from edgekit.training.augmentation import Examples
from edgekit.training.checkpoint import Checkpoint, read_bytes
from edgekit.training.hardware import Hardware
from edgekit.training.identity import Identity, check_same, identity_of
from edgekit.training.learner import Learner
from edgekit.training.monitor import Row
from edgekit.training.placement import ONE_PROCESSOR, Placement, place
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

    @property
    def saved_epoch(self) -> int | None:
        """Whose weights `network` has, from 1; None if that is not known."""

    def learn(self, checkpoint: Checkpoint | None, at_epoch_end: Callable[[], None], progress: Progress) -> None:
        """Go through all epochs that are left."""

    def state(self, identity: Identity) -> Checkpoint:
        """Everything, after a whole epoch."""

    def show(self, checkpoint: Checkpoint) -> None:
        """Let `network` and `history` be those of the checkpoint, or of the best epoch so far."""

    def scores(self) -> "NDArray[np.float32]":
        """The network's probabilities on the test split: float32 (N, C)."""

    def examples(self) -> Examples | None:
        """Some training images before and after augmentation; None if there is none to show."""


_IS_FINISHED, _STARTS, _GOES_ON = b"f", b"s", b"g"
"""What the first worker tells the others of the run folder; the checkpoint's content follows the last one."""


@overload
def train(
    recipe: Recipe,
    dataset: Dataset,
    *,
    settings: TrainingSettings | None = None,
    out: Path,
    resume: bool = False,
    tensorboard: bool = False,
    progress: Progress = _SILENT,
    hardware: None = None,
) -> RunFolder: ...


@overload
def train(
    recipe: Recipe,
    dataset: Dataset,
    *,
    settings: TrainingSettings | None = None,
    out: Path,
    resume: bool = False,
    tensorboard: bool = False,
    progress: Progress = _SILENT,
    hardware: Hardware,
) -> RunFolder | None: ...


def train(
    recipe: Recipe,
    dataset: Dataset,
    *,
    settings: TrainingSettings | None = None,
    out: Path,
    resume: bool = False,
    tensorboard: bool = False,
    progress: Progress = _SILENT,
    hardware: Hardware | None = None,
) -> RunFolder | None:
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
        progress: Receives progress of steps and epochs.
        hardware: Devices, precision and machines; one GPU or the processor unless given.

    Returns:
        The run folder; None on a worker other than the first, which neither reads nor writes it.

    Raises:
        MissingExtraError: Keras, its backend or, if it is asked for, TensorBoard is not installed.
        RecipeError: The recipe does not fit the data.
        TrainingError: There are no images, the folder is taken, the training to resume is another one,
            devices or workers are missing, or the losses are not finite any more.
        RunFolderError: There is no space or no permission in `out`.
    """
    keras = import_keras("edgekit train")
    settings, hardware = settings or recipe.settings, hardware or Hardware()
    check_dataset(dataset)
    logs = TensorBoardLogs(out) if tensorboard and hardware.worker == 0 else None
    identity = identity_of(recipe, settings, dataset, keras.backend.backend(), mixed_precision=hardware.mixed_precision)
    if hardware.num_workers == 1:
        _check_folder(out, resume)
    else:
        progress.note(f"Worker {hardware.worker} waits for all of {', '.join(hardware.workers)} are there.")
    placement = place(keras, hardware)
    start = placement.ask_chief(lambda: _start(out, identity, resume))
    if start == _IS_FINISHED:
        return _finished(out, progress) if placement.is_chief else None
    environment.make_deterministic(keras, placement)
    # TensorFlow's workers give each other every weight they make
    with progress.task("Building the network", None), placement.watched():
        learner = Learner(keras, recipe, settings, dataset, placement, mixed_precision=hardware.mixed_precision)
    checkpoint = _checkpoint(start, out, identity)
    if not placement.is_chief:
        _help(learner, identity, checkpoint, progress, placement)
        return None
    run = RunFolder(out) if resume else _create(out, recipe, settings, dataset, identity, keras, learner, placement)
    return Session(run, learner, identity, dataset, progress, logs=logs).run_to_end(checkpoint, placement)


def _help(
    learner: Learner,
    identity: Identity,
    checkpoint: Checkpoint | None,
    progress: Progress,
    placement: Placement,
) -> None:
    """What every worker but the first does: the same epochs, and no file."""
    learner.learn(checkpoint, lambda: _forget(learner.state(identity)), progress)
    placement.ask_chief(bytes)


def _forget(_: Checkpoint) -> None:
    """The state is read on all workers, because TensorFlow adds batch statistics up when they are read."""


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
        progress: Receives progress of steps and epochs.
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

    def run_to_end(self, checkpoint: Checkpoint | None, placement: Placement = ONE_PROCESSOR) -> RunFolder:
        """All epochs that are left, then the results; other workers wait for them.

        Raises:
            RunFolderError: Another command is writing into the folder.
        """
        with folder_lock(self._run.path, waits=False):
            return self._run_to_end(checkpoint, placement)

    def _run_to_end(self, checkpoint: Checkpoint | None, placement: Placement) -> RunFolder:
        try:
            self._learner.learn(checkpoint, self._save, self._progress)
        except KeyboardInterrupt:
            self._keep_what_is_done()
            raise
        except EdgekitError:
            folders.discard(self._run.path)
            raise
        finally:
            if self._logs is not None:
                self._logs.close()
        self._finish(folders.FINISHED)
        self._checkpoint_path.unlink(missing_ok=True)
        placement.ask_chief(bytes)
        return self._run

    def _save(self) -> None:
        """The end of an epoch."""
        self._learner.state(self._identity).save(self._checkpoint_path)
        results.write_history(self._run.history_path, self._learner.history)
        if self._logs is not None:
            self._logs.write(self._learner.history)

    def _keep_what_is_done(self) -> None:
        """Write the run from the last checkpoint, which stays; remove the folder if no epoch is done."""
        if not self._checkpoint_path.is_file():
            folders.discard(self._run.path)
            self._progress.note("Interrupted before the first epoch was done: nothing was kept.")
            return
        self._progress.note("Interrupted: writing the run from the epochs that are done.")
        self._learner.show(Checkpoint.load(self._checkpoint_path))
        self._finish(folders.INTERRUPTED)
        done = folders.describe(self._run.manifest)
        self._progress.note(f"{self._run.path} holds the model after {done}. Continue with --resume.")

    def _finish(self, status: str) -> None:
        with self._progress.task("Testing the network and drawing figures", None):
            paths = results.write_results(
                self._run,
                network=self._learner.network,
                scores=self._learner.scores(),
                dataset=self._dataset,
                history=self._learner.history,
                saved_epoch=self._learner.saved_epoch,
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
            saved_epoch=self._learner.saved_epoch,
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
    """The checkpoint in `out`, None if no epoch was done; raises TrainingError if it is another training's."""
    start = _start(out, identity, resume=True)
    return None if start == _IS_FINISHED else _checkpoint(start, out, identity)


def _check_folder(out: Path, resume: bool) -> None:
    """Raise TrainingError unless a training may start in `out`, or go on there."""
    if not resume:
        folders.check_free(out)
    elif not (out / "manifest.json").is_file():
        raise TrainingError(f"There is no training to resume in {out}. Start one without --resume.")


def _start(out: Path, identity: Identity, resume: bool) -> bytes:
    """How the training in `out` begins, for all workers; raises TrainingError if it cannot."""
    _check_folder(out, resume)
    if not resume:
        return _STARTS
    check_same(out, RunFolder(out).manifest.get("identity", {}), identity)
    if folders.status_of(out) == folders.FINISHED:
        return _IS_FINISHED
    path = out / folders.CHECKPOINT
    return _GOES_ON + read_bytes(path) if path.is_file() else _STARTS


def _checkpoint(start: bytes, out: Path, identity: Identity) -> Checkpoint | None:
    """What the first worker found; None if no epoch was done; raises TrainingError for another training."""
    if start == _STARTS:
        return None
    path = out / folders.CHECKPOINT
    checkpoint = Checkpoint.read(start.removeprefix(_GOES_ON), path)
    check_same(path, checkpoint.identity, identity)
    return checkpoint


def _finished(out: Path, progress: Progress) -> RunFolder:
    run = RunFolder(out)
    progress.note(f"{out} is finished: {folders.describe(run.manifest)}. There is nothing to resume.")
    return run


def _create(
    out: Path,
    recipe: Recipe,
    settings: TrainingSettings,
    dataset: Dataset,
    identity: Identity,
    keras: Any,
    learner: Learner,
    placement: Placement,
) -> RunFolder:
    folders.check_free(out)  # again, because another training may have begun there while the network was built
    return RunFolder.create(
        out,
        {
            "status": folders.TRAINING,
            "recipe": recipe.name,
            "settings": settings.to_dict(),
            "seed": settings.seed,
            "dataset": dataset.to_dict(),
            "versions": environment.versions(keras.backend.backend()),
            "machine": environment.machine(placement),
            "num_parameters": learner.network.count_params(),
            "epochs": 0,
            "seconds": 0.0,
            "identity": identity,
        },
    )
