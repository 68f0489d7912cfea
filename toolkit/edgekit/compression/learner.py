"""One compression in memory: its steps, each with a Keras 2 model, optimizer and epochs of its own.

Between two steps the weights lie in the Keras 3 network, and each crossing of the bridge is proven. Keeps the
protocol of `edgekit.training.session.Learning`: gives its state as a `Checkpoint` and takes it back. Writes nothing.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from edgekit.compression.bridge import NUM_IMAGES, Bridge, check_equal, to_keras2
from edgekit.compression.data import Augmentation
from edgekit.compression.quantizing import FIRST_BATCHES, Keeping, Quantizing
from edgekit.compression.settings import CompressionSettings
from edgekit.compression.steps import Clustering, Pruning, Step
from edgekit.datasets import Dataset
from edgekit.exporting.keras.scores import KerasScorer
from edgekit.foundation.errors import CompressionError, EdgekitError, TrainingError
from edgekit.foundation.model_optimization import Libraries
from edgekit.foundation.progress import Progress
from edgekit.input_range import RAW
from edgekit.quantization.learned_ranges import LearnedRange, LearnedRanges, fingerprint_of, probe_images
from edgekit.recipe import TrainingSettings
from edgekit.training import checkpoint as state
from edgekit.training.batches import EvaluationBatches, TrainingBatches
from edgekit.training.checkpoint import Checkpoint
from edgekit.training.failures import in_short, is_out_of_memory
from edgekit.training.identity import Identity
from edgekit.training.monitor import Monitor, Row, as_callback

if TYPE_CHECKING:
    import keras
    import numpy as np
    from numpy.typing import NDArray


class CompressionLearner:
    """A network on its way through the steps.

    Args:
        libraries: Both versions of Keras.
        network: The Keras 3 network, raw pixels in, probabilities out; it is changed.
        settings: What to do.
        training: Batch size, seed and padding of the batches.
        dataset: What on.
        augmentation: What is done to training images.
    """

    def __init__(
        self,
        libraries: Libraries,
        network: "keras.Model",
        settings: CompressionSettings,
        training: TrainingSettings,
        dataset: Dataset,
        augmentation: Augmentation,
    ) -> None:
        libraries.keras2.utils.set_random_seed(settings.seed)
        self._libraries, self.network, self._settings, self._dataset = libraries, network, settings, dataset
        self._batches = TrainingBatches(dataset.train, training)
        self._augmentation = augmentation
        self._images = dataset.train.images[:NUM_IMAGES]
        self._history: list[Row] = []
        self._number: int | None = None
        self._proven: Bridge | None = to_keras2(libraries, network)
        self._proven.prove_equal(self._images)

    @property
    def history(self) -> tuple[Row, ...]:
        """One row for each whole epoch."""
        return tuple(self._history)

    @property
    def saved_epoch(self) -> int:
        """The last one."""
        return len(self._history)

    @property
    def num_epochs(self) -> int:
        """Of all steps."""
        return self._settings.epochs * len(self._settings.methods)

    # --- State ------------------------------------------------------------------------------------

    def state(self, identity: Identity) -> Checkpoint:
        """Everything, after a whole epoch; raises TrainingError if a weight is NaN or infinite."""
        import numpy as np

        weights = state.arrays_of("variables", self._step.model.variables)
        if not all(np.isfinite(array).all() for array in weights.values()):
            raise TrainingError(
                f"Training diverged in epoch {len(self._history)}: weights are NaN or infinite. Nothing of this "
                f"epoch was kept. Choose a lower --learning-rate."
            )
        optimizer = state.arrays_of("optimizer", self._optimizer.variables)
        return Checkpoint(
            identity=identity,
            history=tuple(self._history),
            is_over=len(self._history) >= self.num_epochs,
            scalars=(),
            arrays={**weights, **optimizer, **self._start},
        )

    def show(self, checkpoint: Checkpoint) -> None:
        """As `restore`: what learns is what is saved."""
        self.restore(checkpoint)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go back to the end of the checkpoint's last epoch."""
        self._proven = None  # of the network as it was at the beginning
        state.assign("start", checkpoint.arrays, self.network.variables)
        self._begin((checkpoint.epochs - 1) // self._settings.epochs)
        state.assign("variables", checkpoint.arrays, self._step.model.variables)
        state.assign("optimizer", checkpoint.arrays, self._optimizer.variables)
        self._history[:] = checkpoint.history
        self._bring_back()

    # --- Learning ---------------------------------------------------------------------------------

    def learn(self, checkpoint: Checkpoint | None, at_epoch_end: Callable[[], None], progress: Progress) -> None:
        """Go through all steps, or through what `checkpoint` leaves of them; raises TrainingError."""
        with progress.task("Compressing", self.num_epochs * len(self._batches)) as advance:
            monitor = Monitor(
                history=self._history,
                num_epochs=self.num_epochs,
                learning_rate=lambda: float(self._schedule(max(int(self._optimizer.iterations) - 1, 0))),
                start_epoch=self._start_epoch,
                at_epoch_end=at_epoch_end,
                advance=advance,
                progress=progress,
            )
            if checkpoint is not None:
                self.restore(checkpoint)
                advance(checkpoint.epochs * len(self._batches))
            while len(self._history) < self.num_epochs:
                number = len(self._history) // self._settings.epochs
                if number != self._number:
                    self._begin(number)
                progress.note(f"Step {number + 1} of {len(self._settings.methods)}: {self._step.title}.")
                if self._step.remark:
                    progress.note(self._step.remark)
                self._fit(number, monitor)
                self._bring_back()

    def _begin(self, number: int) -> None:
        """Cross the bridge and put around the layers what step `number` needs."""
        self._start = state.arrays_of("start", self.network.variables)
        keras2 = self._libraries.keras2
        if self._proven is None:
            keras2.backend.clear_session()
        keras2.utils.set_random_seed(self._settings.seed)
        num_steps = self._settings.epochs * len(self._batches)
        self._step = self._make_step(self._settings.methods[number], num_steps)
        rate = self._settings.learning_rate_of(self._settings.methods[number])
        self._schedule = keras2.optimizers.schedules.PolynomialDecay(rate, num_steps, 0.0)
        self._optimizer = keras2.optimizers.Adam(self._schedule)
        self._optimizer.build(self._step.model.trainable_variables)
        self._step.model.compile(
            self._optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=False
        )
        self._number = number

    def _make_step(self, method: str, num_steps: int) -> Step:
        settings, bridge = self._settings, self._bridge()
        if method == "prune":
            return Pruning(self._libraries, bridge, settings.sparsity or 0.0, num_steps)
        has_zeros = settings.sparsity is not None
        if method == "cluster":
            return Clustering(self._libraries, bridge, settings.num_clusters or 0, keeps_zeros=has_zeros)
        keeping = Keeping(zeros=has_zeros, clusters=settings.num_clusters is not None)
        self._batches.start_epoch(len(self._history))
        first = [self._batches[index][0] for index in range(min(FIRST_BATCHES, len(self._batches)))]
        return Quantizing(self._libraries, bridge, keeping, first)

    def _bridge(self) -> Bridge:
        """The network in Keras 2, proven equal: the first one is there already."""
        bridge, self._proven = self._proven, None
        if bridge is None:
            bridge = to_keras2(self._libraries, self.network)
            bridge.prove_equal(self._images)
        return bridge

    def _start_epoch(self, epoch: int) -> None:
        """Order, crops, augmentation and dropout of an epoch depend on the seed and the epoch alone."""
        self._batches.start_epoch(epoch)
        self._augmentation.start_epoch(self._settings.seed, epoch)
        for number, layer in enumerate(self._step.model._flatten_layers()):
            generator = getattr(getattr(layer, "_random_generator", None), "_generator", None)
            if generator is not None:
                generator.reset_from_seed((self._settings.seed * 1_000_003 + epoch * 10_007 + number) % 2**31)

    def _fit(self, number: int, monitor: Monitor) -> None:
        callbacks = self._libraries.keras2.callbacks.CallbackList(
            [*self._step.callbacks(), as_callback(self._libraries.keras2, monitor)], model=self._step.model
        )
        try:
            callbacks.on_train_begin()
            for epoch in range(len(self._history), (number + 1) * self._settings.epochs):
                self._one_epoch(epoch, callbacks)
            callbacks.on_train_end()
        except EdgekitError:
            raise
        except Exception as error:  # wrapped layers may make TensorFlow raise anything
            raise CompressionError(_reason(self._step.title, len(self._history), error)) from error

    def _one_epoch(self, epoch: int, callbacks: Any) -> None:
        """A plain loop instead of `fit`, which reads ahead into the next epoch in its own thread."""
        model = self._step.model
        callbacks.on_epoch_begin(epoch)
        model.reset_metrics()
        logs: dict[str, float] = {}
        for index in range(len(self._batches)):
            images, labels = self._batches[index]
            callbacks.on_train_batch_begin(index)
            logs = model.train_on_batch(self._augmentation(images), labels, reset_metrics=False, return_dict=True)
            callbacks.on_train_batch_end(index, logs)
        callbacks.on_epoch_end(epoch, {**logs, **{f"val_{name}": value for name, value in self._validate().items()}})

    def _validate(self) -> dict[str, float]:
        """Loss and accuracy on the validation split, of the model as the step has it (rounded, masked)."""
        model, batches = self._step.model, EvaluationBatches(self._dataset.validation)
        model.reset_metrics()
        logs: dict[str, float] = {}
        for images, labels in (batches[index] for index in range(len(batches))):
            logs = model.test_on_batch(images.astype("float32"), labels, reset_metrics=False, return_dict=True)
        return logs

    def _bring_back(self) -> None:
        """The trained weights into the Keras 3 network, and proof that they are the same network."""
        weights = self._step.weights()
        fresh = to_keras2(self._libraries, self.network)
        for name, values in weights.items():
            fresh.model.get_layer(name).set_weights(values)
        fresh.bring_back(weights)
        check_equal(fresh.model, self.network, self._images)

    # --- Answering --------------------------------------------------------------------------------

    def scores(self) -> "NDArray[np.float32]":
        """The network's probabilities on the test split: float32 (N, C)."""
        return KerasScorer(self.network, RAW)(self._dataset.test.images)

    def examples(self) -> None:
        """Augmented images are shown in the original run."""

    def learned_ranges(self) -> LearnedRanges | None:
        """What quantization-aware training has learned so far; None if it has not begun."""
        if self._number is None or not isinstance(self._step, Quantizing):
            return None
        shape, places = self._dataset.image_shape, []
        model = to_keras2(self._libraries, self.network).model
        for name, ends in self._step.ranges().items():
            layer = model.get_layer(name)  # one that is used twice has two outputs, and one range
            places += [(name, ends, layer.get_output_at(index)) for index in range(len(layer.inbound_nodes))]
        watched = self._libraries.keras2.Model(model.inputs, [output for _, _, output in places])
        outputs = watched(probe_images(shape).astype("float32"), training=False)
        outputs = [each.numpy() for each in (outputs if isinstance(outputs, list) else [outputs])]
        return LearnedRanges(
            image_shape=shape,
            ranges=tuple(
                LearnedRange(
                    layer=name, low=low, high=high, size=int(output[0].size), fingerprint=fingerprint_of(output)
                )
                for (name, (low, high), _), output in zip(places, outputs, strict=True)
            ),
        )


def _reason(title: str, num_done: int, error: Exception) -> str:
    if is_out_of_memory(error):
        return f"Memory ran out in epoch {num_done + 1}. Train with smaller batches (--batch-size)."
    return f"The step '{title}' stopped in epoch {num_done + 1} by an error of TensorFlow: {in_short(error)}"
