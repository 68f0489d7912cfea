"""Training images per second of a recipe by edgekit's engines, against plain Keras `fit` on numpy arrays.

    python benchmarks/training_throughput.py cnn6 --data cifar10:PATH
    python benchmarks/training_throughput.py resnet8 --data cifar10:PATH --backend jax --rounds 7

Both sides get the same network, images, batch, loss, optimizer and augmentation layer. An epoch of each is run in
turn, round by round, in one process; the first round, in which everything is compiled, is not counted, and the table
gives medians. An epoch is training on `--num-images` images and validating on one batch.

plain fit            model.compile(optimizer, loss, metrics) and model.fit(numpy arrays), all else as Keras has it
edgekit, ENGINE      an epoch of `edgekit train`, without the checkpoint; "*" is the engine that it chooses here

Shifts by padding are edgekit's alone, so plain `fit` has less to do there; crops of smaller sides are left out.
"waits for input" is the share of an epoch that is saved where every batch is the same one, ready in memory: that is
run too, in the same rounds. On a GPU neither side is made deterministic, as plain Keras is not, unless XLA_FLAGS says
`--xla_gpu_deterministic_ops=true`, as `edgekit train` does. Targets: a ratio of 1.0 on a processor, of 3.0 on an
accelerator for cnn6.
"""

import argparse
import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from edgekit.datasets import Dataset, DatasetRequest, Split, load_dataset
from edgekit.foundation.keras_setup import import_keras
from edgekit.foundation.machine import num_usable_cpus, nvidia_gpus, this_machine
from edgekit.foundation.progress import Progress, SilentProgress
from edgekit.recipe import Recipe, TrainingSettings, load_recipe
from edgekit.training.batches import EVALUATION_BATCH, Batch, TrainingBatches
from edgekit.training.engines import Engine, Lesson, choose_engine
from edgekit.training.engines.choice import ENGINES
from edgekit.training.hardware import Hardware
from edgekit.training.learner import Learner
from edgekit.training.placement import Placement, place

Pause = Callable[[], None]
"""To be called at the end of every epoch: the others have their turn meanwhile."""

Work = Callable[[Pause], list[float]]
"""Goes through all epochs; returns the seconds of each."""


def main() -> None:
    """Run all contestants in turn and print the table."""
    arguments = parse_arguments()
    os.environ.setdefault("XLA_FLAGS", "--xla_gpu_deterministic_ops=false")
    keras = import_keras("the benchmark", arguments.backend)
    placement = place(keras, Hardware())
    recipe = load_recipe(arguments.recipe)
    settings = last_phase(recipe, arguments.rounds + 1)
    dataset = cut(load_dataset(arguments.data, DatasetRequest(image_size=recipe.image_size)), settings, arguments)
    contestants = dict(make_contestants(keras, placement, recipe, settings, dataset))
    times = in_turns(contestants)
    print(
        f"{recipe.name}, {keras.backend.backend()} on {', '.join(placement.devices)} ({machine_in_words()}), "
        f"batches of {settings.batch_size}, {len(dataset.train):,} images a round, n = {arguments.rounds} rounds"
    )
    print_table(times, len(dataset.train), "edgekit, " + chosen_engine(keras, placement, recipe, settings, dataset))


def print_table(times: dict[str, list[float]], num_images: int, chosen: str) -> None:
    """Medians over the rounds, the first one left out: images per second, the ratio to plain `fit`, the wait for input.

    Args:
        times: Name -> seconds of each epoch.
        num_images: Training images per epoch.
        chosen: Who gets the "*".
    """
    print(f"{'':24} {'images/s':>9} {'ratio':>6} {'waits for input':>16}")
    for name in times:
        ready = name + READY
        waits = f"{100 * (1 - median_ratio(times[ready], times[name])):.1f} %" if ready in times else ""
        rate, ratio = num_images / statistics.median(times[name][1:]), median_ratio(times[PLAIN], times[name])
        if not name.endswith(READY):
            print(f"{name + (' *' if name == chosen else ''):24} {rate:9,.0f} {ratio:6.2f} {waits:>16}")


