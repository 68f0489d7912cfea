"""Devices for TensorFlow: one, or several by tf.distribute, on one machine or many."""

import json
import os
from typing import Any

from edgekit.foundation.errors import TrainingError
from edgekit.foundation.machine import nvidia_gpus
from edgekit.training.hardware import CPU, Hardware, choose_devices
from edgekit.training.placement.base import Placement, ended_by_signals, not_together


def place(hardware: Hardware) -> Placement:
    """Choose devices before TensorFlow starts to use any."""
    import tensorflow as tf

    gpus = [] if hardware.devices == CPU else tf.config.list_physical_devices("GPU")
    chosen = gpus[: choose_devices(hardware.devices, [gpu.name for gpu in gpus], "tensorflow")] if gpus else []
    _use_only(tf, chosen)
    kind, names = ("gpu", [gpu.name.removeprefix("/physical_device:") for gpu in chosen]) if chosen else ("cpu", [CPU])
    if hardware.num_workers > 1:
        return _of_many_machines(tf, hardware, kind)
    if not chosen and hardware.devices not in (None, CPU):
        devices = [device.name.removeprefix("/device:") for device in tf.config.list_logical_devices("CPU")]
        names = devices[: choose_devices(hardware.devices, devices, "tensorflow")]
    memory = _memory_bytes() if chosen else None
    if len(names) == 1:
        return Placement(devices=tuple(names), kind=kind, memory_bytes=memory)
    strategy = tf.distribute.MirroredStrategy(names)
    return Placement(devices=tuple(names), kind=kind, scope=strategy.scope, memory_bytes=memory)


def _use_only(tf: Any, gpus: list[Any]) -> None:
    """Hide all other GPUs, and take their memory as it is needed; raises TrainingError if it is too late."""
    if not tf.config.list_physical_devices("GPU"):
        return
    try:
        if tf.config.get_visible_devices("GPU") != gpus:
            tf.config.set_visible_devices(gpus, "GPU")
        for gpu in gpus:
            if not tf.config.experimental.get_memory_growth(gpu):
                tf.config.experimental.set_memory_growth(gpu, True)
    except RuntimeError as error:
        raise TrainingError(
            "TensorFlow already works on other devices in this process. Start a new process for a training on these."
        ) from error


def _of_many_machines(tf: Any, hardware: Hardware, kind: str) -> Placement:
    os.environ["TF_CONFIG"] = json.dumps(
        {
            "cluster": {"worker": list(hardware.workers)},
            "task": {"type": "worker", "index": hardware.worker},
        }
    )
    try:
        with ended_by_signals():
            strategy = tf.distribute.MultiWorkerMirroredStrategy()
    except (RuntimeError, tf.errors.OpError) as error:
        raise not_together(hardware, error) from error
    per_worker = strategy.num_replicas_in_sync // hardware.num_workers
    return Placement(
        devices=tuple(f"{address}/{kind}:{i}" for address in hardware.workers for i in range(per_worker)),
        kind=kind,
        scope=strategy.scope,
        share=lambda data: _from_first_worker(tf, strategy, data),
        worker=hardware.worker,
        num_workers=hardware.num_workers,
        memory_bytes=_memory_bytes() if kind == "gpu" else None,
    )


def _from_first_worker(tf: Any, strategy: Any, data: bytes) -> bytes:
    """What the first replica holds, as a sum to which the others add zeros."""
    import numpy as np

    def total(values: Any) -> Any:
        context = tf.distribute.get_replica_context()
        is_first = tf.cast(tf.equal(context.replica_id_in_sync_group, 0), tf.float32)
        return context.all_reduce(tf.distribute.ReduceOp.SUM, values * is_first)

    def summed(values: Any) -> Any:
        result = tf.function(lambda: strategy.run(total, args=(tf.constant(values, tf.float32),)))()
        return strategy.experimental_local_results(result)[0].numpy()

    size = np.array([len(data) // 4096, len(data) % 4096])  # float32 holds whole numbers up to 2**24
    quotient, rest = (int(value) for value in summed(size))
    values = np.zeros(quotient * 4096 + rest, np.float32)
    if strategy.cluster_resolver.task_id == 0:
        values[:] = np.frombuffer(data, np.uint8)
    return bytes(summed(values).astype(np.uint8)) if values.size else b""


def _memory_bytes() -> int | None:
    """Memory of the smallest GPU, as nvidia-smi tells it: TensorFlow does not."""
    sizes = [gpu.memory.split() for gpu in nvidia_gpus()]
    return min((int(size[0]) * 2**20 for size in sizes if size[0].isdigit()), default=None)
