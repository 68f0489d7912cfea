"""`python -m edgekit.bundle.golden.worker JOB.json`: raw tensors in, raw tensors out, in a process of their own.

Reads a job that `tensors.py` wrote. The errors of the job are those of `edgekit.execution.worker.main`; a file that
cannot be run is an answer like others.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from edgekit.artifact import TensorSpec
from edgekit.execution.worker.job_file import Job
from edgekit.execution.worker.main import load_runtime, run_job
from edgekit.foundation.errors import ArtifactError, EdgekitError
from edgekit.foundation.grammar import counted
from edgekit.runtimes.base import Runtime, Session, SessionSettings

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class TensorTask:
    """One file that is run.

    Attributes:
        file: The model.
        images: An .npy file of uint8 (n, H, W, C): pixels, which become the input tensor here; None if `inputs` is
            given.
        inputs: The bytes of the input tensors, one after the other; None if `images` is given.
        num_images: How many images are run, at least 1.
    """

    file: Path
    images: Path | None = None
    inputs: Path | None = None
    num_images: int


@dataclass(frozen=True, kw_only=True)
class TensorJob(Job):
    """To run files one after the other; see `edgekit.bundle.golden.tensors`.

    Attributes:
        target: The runtime, as "module:attribute".
        tasks: At least one.
    """

    module = "edgekit.bundle.golden.worker"
    target: str
    tasks: tuple[TensorTask, ...]


@dataclass(frozen=True, kw_only=True)
class TensorAnswer:
    """What happened to one file; its tensors lie in files of their own.

    Attributes:
        fault: Why it could not be run, in whole sentences; "" if it was.
        runtime_version: Version of the library that ran it.
        input: The input, as the file declares it.
        output: The output, as the file declares it.
        batch_size: Images per invocation: each image fills the whole batch.
    """

    fault: str = ""
    runtime_version: str = ""
    input: TensorSpec | None = None
    output: TensorSpec | None = None
    batch_size: int = 1


def work(job: TensorJob, scores: Path, _commands: TextIO, progress: TextIO) -> dict[str, Any]:
    """Run the files of `job`, write their tensors beside the file `scores`, and say in `progress` how many are done."""
    runtime = load_runtime(job.target)
    answers = []
    for number, task in enumerate(job.tasks):
        answers.append(asdict(_answer(task, runtime, scores.parent, number)))
        print(len(answers), file=progress, flush=True)
    return {"answers": answers}


def _answer(task: TensorTask, runtime: type[Runtime], folder: Path, number: int) -> TensorAnswer:
    import numpy as np

    try:
        session = runtime.open(task.file, SessionSettings())
        inputs = _encoded(session, task) if task.images else _stored(session, task)
        outputs = np.stack([np.array(session.invoke(batch)) for batch in inputs])
        np.save(folder / inputs_name(number), inputs)
        np.save(folder / outputs_name(number), outputs)
    except EdgekitError as error:
        return TensorAnswer(fault=str(error))
    return TensorAnswer(
        runtime_version=runtime.availability().version or "",
        input=session.input_spec,
        output=session.output_spec,
        batch_size=session.batch_size,
    )


def inputs_name(number: int) -> str:
    """The file of the input tensors of the task of that number: (n, batch, ...), in the type of the input."""
    return f"inputs{number}.npy"


def outputs_name(number: int) -> str:
    """The file of its output tensors: (n, batch, ...), in the type of the output."""
    return f"outputs{number}.npy"


def _encoded(session: Session, task: TensorTask) -> "NDArray[Any]":
    """Pixels as the input wants them: raw pixels, 0 to 255, as in every model of edgekit's own."""
    import numpy as np

    from edgekit.execution.pixels import encoder_for

    images: NDArray[Any] = np.load(task.images or "", allow_pickle=False)[: task.num_images]
    pixels = encoder_for(session.input_spec, images.shape[1:])(images)
    return np.repeat(pixels[:, None], session.batch_size, axis=1)


def _stored(session: Session, task: TensorTask) -> "NDArray[Any]":
    """The tensors in the file of the task; raises ArtifactError if they are those of another input."""
    import numpy as np

    spec = session.input_spec
    shape = (session.batch_size, *spec.shape[1:])
    if None in shape[1:]:
        raise ArtifactError(f"The input '{spec.name}' of {task.file.name} leaves its size open. Expected a fixed size.")
    try:
        dtype = np.dtype(spec.dtype).newbyteorder("<")
    except TypeError:
        raise ArtifactError(f"The input '{spec.name}' of {task.file.name} is of type {spec.dtype}.") from None
    content = (task.inputs or Path()).read_bytes()
    num_values = int(np.prod(shape))  # type: ignore[arg-type]
    wanted = task.num_images * num_values * dtype.itemsize
    if len(content) < wanted or len(content) % (num_values * dtype.itemsize):
        raise ArtifactError(
            f"The golden inputs of {task.file.name} have {len(content):,} bytes. Expected {wanted:,}: "
            f"{counted(task.num_images, 'tensor')} of {dtype.name} and shape {'x'.join(map(str, shape))}."
        )
    return np.frombuffer(content[:wanted], dtype).reshape(task.num_images, *shape)


if __name__ == "__main__":
    run_job(TensorJob, work)
