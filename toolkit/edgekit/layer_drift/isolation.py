"""Measures the layers of two files in a separate process: if a file crashes its runtime, the result is a sentence."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.execution.worker.process import Supervision, run_in_worker
from edgekit.foundation.errors import VerificationError
from edgekit.foundation.files.temporary_folders import TemporaryFolder
from edgekit.foundation.progress import Advance
from edgekit.input_range import InputEncoding
from edgekit.layer_drift.report import LayerDrift
from edgekit.layer_drift.worker import LayerDriftJob
from edgekit.runtimes.base import ExecutionFailure

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Measured = tuple[tuple[LayerDrift, ...], tuple[str, ...]]
"""What `measure_layers` returns."""


def measure_files(
    reference: Path,
    candidate: Path,
    images: "NDArray[np.uint8]",
    encoding: InputEncoding,
    *,
    time_limit: float,
    advance: Advance = lambda _: None,
) -> Measured:
    """`measure_layers` of two files, which are opened and run in a worker process alone.

    Args:
        reference: The float file.
        candidate: The same model, quantized.
        images: uint8 (n, H, W, 3), RGB, 0 to 255.
        encoding: How pixels go into both.
        time_limit: Seconds for loading and running together, above 0.
        advance: Called with the number of images finished since the last call.

    Raises:
        VerificationError: They do not belong together, or one of them cannot be loaded or run, crashes, takes more
            memory than there is, or hangs.
    """
    import numpy as np

    with TemporaryFolder() as folder:
        images_npy = Path(folder) / "images.npy"
        np.save(images_npy, images)
        job = LayerDriftJob(
            reference=reference.resolve(), candidate=candidate.resolve(), images=images_npy, encoding=encoding
        )
        found = run_in_worker(job, _collect, Supervision(time_limit, advance))
    if isinstance(found, ExecutionFailure):
        raise VerificationError(f"The layers of {candidate} beside {reference} were not measured. {found.sentence}")
    return found


def _collect(_: Path, result: dict[str, Any]) -> Measured:
    tuples = ("shape", "keras_layers")
    layers = [LayerDrift(**{**layer, **{key: tuple(layer[key]) for key in tuples}}) for layer in result["layers"]]
    return tuple(layers), tuple(result["unmatched"])
