"""JAX: the data set lies on the device, and a loop in one jitted program goes over the batches.

So no batch waits for Python. With several devices each holds the whole data set. The places of a batch's images are
split among them, and the compiler adds the gradients and the batch statistics, so the result is that of one device.
On processors XLA runs convolutions inside a loop on one core, so there each step is a program of its own.
"""

from typing import Any

from edgekit.training.batches import EpochPlan
from edgekit.training.engines.base import Lesson, Logs, LoopEngine, Part, reflected


class JaxLoop(LoopEngine):
    """One call of a jitted function a piece of an epoch."""

    name = "JAX loop"

    def __init__(self, lesson: Lesson) -> None:
        super().__init__(lesson)
        import jax
        from keras.distribution import distribution

        self._jax, self._distribution = jax, distribution()
        self._train = self._put(lesson.train.images), self._put(lesson.train.labels)
        self._validation = self._put(lesson.validation.images), self._put(lesson.validation.labels)
        self._evaluate = jax.jit(self._evaluation_loop, donate_argnums=0)

    def _put(self, array: Any, shared_axis: int | None = None) -> Any:
        """A whole copy on each device, or `array` split among them along one axis."""
        if self._distribution is None:
            return self._jax.device_put(array)
        mesh = self._distribution.device_mesh.backend_mesh
        axes = [self._distribution.batch_dim_name if axis == shared_axis else None for axis in range(array.ndim)]
        sharding = self._jax.sharding.NamedSharding(mesh, self._jax.sharding.PartitionSpec(*axes))
        return self._jax.make_array_from_callback(array.shape, sharding, lambda index: array[index])

    def compile(self) -> None:
        """See the base class."""
        self._loop = self._jax.jit(self._training_loop, donate_argnums=0)

    def begin(self, plan: EpochPlan) -> None:
        """See the base class."""
        self.model.reset_metrics()
        self._state = self._values(with_optimizer=True)
        self._order, self._corners = self._put(plan.order, shared_axis=1), self._put(plan.corners, shared_axis=1)

    def train_steps(self, start: int, stop: int) -> None:
        """See the base class."""
        pieces = [(start, stop)] if self.lesson.placement.is_accelerator else [(n, n + 1) for n in range(start, stop)]
        for first, last in pieces:
            self._state = self._loop(self._state, *self._train, self._order, self._corners, first, last)
        self._jax.block_until_ready(self._state)

    def end(self) -> Logs:
        """See the base class."""
        self._assign(self._state)
        del self._state
        return self.metrics()

    def evaluate(self, part: Part) -> Logs:
        """See the base class."""
        import numpy as np

        self.model.reset_metrics()
        places = np.arange(part.first, part.first + part.num_images, dtype=np.int32)
        order = places.reshape(part.num_steps, part.batch_size)
        state = self._values(with_optimizer=False)
        pieces = [order] if self.lesson.placement.is_accelerator else list(np.split(order, part.num_steps))
        for piece in pieces:
            state = self._evaluate(
                state, *self._validation, self._put(piece, shared_axis=1 if part.is_shared else None)
            )
        self._assign(state)
        return self.metrics()

    def _variables(self, *, with_optimizer: bool) -> list[list[Any]]:
        """The model's variables as Keras' `train_step` and `test_step` want them."""
        model = self.model
        optimizer = [model.optimizer.variables] if with_optimizer else []
        return [model.trainable_variables, model.non_trainable_variables, *optimizer, model.metrics_variables]

    def _values(self, *, with_optimizer: bool) -> Any:
        return tuple([variable.value for variable in group] for group in self._variables(with_optimizer=with_optimizer))

    def _assign(self, state: Any) -> None:
        for variables, values in zip(self._variables(with_optimizer=len(state) == 4), state, strict=True):
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)

    # --- Inside the program -----------------------------------------------------------------------

    def _training_loop(
        self, state: Any, images: Any, labels: Any, order: Any, corners: Any, start: Any, stop: Any
    ) -> Any:
        def step(number: Any, state: Any) -> Any:
            chosen = order[number]
            batch = self._pixels(images, chosen, corners[number]), labels[chosen]
            return self._kept(self.model.train_step(state, batch)[1])

        if self.lesson.placement.is_accelerator:
            return self._jax.lax.fori_loop(start, stop, step, state)
        return step(start, state)

    def _evaluation_loop(self, state: Any, images: Any, labels: Any, order: Any) -> Any:
        def step(number: Any, state: Any) -> Any:
            chosen = order[number]
            return self._kept(self.model.test_step(state, (images[chosen], labels[chosen]))[1])

        return step(0, state) if len(order) == 1 else self._jax.lax.fori_loop(0, len(order), step, state)

    def _kept(self, state: Any) -> Any:
        """The state, whole on each device, in the form in which it went in."""
        state = tuple(list(group) for group in state)
        if self._distribution is None:
            return state
        whole = self._jax.sharding.NamedSharding(
            self._distribution.device_mesh.backend_mesh, self._jax.sharding.PartitionSpec()
        )
        return self._jax.lax.with_sharding_constraint(state, whole)

    def _pixels(self, images: Any, chosen: Any, corners: Any) -> Any:
        """The chosen images, widened by reflection and cropped: uint8 (B, height, width, 3)."""
        numpy, batches = self._jax.numpy, self.lesson.batches
        if batches.window is None:
            return images[chosen]
        rows, columns = (
            reflected(
                numpy,
                corners[:, axis, None] + numpy.arange(batches.window[axis])[None] - batches.padding,
                images.shape[axis + 1],
            )
            for axis in (0, 1)
        )
        return images[chosen[:, None, None], rows[:, :, None], columns[:, None, :]]
