import resource
import signal
from contextlib import contextmanager

import numpy as np
import pytest

from edgekit.foundation.errors import RunFolderError, TrainingError
from edgekit.training.checkpoint import (
    Checkpoint,
    arrays_of,
    assign,
    callback_arrays,
    callback_scalars,
    restore_callback,
)


def make_checkpoint(epochs: int = 2, size: int = 10) -> Checkpoint:
    return Checkpoint(
        identity={"recipe": "tiny"},
        history=tuple({"epoch": n + 1, "loss": 0.1 + n / 3} for n in range(epochs)),
        is_over=False,
        scalars=({"best": float("inf"), "wait": 2},),
        arrays={"variables.0": np.random.default_rng(0).random(size).astype(np.float32)},
    )


@contextmanager
def no_file_larger_than(num_bytes):
    """A disk that is full: the operating system refuses to let any file grow beyond `num_bytes`."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
        signal.signal(signal.SIGXFSZ, handler)


def test_what_is_saved_comes_back(tmp_path):
    checkpoint = make_checkpoint()
    checkpoint.save(tmp_path / "checkpoint.npz")
    loaded = Checkpoint.load(tmp_path / "checkpoint.npz")
    assert loaded.epochs == 2
    assert loaded.history == checkpoint.history
    assert loaded.scalars == checkpoint.scalars
    assert loaded.identity == checkpoint.identity
    np.testing.assert_array_equal(loaded.arrays["variables.0"], checkpoint.arrays["variables.0"])


def test_a_full_disk_leaves_the_last_checkpoint(tmp_path):
    path = tmp_path / "checkpoint.npz"
    make_checkpoint(epochs=1).save(path)
    with no_file_larger_than(100_000), pytest.raises(RunFolderError, match=r"Could not write .*checkpoint\.npz"):
        make_checkpoint(epochs=2, size=100_000).save(path)
    assert Checkpoint.load(path).epochs == 1
    assert [file.name for file in tmp_path.iterdir()] == ["checkpoint.npz"]


@pytest.mark.parametrize("damage", [lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b"no zip at all"])
def test_a_damaged_checkpoint_is_a_sentence(tmp_path, damage):
    path = tmp_path / "checkpoint.npz"
    make_checkpoint().save(path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(TrainingError, match="is damaged"):
        Checkpoint.load(path)


def test_variables_come_back_and_another_shape_is_refused(tiny_recipe):
    import keras

    variable = keras.Variable(np.arange(3.0))
    arrays = arrays_of("variables", [variable])
    variable.assign(np.zeros(3))
    assign("variables", arrays, [variable])
    np.testing.assert_array_equal(variable.numpy(), [0, 1, 2])
    with pytest.raises(TrainingError, match="does not fit the network"):
        assign("variables", arrays, [keras.Variable(np.zeros(4))])
    with pytest.raises(TrainingError, match="nothing for it"):
        assign("variables", arrays, [variable, keras.Variable(np.zeros(4))])


def test_a_callback_gets_its_counters_and_best_weights_back(tiny_recipe):
    import keras

    before = keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True)
    before.on_train_begin()
    before.best, before.wait, before.best_weights = np.float32(0.25), 2, [np.ones(3), np.zeros((2, 2))]
    checkpoint = Checkpoint(
        identity={}, history=(), is_over=False, scalars=(callback_scalars(before),), arrays=callback_arrays(0, before)
    )
    after = keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True)
    after.on_train_begin()
    restore_callback(0, after, checkpoint)
    assert (after.best, after.wait) == (0.25, 2)
    assert [array.shape for array in after.best_weights] == [(3,), (2, 2)]


def test_a_callback_that_watches_a_metric_goes_on_as_before(tiny_recipe):
    """Keras turns the sign of min_delta when it first chooses how to compare: that must happen once only."""
    import keras

    before = keras.callbacks.ReduceLROnPlateau(monitor="loss", min_delta=0.5, mode="min")
    before._set_monitor_op()
    checkpoint = Checkpoint(identity={}, history=(), is_over=False, scalars=(callback_scalars(before),), arrays={})
    after = keras.callbacks.ReduceLROnPlateau(monitor="loss", min_delta=0.5, mode="min")
    restore_callback(0, after, checkpoint)
    assert after.monitor_op is before.monitor_op is keras.ops.less
    assert after.min_delta == before.min_delta == -0.5
