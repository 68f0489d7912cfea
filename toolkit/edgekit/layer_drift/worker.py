"""`python -m edgekit.layer_drift.worker JOB.json`: the layers of two files, in a process of their own.

Reads a job that `isolation.py` wrote. The errors are those of `edgekit.execution.worker.main`.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import accumulate, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from edgekit.execution.worker.job_file import Job
from edgekit.execution.worker.main import run_job
from edgekit.input_range import InputEncoding
from edgekit.layer_drift.measure import measure_layers
from edgekit.layer_drift.probe import Probe, open_probe

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class LayerDriftJob(Job):
    """To measure the layers of two files; see `isolation.measure_files`.

    Attributes:
        images: An .npy file.
    """

    module = "edgekit.layer_drift.worker"
    reference: Path
    candidate: Path
    images: Path
    encoding: InputEncoding


def work(job: LayerDriftJob, _scores: Path, _commands: TextIO, progress: TextIO) -> dict[str, Any]:
    """Measure the layers of the files of `job`, and say in `progress` how many images are done."""
    import numpy as np

    reference, candidate = open_probe(job.reference), open_probe(job.candidate)
    images = np.load(job.images, allow_pickle=False)
    fed = inputs_of(images, reference, candidate, job.encoding)
    num_done = accumulate(repeat(1))
    layers, unmatched = measure_layers(
        reference, candidate, fed, advance=lambda _: print(next(num_done), file=progress, flush=True)
    )
    return {"layers": [asdict(layer) for layer in layers], "unmatched": unmatched}


def inputs_of(
    images: "NDArray[np.uint8]", reference: Probe, candidate: Probe, encoding: InputEncoding
) -> "Iterator[tuple[NDArray[np.generic], NDArray[np.generic]]]":
    """For each image of (n, H, W, 3) what the float model and what the candidate is fed, each (1, ...)."""
    from edgekit.execution.pixels import encoder_for

    encoders = [encoder_for(probe.input_spec, images.shape[1:], encoding) for probe in (reference, candidate)]
    for number in range(len(images)):
        yield tuple(encode(images[number : number + 1]) for encode in encoders)  # type: ignore[misc]


if __name__ == "__main__":
    run_job(LayerDriftJob, work)
