"""Devices for JAX: one, or several by Keras' data-parallel distribution, on one machine or many."""

from typing import Any

from edgekit.training.hardware import CPU, Hardware, choose_devices
from edgekit.training.placement.base import Placement, ended_by_signals, not_together

SECONDS_TO_ANSWER = 30
"""After so long without a sign of life, a worker counts as lost."""


def place(hardware: Hardware) -> Placement:
    """Choose devices; with several machines, before JAX starts to use any."""
    import jax

    if hardware.num_workers > 1:
        _bring_together(jax, hardware)
    local = jax.local_devices(backend="cpu") if hardware.devices == CPU else jax.local_devices()
    num_devices = choose_devices(hardware.devices, [_name(device) for device in local], "jax")
    jax.config.update("jax_default_device", local[0] if hardware.devices == CPU else None)
    kind = "cpu" if local[0].platform == "cpu" else "gpu" if local[0].platform in ("gpu", "cuda") else local[0].platform
    memory = (local[0].memory_stats() or {}).get("bytes_limit")
    if num_devices * hardware.num_workers == 1:
        return Placement(devices=(_name(local[0]),), kind=kind, memory_bytes=memory)
    chosen = _first_of_each_process(jax.devices(local[0].platform), num_devices)
    return Placement(
        devices=tuple(_name(device) for device in chosen),
        kind=kind,
        scope=_data_parallel(chosen).scope,
        share=lambda data: _from_first_worker(data),
        worker=hardware.worker,
        num_workers=hardware.num_workers,
        memory_bytes=memory,
    )


def _bring_together(jax: Any, hardware: Hardware) -> None:
    if jax.distributed.is_initialized():
        return
    try:
        with ended_by_signals():
            jax.distributed.initialize(
                coordinator_address=hardware.workers[0],
                num_processes=hardware.num_workers,
                process_id=hardware.worker,
                heartbeat_timeout_seconds=SECONDS_TO_ANSWER,
                initialization_timeout=600,
            )
    except RuntimeError as error:
        raise not_together(hardware, error) from error


def _data_parallel(devices: list[Any]) -> Any:
    from keras.distribution import DataParallel

    return DataParallel(devices=[_name(device) for device in devices], auto_shard_dataset=False)


def _first_of_each_process(devices: list[Any], count: int) -> list[Any]:
    """`count` devices of every process, in the order of processes."""
    of_process: dict[int, list[Any]] = {}
    for device in devices:
        of_process.setdefault(device.process_index, []).append(device)
    return [device for process in sorted(of_process) for device in of_process[process][:count]]


def _from_first_worker(data: bytes) -> bytes:
    import numpy as np
    from jax.experimental.multihost_utils import broadcast_one_to_all

    size = int(broadcast_one_to_all(np.array(len(data), np.int32)))
    padded = np.zeros(size, np.uint8)
    padded[: len(data)] = np.frombuffer(data, np.uint8)
    return bytes(np.asarray(broadcast_one_to_all(padded)).astype(np.uint8)) if size else b""


def _name(device: Any) -> str:
    """As Keras names it: "gpu:0"."""
    return f"{device.platform}:{device.id}"
