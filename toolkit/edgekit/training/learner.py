"""One training in memory: the network, its optimizer and callbacks, and the epochs they go through.

Writes nothing: it gives its state as a `Checkpoint` and takes it back.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from edgekit.datasets import Dataset
from edgekit.foundation.errors import EdgekitError, TrainingError
from edgekit.foundation.keras_setup import native_stderr_held_back
from edgekit.foundation.progress import Progress
from edgekit.recipe import Recipe, TrainingSettings
from edgekit.training import checkpoint as state
from edgekit.training.augmentation import Examples, examples
from edgekit.training.batches import EvaluationBatches, TrainingBatches, as_keras
from edgekit.training.checkpoint import Checkpoint
from edgekit.training.engines import Engine, Lesson, choose_engine
from edgekit.training.environment import seed_epoch
from edgekit.training.failures import explain
from edgekit.training.hardware import check_divisible
from edgekit.training.identity import Identity
from edgekit.training.monitor import Monitor, Row, as_callback
from edgekit.training.network.building import build_network, check_answers, check_can_be_loaded, made_by, training_model
from edgekit.training.network.class_weights import balanced_weights, weighted_loss
from edgekit.training.network.one_score import has_one_score, loss_on_two_scores
from edgekit.training.network.pooling import has_max_pooling, without_scatter
from edgekit.training.network.precision import answering_in_float32, half_precision, policy
from edgekit.training.placement import Placement

if TYPE_CHECKING:
    import keras
    import numpy as np
    from numpy.typing import NDArray


class Learner:
    """A recipe that learns a data set.

    Args:
        keras: The module.
        recipe: What to train; raises RecipeError if it does not fit the data.
        settings: How; they replace the recipe's own.
        dataset: What on.
        placement: The devices.
        mixed_precision: Whether to compute in half precision; see precision.py.
    """

    def __init__(
        self,
        keras: Any,
        recipe: Recipe,
        settings: TrainingSettings,
        dataset: Dataset,
        placement: Placement,
        *,
        mixed_precision: bool = False,
    ) -> None:
        with native_stderr_held_back():  # on any backend it imports TensorFlow if that is installed
            keras.utils.set_random_seed(settings.seed)
        self._keras, self._recipe, self._settings, self._dataset = keras, recipe, settings, dataset
        self._placement = placement
        self._policy = half_precision(placement) if mixed_precision else None
        self._batches = TrainingBatches(dataset.train, settings)
        check_divisible(self._batches.num_images, len(placement.devices))
        self.network = build_network(keras, recipe, dataset.image_shape, len(dataset.class_names))
        check_answers(recipe, self.network, dataset.train.images[:2])
        check_can_be_loaded(keras, recipe, self.network)
        self._history: list[Row] = []
        self._is_over = False
        with placement.scope():
            self._learning = self._twin() if self._needs_a_twin else self.network
            self._compile()

    @property
    def _needs_a_twin(self) -> bool:
        """Whether what learns differs from what is saved: in its input size, precision or pooling, or where it lies."""
        return bool(self._settings.image_sizes or self._policy) or self._placement.is_shared or self._would_scatter

    @property
    def _would_scatter(self) -> bool:
        """Whether there are max poolings to compute in another way; see pooling.py."""
        return self._keras.backend.backend() == "jax" and has_max_pooling(self._keras, self.network)

    def _twin(self) -> "keras.Model":
        """A network that learns instead of the one that is saved, with the same weights."""
        shape = (None, None, self._dataset.image_shape[2]) if self._settings.image_sizes else self._dataset.image_shape
        with policy(self._keras, self._policy):
            twin = build_network(self._keras, self._recipe, shape, len(self._dataset.class_names))
        if self._policy:
            answering_in_float32(twin)
        if self._would_scatter:
            without_scatter(self._keras, twin)
        twin.set_weights(self.network.get_weights())
        return twin

    def _compile(self) -> None:
        keras, recipe = self._keras, self._recipe
        self._augmentation = made_by(recipe, "augmentation", (keras.Layer, type(None)))
        num_steps = self._settings.epochs * len(self._batches)
        self._optimizer = made_by(recipe, "optimizer", keras.optimizers.Optimizer, num_steps)
        self._callbacks = made_by(recipe, "callbacks", list)
        with policy(keras, self._policy):  # half floats get an optimizer that scales the loss
            self._model = training_model(keras, self._learning, self._augmentation)
            loss = loss_on_two_scores(keras, recipe.loss) if has_one_score(self.network) else recipe.loss
            if self._settings.class_weights:
                weights = balanced_weights(self._dataset.train.labels, len(self._dataset.class_names))
                loss = weighted_loss(keras, loss, weights)
            self._model.compile(self._optimizer, loss=loss, metrics=["accuracy"], jit_compile=self._compiler())
        self._model.optimizer.build(self._learning.trainable_variables)

    def _compiler(self) -> bool | str:
        """Whether to compile with XLA: with TensorFlow it halves the speed of training on processors."""
        if self._keras.backend.backend() != "tensorflow":
            return "auto"
        return "auto" if self._placement.is_accelerator and not self._placement.is_shared else False

    # --- State ------------------------------------------------------------------------------------

    def state(self, identity: Identity) -> Checkpoint:
        """Everything, after a whole epoch; raises TrainingError if a weight is NaN or infinite."""
        import numpy as np

        weights = state.arrays_of("variables", self._variables)
        if not all(np.isfinite(array).all() for array in weights.values()):
            raise TrainingError(
                f"Training diverged in epoch {len(self._history)}: weights are NaN or infinite. Nothing of this "
                f"epoch was kept. Most often the learning rate is too high: lower it in the recipe."
            )
        arrays = weights | state.arrays_of("optimizer", self._model.optimizer.variables)
        for number, callback in enumerate(self._callbacks):
            arrays |= state.callback_arrays(number, callback)
        return Checkpoint(
            identity=identity,
            history=tuple(self._history),
            is_over=self._model.stop_training or len(self._history) >= self._settings.epochs,
            scalars=tuple(state.callback_scalars(callback) for callback in self._callbacks),
            arrays=arrays,
        )

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go back to the end of the checkpoint's last epoch."""
        state.assign("variables", checkpoint.arrays, self._variables)
        state.assign("optimizer", checkpoint.arrays, self._model.optimizer.variables)
        for number, callback in enumerate(self._callbacks):
            state.restore_callback(number, callback, checkpoint)
        self._history[:] = checkpoint.history
        self._is_over = checkpoint.is_over

    def show(self, checkpoint: Checkpoint) -> None:
        """Let the network that is saved, and the history, be those of the checkpoint; asks no other machine.

        If a callback would go back to the best epoch at the end, the network is that of the best epoch so far.
        """
        state.assign("variables", checkpoint.arrays, self.network.variables)
        for number, callback in enumerate(self._callbacks):
            state.restore_callback(number, callback, checkpoint)
            if _goes_back(callback):
                self.network.set_weights(callback.best_weights[-len(self.network.weights) :])  # augmentation's go first
        self._history[:] = checkpoint.history

    @property
    def _variables(self) -> list["keras.Variable"]:
        """Weights, batch statistics and the states of random generators, of the network and the augmentation."""
        return [*self._learning.variables, *(self._augmentation.variables if self._augmentation else [])]

    @property
    def history(self) -> tuple[Row, ...]:
        """One row for each whole epoch."""
        return tuple(self._history)

    @property
    def saved_epoch(self) -> int | None:
        """Whose weights `network` has at the end, from 1: a callback goes back to one, or it is the last.

        None if a callback does not say what it went back to.
        """
        epoch: int | None = len(self._history)
        for callback in self._callbacks:
            if _goes_back(callback):
                best = getattr(callback, "best_epoch", None)
                epoch = None if best is None else best + 1
        return epoch

    def _share_weights(self) -> None:
        if self._learning is not self.network:
            self.network.set_weights(self._learning.get_weights())

    # --- Learning ---------------------------------------------------------------------------------

    def _last_rate(self) -> float:
        """The learning rate of the last step; a schedule by itself tells that of the step to come."""
        optimizer = getattr(self._optimizer, "inner_optimizer", self._optimizer)
        rate = optimizer._learning_rate
        if isinstance(rate, self._keras.optimizers.schedules.LearningRateSchedule):
            steps = int(self._keras.ops.convert_to_numpy(optimizer.iterations))
            rate = rate(max(steps - 1, 0))
        return float(self._keras.ops.convert_to_numpy(rate))

    def learn(self, checkpoint: Checkpoint | None, at_epoch_end: Callable[[], None], progress: Progress) -> None:
        """Go through all epochs, or through those that `checkpoint` leaves; raises TrainingError."""
        with (
            progress.task(f"Training {self._recipe.name}", self._settings.epochs * len(self._batches)) as advance,
            self._placement.scope(),
        ):
            monitor = Monitor(
                history=self._history,
                num_epochs=self._settings.epochs,
                learning_rate=self._last_rate,
                start_epoch=self._start_epoch,
                at_epoch_end=at_epoch_end,
                advance=advance,
                progress=progress,
            )
            callbacks = phased_callbacks(
                self._keras, [*self._callbacks, as_callback(self._keras, monitor)], self._model
            )
            callbacks.training_begins()
            if checkpoint is not None:
                self.restore(checkpoint)
                advance(checkpoint.epochs * len(self._batches))
            with self._explained_errors():
                self._run_phases(self._engine(progress), callbacks)
            callbacks.training_ends()
            self._share_weights()

    def _start_epoch(self, epoch: int) -> None:
        seed_epoch(self._keras, self._settings.seed, epoch)
        self._batches.start_epoch(epoch)

    def _engine(self, progress: Progress) -> Engine:
        lesson = Lesson(
            keras=self._keras,
            model=self._model,
            batches=self._batches,
            train=self._dataset.train,
            validation=self._dataset.validation,
            placement=self._placement,
        )
        return choose_engine(lesson, self._callbacks, progress)

    def _run_phases(self, engine: Engine, callbacks: Any) -> None:
        for first, last, size in self._phases():
            if self._is_over:
                return
            self._batches.crop_to(size)
            engine.run(max(first, len(self._history)), last, callbacks)
            self._is_over = self._model.stop_training

    @contextmanager
    def _explained_errors(self) -> Iterator[None]:
        try:
            yield
        except EdgekitError:
            raise
        except Exception as error:  # layers, losses and callbacks of a recipe may raise anything
            raise explain(
                error,
                recipe_name=self._recipe.name,
                num_done=len(self._history),
                batch_size=self._batches.num_images,
                placement=self._placement,
            ) from error

    def _phases(self) -> Iterator[tuple[int, int, tuple[int, int] | None]]:
        """(first epoch, the one after the last, crop) of each phase that is not done yet."""
        starts = self._settings.image_sizes or ((0, 0),)
        ends = [start for start, _ in starts[1:]] + [self._settings.epochs]
        for (first, side), last in zip(starts, ends, strict=True):
            if last > len(self._history):
                yield first, last, self._crop_size(side)

    def _crop_size(self, side: int) -> tuple[int, int] | None:
        """(height, width) of crops for `side`, which is meant for the recipe's image size; None: no crop."""
        height, width, _ = self._dataset.image_shape
        wanted = self._recipe.image_size
        size = round(height * side / wanted[0]), round(width * side / wanted[1])
        if size[0] > height or size[1] > width:
            raise TrainingError(
                f"Recipe '{self._recipe.name}' asks for crops of {side} pixels, more than its image size of "
                f"{wanted[0]} x {wanted[1]}. Lower the sides in image_sizes."
            )
        return None if side == 0 or size == (height, width) else size

    # --- Answering --------------------------------------------------------------------------------

    def scores(self) -> "NDArray[np.float32]":
        """The network's probabilities on the test split: float32 (N, C)."""
        import numpy as np

        model = training_model(self._keras, self.network, None)
        model.compile(jit_compile=self._compiler())
        scores = model.predict(as_keras(self._keras, EvaluationBatches(self._dataset.test)), verbose=0)
        return np.asarray(scores, dtype=np.float32)

    def examples(self) -> Examples | None:
        """A few training images and what augmentation makes of them; None if the recipe has none."""
        return examples(self._keras, self._recipe, self._settings, self._dataset.train)


def phased_callbacks(keras: Any, callbacks: list[Any], model: "keras.Model") -> Any:
    """A list of callbacks for which several calls of `fit` are one training: it begins once and ends once."""

    class PhasedCallbacks(keras.callbacks.CallbackList):
        def training_begins(self) -> None:
            super().on_train_begin()

        def training_ends(self) -> None:
            super().on_train_end()

        def on_train_begin(self, logs: Any = None) -> None:
            """A phase begins: nothing to do."""

        def on_train_end(self, logs: Any = None) -> None:
            """A phase ends: nothing to do."""

    return PhasedCallbacks(callbacks, add_history=True, model=model)


def _goes_back(callback: Any) -> bool:
    """Whether it gives the network the weights of an earlier epoch at the end, as Keras' `EarlyStopping` may."""
    return bool(getattr(callback, "restore_best_weights", False) and getattr(callback, "best_weights", None))
