"""Runs model files on golden inputs in worker processes: if a file crashes its runtime, only its own result is missing.

All files of one runtime share a worker. If it does not survive a file, that file is given up, and another worker
runs those after it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.artifact import TensorSpec
from edgekit.bundle.golden.worker import TensorAnswer, TensorJob, TensorTask, inputs_name, outputs_name
from edgekit.execution.worker.job_file import typed
from edgekit.execution.worker.process import Supervision, run_in_worker
from edgekit.foundation.progress import Advance
from edgekit.runtimes import RUNTIMES
from edgekit.runtimes.base import ExecutionFailure

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SECONDS = 600.0
"""What the files of one worker may take together."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Tensors:
    """What went into a file and what came out.

    Attributes:
        runtime: What ran it.
        runtime_version: Its version.
        input: The input, as the file declares it.
        output: The output, as the file declares it.
        inputs: (n, batch, ...), in the type of the input.
        outputs: (n, batch, ...), in the type of the output.
    """

    runtime: str
    runtime_version: str
    input: TensorSpec
    output: TensorSpec
    inputs: "NDArray[Any]"
    outputs: "NDArray[Any]"

    @property
    def scores(self) -> "NDArray[np.float64]":
        """The numbers of the output of the first image of each batch, (n, C); integers as they are stored."""
        return self.outputs[:, 0].reshape(len(self.outputs), -1).astype("f8")


def run_files(
    runtime: str, tasks: Sequence[TensorTask], *, advance: Advance = lambda _: None
) -> list[Tensors | ExecutionFailure]:
    """Run each of the files in `runtime`, in separate processes.

    Args:
        runtime: A name in RUNTIMES.
        tasks: What is run.
        advance: Called with the number of files finished since the last call.

    Returns:
        One answer per task, in their order.
    """
    if not tasks:
        return []
    num_done = 0

    def count(number: int) -> None:
        nonlocal num_done
        num_done += number
        advance(number)

    def collect(folder: Path, result: dict[str, Any]) -> list[Tensors | ExecutionFailure]:
        return [_collected(runtime, folder, number, answer) for number, answer in enumerate(result["answers"])]

    job = TensorJob(target=RUNTIMES[runtime].target, tasks=tuple(tasks))
    found = run_in_worker(job, collect, Supervision(SECONDS, count))
    if not isinstance(found, ExecutionFailure):
        return found
    at = min(num_done, len(tasks) - 1)
    before = run_files(runtime, tasks[:at])
    advance(1)
    return [*before, found, *run_files(runtime, tasks[at + 1 :], advance=advance)]


def _collected(runtime: str, folder: Path, number: int, document: dict[str, Any]) -> Tensors | ExecutionFailure:
    """What the worker left of one file; raises ValueError if it is something else."""
    import numpy as np

    answer: TensorAnswer = typed(TensorAnswer, document)
    if answer.fault or answer.input is None or answer.output is None:
        return ExecutionFailure(reason=answer.fault or "gave no answer")
    inputs = np.load(folder / inputs_name(number), allow_pickle=False)
    outputs = np.load(folder / outputs_name(number), allow_pickle=False)
    if outputs.ndim < 3 or inputs.ndim < 3 or len(inputs) != len(outputs) or outputs.dtype.kind not in "fiu":
        raise ValueError(f"tensors of shape {inputs.shape} and {outputs.shape}")
    return Tensors(
        runtime=runtime,
        runtime_version=answer.runtime_version,
        input=answer.input,
        output=answer.output,
        inputs=inputs,
        outputs=outputs,
    )
