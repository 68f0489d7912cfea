import json

import pytest

from edgekit.foundation.errors import RecipeError, TrainingError, UsageError
from edgekit.training.failures import explain
from edgekit.training.hardware import (
    Hardware,
    check_divisible,
    choose_devices,
    parse_devices,
    workers_of_environment,
)
from edgekit.training.placement import Placement

ONE = Placement(devices=("gpu:0",), kind="gpu")


def test_more_devices_than_there_are_lists_them():
    with pytest.raises(TrainingError, match=r"--devices 3 is more than there are: jax sees 2 here \(gpu:0, gpu:1\)"):
        choose_devices(3, ["gpu:0", "gpu:1"], "jax")


def test_more_devices_than_the_only_one_says_to_leave_the_option_out():
    with pytest.raises(TrainingError, match=r"torch sees 1 here \(cpu:0\)\. Leave --devices out\."):
        choose_devices(5, ["cpu:0"], "torch")


@pytest.mark.parametrize(("wanted", "count"), [(None, 1), ("cpu", 1), ("all", 2), (2, 2), (1, 1)])
def test_devices_are_counted(wanted, count):
    assert choose_devices(wanted, ["gpu:0", "gpu:1"], "jax") == count


@pytest.mark.parametrize("text", ["gpu", "0", "-1", "", "²"])
def test_other_devices_are_wrong_usage(text):
    with pytest.raises(UsageError, match="'all', 'cpu' or a number"):
        Hardware(devices=parse_devices(text))


@pytest.mark.parametrize(("workers", "worker"), [(("a:1",), 0), (("a", "b:1"), 0), (("a:1", "b:1"), 2), ((), 1),
                                                  ((":1", "b:1"), 0), (("a:0", "b:1"), 0), (("a:65536", "b:1"), 0),
                                                  (("a:²", "b:1"), 0), (("a:1", "a:1"), 0)])  # fmt: skip
def test_wrong_workers_are_wrong_usage(workers, worker):
    with pytest.raises(UsageError, match="Received"):
        Hardware(workers=workers, worker=worker)


def test_workers_are_read_from_tf_config():
    config = {"cluster": {"worker": ["a:1", "b:2"]}, "task": {"type": "worker", "index": 1}}
    assert workers_of_environment({"TF_CONFIG": json.dumps(config)}) == (("a:1", "b:2"), 1)
    assert workers_of_environment({}) == ((), 0)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"cluster": {"worker": ["a:1"], "ps": ["b:1"]}, "task": {}}',
        '{"cluster": {"worker": "a:1"}, "task": {"type": "worker", "index": 0}}',
    ],
)
def test_another_tf_config_is_a_sentence(text):
    with pytest.raises(UsageError, match="TF_CONFIG"):
        workers_of_environment({"TF_CONFIG": text})


def test_a_batch_that_devices_cannot_share_names_two_that_they_can():
    check_divisible(96, 8)
    with pytest.raises(TrainingError, match="--batch-size 96 or 104"):
        check_divisible(100, 8)


class JaxRuntimeError(RuntimeError):
    """Named as the one of JAX."""


def tensorflow_error():
    import tensorflow as tf

    return tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")


@pytest.mark.parametrize(
    "make",
    [
        tensorflow_error,
        MemoryError,
        lambda: JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory"),
        lambda: JaxRuntimeError("INTERNAL: Error dispatching computation: Out of memory allocating 2965173568 bytes."),
        lambda: RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory"),
        lambda: RuntimeError("Exception encountered when calling Conv2D.call(). CUDA out of memory. Tried to allocate"),
    ],
)
def test_out_of_memory_says_which_batch_to_try(make):
    error = explain(make(), recipe_name="r", num_done=2, batch_size=128, placement=ONE)
    assert "memory of gpu:0 ran out in epoch 3" in str(error)
    assert "Try --batch-size 64" in str(error)


def test_the_batch_to_try_can_be_shared_and_one_image_is_the_end():
    eight = Placement(devices=tuple(f"gpu:{n}" for n in range(8)), kind="gpu")
    assert "--batch-size 48" in str(
        explain(MemoryError(), recipe_name="r", num_done=0, batch_size=104, placement=eight)
    )
    assert "smaller network" in str(explain(MemoryError(), recipe_name="r", num_done=0, batch_size=1, placement=ONE))


def test_a_lost_worker_is_said_and_how_to_go_on():
    two = Placement(devices=("a", "b"), kind="cpu", num_workers=2)
    error = explain(RuntimeError("Gloo all-reduce failed"), recipe_name="r", num_done=4, batch_size=8, placement=two)
    assert "Another worker no longer responds" in str(error)
    assert "(epoch 5)" in str(error)
    assert "--resume" in str(error)


def fail(error, cause=None):
    raise error from cause


def test_a_worker_that_is_lost_before_or_after_the_epochs_is_said_too():
    two = Placement(devices=("a", "b"), kind="cpu", num_workers=2, share=lambda _: fail(RuntimeError("Gloo failed")))
    with pytest.raises(TrainingError, match=r"^Another worker no longer responds, so"):
        two.ask_chief(bytes)
    building = RecipeError("Recipe 'mine' could not build its network")  # is what a recipe's own fault would be
    with pytest.raises(TrainingError, match=r"^Another worker no longer responds, so"), two.watched():
        fail(building, RuntimeError("Collective ops is aborted by: heartbeats stopped"))
    with pytest.raises(RecipeError, match="could not build"), two.watched():
        fail(building, ValueError("unknown layer"))
    with pytest.raises(RuntimeError, match="Gloo"), ONE.watched():
        fail(RuntimeError("Gloo failed"))


def test_the_first_worker_tells_its_error_to_all():
    told = []
    chief = Placement(devices=("a", "b"), kind="cpu", num_workers=2, share=lambda data: told.append(data) or data)

    def refuse():
        raise TrainingError("taken")

    with pytest.raises(TrainingError, match=r"^taken"):
        chief.ask_chief(refuse)
    other = Placement(devices=("a", "b"), kind="cpu", num_workers=2, worker=1, share=lambda _: told[0])
    with pytest.raises(TrainingError, match="first worker says: taken"):
        other.ask_chief(refuse)
