"""The hardware options of a training: devices, precision, machines. Touches no device.

--devices                    what it means
(nothing)                    the first GPU if there is one, else the processor
all, or a number             that many devices of each machine; they share each batch
cpu                          the processor, even if there are GPUs
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edgekit.foundation.errors import TrainingError, UsageError

ALL, CPU = "all", "cpu"
LAST_PORT = 65535


@dataclass(frozen=True, kw_only=True)
class Hardware:
    """Devices, precision and machines of one training.

    Attributes:
        devices: None for one, "all", "cpu", or how many devices of each machine; raises UsageError otherwise.
        mixed_precision: Compute in half precision if that is safe; weights stay float32.
        workers: "HOST:PORT" of every machine, the first one's being where the others report; empty for one machine.
        worker: Which of them this process is, from 0; 0 writes the run folder.
    """

    devices: str | int | None = None
    mixed_precision: bool = False
    workers: tuple[str, ...] = ()
    worker: int = 0

    def __post_init__(self) -> None:
        known = self.devices is None or self.devices in (ALL, CPU)
        if not known and not (isinstance(self.devices, int) and self.devices >= 1):
            raise UsageError(
                f"Devices must be 'all', 'cpu' or a number from 1 on. Received {self.devices!r}. Leave --devices out "
                f"for one GPU, or the processor if there is none."
            )
        if len(self.workers) == 1 or not all(map(_is_address, self.workers)):
            raise UsageError(
                f"Workers must be two or more addresses HOST:PORT, one per machine, separated by commas; a port is a "
                f"number from 1 to {LAST_PORT}. Received '{','.join(self.workers)}'."
            )
        if repeated := next((one for one in self.workers if self.workers.count(one) > 1), None):
            raise UsageError(
                f"Every worker needs an address of its own, or they would wait for each other forever. "
                f"Received {repeated} more than once."
            )
        if not 0 <= self.worker < max(1, len(self.workers)):
            raise UsageError(
                f"The worker must be a number from 0 to {max(1, len(self.workers)) - 1}, its place in --workers. "
                f"Received {self.worker}."
            )

    @property
    def num_workers(self) -> int:
        """Processes that train together."""
        return max(1, len(self.workers))


def _is_address(text: str) -> bool:
    host, _, port = text.rpartition(":")
    return bool(host) and port.isdecimal() and 1 <= int(port) <= LAST_PORT


def parse_devices(text: str | None) -> str | int | None:
    """What `--devices` says: a number as a number, and every other text as it is."""
    return int(text) if text is not None and text.isdecimal() else text


def workers_of_environment(environment: Mapping[str, str] = os.environ) -> tuple[tuple[str, ...], int]:
    """(addresses, place of this process) by TensorFlow's TF_CONFIG; ((), 0) if it is not set.

    Raises:
        UsageError: TF_CONFIG is not what TensorFlow's documentation says, or names other tasks than workers.
    """
    text = environment.get("TF_CONFIG")
    if not text:
        return (), 0
    try:
        config = json.loads(text)
        workers, task = config["cluster"]["worker"], config["task"]
        if set(config["cluster"]) == {"worker"} and isinstance(workers, list) and task["type"] == "worker":
            return (tuple(map(str, workers)) if len(workers) > 1 else ()), int(task["index"])
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"TF_CONFIG cannot be read ({error}). {_EXPECTED} Received {text}.") from error
    raise UsageError(f"TF_CONFIG must name a list of workers and nothing else. {_EXPECTED} Received {text}.")


_EXPECTED = (
    'Expected {"cluster": {"worker": ["HOST:PORT", "HOST:PORT"]}, "task": {"type": "worker", "index": 0}}, '
    "or the options --workers and --worker instead."
)


def choose_devices(wanted: str | int | None, names: Sequence[str], backend: str) -> int:
    """How many of the devices `names` to train on.

    Raises:
        TrainingError: There are fewer than `wanted`; the message lists them.
    """
    if wanted is None or wanted == CPU:
        return 1
    if wanted == ALL:
        return len(names)
    if int(wanted) > len(names):
        instead = f"Take --devices {len(names)} or fewer, or --devices all" if len(names) > 1 else "Leave --devices out"
        raise TrainingError(
            f"--devices {wanted} is more than there are: {backend} sees {len(names)} here ({', '.join(names)}). "
            f"{instead}."
        )
    return int(wanted)


def check_divisible(batch_size: int, num_devices: int) -> None:
    """Raise TrainingError unless every device gets as many images of a batch as every other."""
    if batch_size % num_devices:
        below = batch_size // num_devices * num_devices
        near = [size for size in (below, below + num_devices) if size > 0]
        raise TrainingError(
            f"A batch of {batch_size} images cannot be shared by {num_devices} devices evenly. "
            f"Take --batch-size {' or '.join(map(str, near))}."
        )
