"""TensorFlow: the data set lies on the device, and a while loop in one tf.function goes over the batches.

So no batch waits for Python. With several devices each holds the whole data set and takes its share of every
batch; gradients are added by the strategy. Keras 3 has no `fit` for several machines: this loop is one.
"""

from typing import Any

from edgekit.training.batches import EpochPlan
from edgekit.training.engines.base import Lesson, Logs, LoopEngine, Part, reflected


class TensorflowLoop(LoopEngine):
    """One call of a tf.function a piece of an epoch."""

    name = "TensorFlow loop"

    def __init__(self, lesson: Lesson) -> None:
        super().__init__(lesson)
        import tensorflow as tf

        self._tf, self._strategy = tf, self.model.distribute_strategy
        self._num_replicas = self._strategy.num_replicas_in_sync
        self._train = self._on_every_device(lesson.train.images, lesson.train.labels)
        self._validation = self._on_every_device(lesson.validation.images, lesson.validation.labels)
        self._evaluate = tf.function(self._evaluation_loop, autograph=False)

    def _on_every_device(self, *arrays: Any) -> Any:
        """A copy of each array on each device, uint8 images and int64 labels."""
        tensors = [self._tf.constant(array) for array in arrays]
        if self._num_replicas == 1:
            return tuple(self._tf.identity(tensor) for tensor in tensors)
        return tuple(
            self._strategy.experimental_distribute_values_from_function(lambda _, tensor=tensor: tensor)
            for tensor in tensors
        )

    def compile(self) -> None:
        """See the base class."""
        self._loop = self._tf.function(self._training_loop, autograph=False)

    def begin(self, plan: EpochPlan) -> None:
        """See the base class."""
        self._order, self._corners = self._tf.constant(plan.order), self._tf.constant(plan.corners)
        self.model.reset_metrics()

    def train_steps(self, start: int, stop: int) -> None:
        """See the base class."""
        done = self._loop(*self._train, self._order, self._corners, self._tf.constant(start), self._tf.constant(stop))
        done.numpy()

    def end(self) -> Logs:
        """See the base class."""
        logs = self.metrics()
        if self._num_replicas > 1:
            self._average_statistics()
        return logs

    def evaluate(self, part: Part) -> Logs:
        """See the base class."""
        self.model.reset_metrics()
        order = self._tf.range(part.first, part.first + part.num_images)
        order = self._tf.reshape(order, (part.num_steps, part.batch_size))
        self._evaluate(*self._validation, order, part.is_shared)
        return self.metrics()

    # --- Inside the graph -------------------------------------------------------------------------

    def _training_loop(self, images: Any, labels: Any, order: Any, corners: Any, start: Any, stop: Any) -> Any:
        step = self.model.train_step
        if self.model.jit_compile:  # never with several devices, whose gradients meet outside of a tf.function
            step = self._tf.function(step, jit_compile=True)

        def replica_step(images: Any, labels: Any, chosen: Any, corners: Any) -> None:
            chosen, corners = self._share(chosen), self._share(corners)
            step((self._pixels(images, chosen, corners), self._tf.gather(labels, chosen)))

        def body(number: Any) -> Any:
            self._strategy.run(replica_step, args=(images, labels, order[number], corners[number]))
            return number + 1

        return self._tf.while_loop(lambda number: number < stop, body, [start], parallel_iterations=1)[0]

    def _evaluation_loop(self, images: Any, labels: Any, order: Any, is_shared: bool) -> Any:
        def replica_step(images: Any, labels: Any, chosen: Any) -> None:
            chosen = self._share(chosen) if is_shared else chosen
            self.model.test_step((self._tf.gather(images, chosen), self._tf.gather(labels, chosen)))

        def body(number: Any) -> Any:
            self._strategy.run(replica_step, args=(images, labels, order[number]))
            return number + 1

        num_steps = self._tf.shape(order)[0]
        return self._tf.while_loop(lambda number: number < num_steps, body, [0], parallel_iterations=1)[0]

    def _average_statistics(self) -> None:
        """Batch statistics, which Keras 3 lets each device collect for itself, become their mean on all of them."""
        tf, strategy = self._tf, self._strategy
        kept = [variable for variable in self.model.non_trainable_variables if "float" in variable.dtype]

        def means() -> list[Any]:
            context = tf.distribute.get_replica_context()
            return [context.all_reduce(tf.distribute.ReduceOp.MEAN, tf.identity(variable.value)) for variable in kept]

        for variable, mean in zip(kept, tf.function(lambda: strategy.run(means), autograph=False)(), strict=True):
            variable.assign(strategy.experimental_local_results(mean)[0])

    def _share(self, values: Any) -> Any:
        """This device's share of the values of a batch, (B, …) -> (B / devices, …)."""
        if self._num_replicas == 1:
            return values
        replica = self._tf.distribute.get_replica_context().replica_id_in_sync_group
        size = values.shape[0] // self._num_replicas
        start = [replica * size] + [0] * (len(values.shape) - 1)
        return self._tf.slice(values, start, [size, *values.shape[1:]])

    def _pixels(self, images: Any, chosen: Any, corners: Any) -> Any:
        """The chosen images, widened by reflection and cropped: uint8 (B, height, width, 3)."""
        tf, batches = self._tf, self.lesson.batches
        taken = tf.gather(images, chosen)
        if batches.window is None:
            return taken
        for axis in (1, 2):
            places = corners[:, axis - 1, None] + tf.range(batches.window[axis - 1])[None] - batches.padding
            taken = tf.gather(taken, reflected(tf, places, int(images.shape[axis])), axis=axis, batch_dims=1)
        return taken