def median_ratio(seconds: list[float], others: list[float]) -> float:
    """Median of the rounds' ratios, so that a slow minute of the machine counts on both sides."""
    return statistics.median(one / other for one, other in zip(seconds[1:], others[1:], strict=True))


PLAIN, READY = "plain fit", ", input ready"


def make_contestants(
    keras: Any, placement: Placement, recipe: Recipe, settings: TrainingSettings, dataset: Dataset
) -> Iterator[tuple[str, Work]]:
    """Name and work of each."""
    yield PLAIN, lambda pause: plain_fit(keras, recipe, settings, dataset, pause)
    for engine in dict.fromkeys(("fit", keras.backend.backend())):
        if engine in ENGINES:
            for ready in (False, True):
                yield (
                    f"edgekit, {engine}{READY if ready else ''}",
                    lambda pause, engine=engine, ready=ready: our_epochs(
                        EngineLearner(keras, recipe, settings, dataset, placement, engine=engine, ready=ready), pause
                    ),
                )


# --- Plain Keras ----------------------------------------------------------------------------------------


def plain_fit(keras: Any, recipe: Recipe, settings: TrainingSettings, dataset: Dataset, pause: Pause) -> list[float]:
    """What a Keras user writes: augmentation as the first layer of the network, `compile`, `fit` on numpy arrays."""
    clock = Clock(pause)

    class Timing(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            clock.start()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            clock.stop()

    augmentation = recipe.augmentation()
    network = recipe.build(dataset.image_shape, len(dataset.class_names))
    model = keras.Sequential([keras.Input(dataset.image_shape), *([augmentation] if augmentation else []), network])
    num_steps = settings.epochs * (len(dataset.train) // settings.batch_size)
    model.compile(recipe.optimizer(num_steps), loss=recipe.loss, metrics=["accuracy"])
    model.fit(
        dataset.train.images,
        dataset.train.labels,
        batch_size=settings.batch_size,
        epochs=settings.epochs,
        validation_data=(dataset.validation.images, dataset.validation.labels),
        validation_batch_size=EVALUATION_BATCH,
        callbacks=[Timing()],
        verbose=0,
    )
    return clock.seconds


class Clock:
    """Seconds of each epoch, without the pauses between them."""

    def __init__(self, pause: Pause) -> None:
        self._pause = pause
        self.seconds: list[float] = []

    def start(self) -> None:
        """An epoch begins."""
        self._started = time.perf_counter()

    def stop(self) -> None:
        """An epoch is done."""
        self.seconds.append(time.perf_counter() - self._started)
        self._pause()


# --- edgekit --------------------------------------------------------------------------------------------


class EngineLearner(Learner):
    """edgekit's own learner with the engine `engine`, on its own batches or on one that lies ready."""

    def __init__(self, *arguments: Any, engine: str, ready: bool) -> None:
        super().__init__(*arguments)
        self._engine_name, self._ready = engine, ready

    def _engine(self, progress: Progress) -> Engine:
        lesson = lesson_of(self)
        make: Any = ENGINES.load(self._engine_name)
        if not self._ready:
            return make(lesson)
        engine = make(replace(lesson, batches=ReadyBatches(self._batches)))
        engine._pixels = lambda *_: self._keras.ops.convert_to_tensor(self._batches[0][0])
        return engine


class ReadyBatches(TrainingBatches):
    """One batch, again and again; everything else as in `batches`."""

    def __init__(self, batches: TrainingBatches) -> None:
        self.__dict__.update(batches.__dict__)
        self._ready = batches[0]

    def __getitem__(self, index: int) -> Batch:
        return self._ready


def our_epochs(learner: EngineLearner, pause: Pause) -> list[float]:
    """All epochs, as `edgekit train` goes through them."""
    learner.learn(None, pause, SilentProgress())
    return [row["seconds"] for row in learner.history]


def lesson_of(learner: Learner) -> Lesson:
    """As the learner makes it for the engine that it chooses."""
    return Lesson(
        keras=learner._keras,
        model=learner._model,
        batches=learner._batches,
        train=learner._dataset.train,
        validation=learner._dataset.validation,
        placement=learner._placement,
    )


def chosen_engine(
    keras: Any, placement: Placement, recipe: Recipe, settings: TrainingSettings, dataset: Dataset
) -> str:
    """Name of the engine that `edgekit train` takes here."""
    learner = Learner(keras, recipe, settings, dataset, placement)
    chosen = choose_engine(lesson_of(learner), recipe.callbacks(), SilentProgress())
    return next(name for name in ENGINES if isinstance(chosen, ENGINES.load(name)))


# --- In turns -------------------------------------------------------------------------------------------


class Contestant(threading.Thread):
    """Work that goes on by one epoch each time it has its turn."""

    def __init__(self, work: Work) -> None:
        super().__init__(daemon=True)
        self._work = work
        self._go, self._done = threading.Semaphore(0), threading.Semaphore(0)
        self.seconds: list[float] = []
        self.error: Exception | None = None

    def run(self) -> None:
        """The thread."""
        self._go.acquire()
        try:
            self.seconds = self._work(self._pause)
        except Exception as error:  # noqa: BLE001 - raised again by the main thread
            self.error = error
        self._done.release()

    def _pause(self) -> None:
        self._done.release()
        self._go.acquire()

    def turn(self) -> None:
        """Let it work until its next pause, or its end."""
        self._go.release()
        self._done.acquire()
        if self.error is not None:
            raise self.error


def in_turns(works: dict[str, Work]) -> dict[str, list[float]]:
    """Name -> seconds of each epoch, an epoch of each after an epoch of each."""
    contestants = {name: Contestant(work) for name, work in works.items()}
    for contestant in contestants.values():
        contestant.start()
    while any(contestant.is_alive() for contestant in contestants.values()):
        for contestant in contestants.values():
            contestant.turn()
            if contestant.seconds:
                contestant.join()
    return {name: contestant.seconds for name, contestant in contestants.items()}


# --- What is measured -----------------------------------------------------------------------------------


def last_phase(recipe: Recipe, epochs: int) -> TrainingSettings:
    """The recipe's settings with its last size of crops all the time, so that both sides see whole images."""
    sizes = recipe.settings.image_sizes
    return replace(recipe.settings, epochs=epochs, image_sizes=((0, sizes[-1][1]),) if sizes else ())


def cut(dataset: Dataset, settings: TrainingSettings, arguments: argparse.Namespace) -> Dataset:
    """As many training images as asked for, in full batches, and one batch to validate on."""
    wanted = min(arguments.num_images, len(dataset.train)) // settings.batch_size * settings.batch_size
    return replace(dataset, train=first(dataset.train, wanted), validation=first(dataset.validation, EVALUATION_BATCH))


def first(split: Split, count: int) -> Split:
    """The first so many images."""
    return Split(images=split.images[:count], labels=split.labels[:count])


def machine_in_words() -> str:
    """Processor and GPUs."""
    gpus = "".join(f", {gpu.name}" for gpu in nvidia_gpus())
    return f"{this_machine().cpu}, {num_usable_cpus()} processors{gpus}"


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", help="a recipe's name, or a file: resnet8, cnn6, vgg_augmented")
    parser.add_argument("--data", default="digits", help="data set (default digits)")
    parser.add_argument("--backend", choices=("tensorflow", "jax", "torch"), help="default $KERAS_BACKEND")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured (default 5)")
    parser.add_argument("--num-images", type=int, default=2560, help="training images a round (default 2560)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
