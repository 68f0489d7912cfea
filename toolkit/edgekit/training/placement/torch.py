"""One device for PyTorch."""

from edgekit.foundation.errors import TrainingError
from edgekit.training.hardware import CPU, Hardware, choose_devices
from edgekit.training.placement.base import Placement


def place(hardware: Hardware) -> Placement:
    """The device that Keras has chosen when it was imported; raises TrainingError if several are asked for."""
    import torch
    from keras.src.backend.torch.core import get_device

    kind = str(get_device()).partition(":")[0]
    num_devices = torch.cuda.device_count() if kind == "cuda" else 1
    names = [f"{kind}:{number}" for number in range(num_devices)]
    if choose_devices(hardware.devices, names, "torch") > 1 or hardware.num_workers > 1:
        raise TrainingError(
            "Training on several devices does not work with the torch backend yet. Take --backend tensorflow or jax, "
            "or leave --devices out."
        )
    if hardware.devices == CPU and kind != CPU:
        raise TrainingError(
            f"Keras already works on {kind}. For the processor, set KERAS_TORCH_DEVICE=cpu before the program starts."
        )
    return Placement(devices=(names[0],), kind="gpu" if kind == "cuda" else kind)
