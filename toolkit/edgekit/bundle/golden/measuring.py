"""Every file of a bundle on its golden images, in every runtime of its format: expected outputs and tolerances.

An integer output is compared exactly: the same runtime gives the same bits. Other kernels round otherwise, so what
each of them may differ by is what it was measured to differ by on these very tensors. A float output may differ by
FACTOR times the largest difference between runtimes here, and by SMALLEST at least, because other processors add up
in another order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edgekit.artifact import Artifact, Precision
from edgekit.bundle.golden.tensors import Tensors, run_files
from edgekit.bundle.golden.worker import TensorTask
from edgekit.foundation.errors import BundleError
from edgekit.foundation.progress import Progress
from edgekit.runtimes import DEFAULT_RUNTIMES, RUNTIMES
from edgekit.runtimes.base import ExecutionFailure

FACTOR, SMALLEST = 4.0, 1e-5
"""See above; scores are probabilities, or logits of the same order."""

NUM_SLOW = 4
"""Images for runtimes that are hundreds of times slower than the others."""

SLOW_MULTIPLY_ADDS = 5e8
"""What an int8 file may compute in such a runtime, so that small ones run all images: microcontrollers round alike."""


@dataclass(frozen=True, kw_only=True)
class RuntimeDifference:
    """How another runtime differs from the one that gave the expected outputs.

    Attributes:
        runtime: Its name.
        num_images: Golden images that it was run on.
        max_difference: The largest of any number of the output: of stored integers, or of float scores.
    """

    runtime: str
    num_images: int
    max_difference: float


@dataclass(frozen=True, kw_only=True, eq=False)
class MeasuredFile:
    """One file on its golden images.

    Attributes:
        artifact: The file.
        tensors: What went in, and what came out in the default runtime of its format.
        others: The other runtimes that could run it.
    """

    artifact: Artifact
    tensors: Tensors
    others: tuple[RuntimeDifference, ...]

    @property
    def is_exact(self) -> bool:
        """Whether the output holds integers."""
        return self.tensors.outputs.dtype.kind in "iu"

    @property
    def tolerance(self) -> float:
        """Allowed in the default runtime, rounded up to two digits; 0 for integers."""
        if self.is_exact:
            return 0.0
        measured = max((each.max_difference for each in self.others), default=0.0)
        return float(f"{max(SMALLEST, FACTOR * measured) * 1.005:.2g}")

    def tolerance_of(self, other: RuntimeDifference) -> float:
        """Allowed in another runtime: what was measured, or for floats the same everywhere."""
        return other.max_difference if self.is_exact else self.tolerance


def measure_golden(
    artifacts: Sequence[Artifact],
    images: Path,
    num_images: int,
    multiply_adds: Mapping[Path, int | None],
    progress: Progress,
) -> tuple[MeasuredFile, ...]:
    """Run every file on the images, in edgekit's own usual runtimes: what else is installed changes nothing.

    Args:
        artifacts: The files.
        images: An .npy file of uint8 (n, H, W, C).
        num_images: n.
        multiply_adds: Path of a file -> what one image costs in it; None if unknown.
        progress: Where it reports itself.

    Raises:
        BundleError: A file does not run in the default runtime of its format.
    """
    own = {name: RUNTIMES.load(name) for name in RUNTIMES if RUNTIMES[name].origin is None}
    chosen = {
        name: [one for one in artifacts if runtime.reads(one.format)]
        for name, runtime in own.items()
        if runtime.is_usual
    }
    answers: dict[str, dict[Path, Tensors | ExecutionFailure]] = {}
    with progress.task("golden vectors", sum(map(len, chosen.values()))) as advance:
        for name, files in chosen.items():
            tasks = [
                TensorTask(
                    file=each.path.resolve(),
                    images=images,
                    num_images=num_images
                    if own[name].max_images is None
                    else min(num_images, _num_slow(each, multiply_adds[each.path])),
                )
                for each in files
            ]
            found = run_files(name, tasks, advance=advance)
            answers[name] = dict(zip((each.path for each in files), found, strict=True))
    return tuple(_measured(artifact, answers) for artifact in artifacts)


def _num_slow(artifact: Artifact, multiply_adds: int | None) -> int:
    """Images for a slow runtime."""
    if artifact.precision is not Precision.INT8 or not multiply_adds:
        return NUM_SLOW
    return max(NUM_SLOW, int(SLOW_MULTIPLY_ADDS // multiply_adds))


def _measured(artifact: Artifact, answers: Mapping[str, Mapping[Path, Tensors | ExecutionFailure]]) -> MeasuredFile:
    own = answers[DEFAULT_RUNTIMES[artifact.format]][artifact.path]
    if isinstance(own, ExecutionFailure):
        raise BundleError(
            f"{artifact.path} cannot be bundled, because it does not run in {DEFAULT_RUNTIMES[artifact.format]}. "
            f"{own.sentence} Omit it (--precision), or export it again."
        )
    others = [
        RuntimeDifference(runtime=name, num_images=len(found.outputs), max_difference=difference(found, own))
        for name, files in answers.items()
        if name != own.runtime and isinstance(found := files.get(artifact.path), Tensors)
    ]
    return MeasuredFile(artifact=artifact, tensors=own, others=tuple(others))


def difference(found: Tensors, expected: Tensors) -> float:
    """The largest difference of any number of the outputs of the images that both were run on."""
    import numpy as np

    count = min(len(found.outputs), len(expected.outputs))
    return float(np.abs(found.scores[:count] - expected.scores[:count]).max())
