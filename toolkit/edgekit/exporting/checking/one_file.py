"""One file of an export: converted, run, compared with Keras, and only then kept. Does not decide about other files."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.artifact import Format, Precision
from edgekit.exporting.checking.check import CheckResult, Judgement, judge, run_file
from edgekit.exporting.conversion import FileMaker
from edgekit.exporting.onnx.targets import missing_in_mobile
from edgekit.exporting.plan import Job
from edgekit.exporting.tflite.float_islands import Island, kinds_in_words
from edgekit.exporting.tflite.integer_check import holds_flex
from edgekit.foundation.atomic_files import atomic_path, scratch_path
from edgekit.foundation.machine import this_machine
from edgekit.foundation.progress import Progress
from edgekit.metrics.drift import softmax
from edgekit.quantization import CalibrationSet
from edgekit.runs.folder import RunFolder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DOUBTFUL = "doubtful"
"""Part of the name of a file that is kept although it is in doubt."""

SHOWS_NOISE = 1e-5
"""A float32 file that differs by no more is of a network whose own noise is too small to matter."""

NUM_SLOW = 8
"""Images that an int16x8 file is checked on if they are large; all if these leave it open."""

SLOW_PIXELS = 2**14
"""Of an image from which on they are: LiteRT's kernels for int16x8 take many times as long as the others."""

OVERFLOWS = (
    " This processor has no VNNI, so ONNX Runtime adds products of 8-bit weights in 16 bits, and the sums overflow. "
    "Leave out --full-range for a file that gives the same answers on every processor."
)


@dataclass(frozen=True, kw_only=True)
class MadeFile:
    """One file that will be kept.

    Attributes:
        job: What was asked for.
        path: Where it will lie.
        check: How it compared with Keras; None for a file with Flex operators.
        islands: The operators of an integer file that compute in float.
    """

    job: Job
    path: Path
    check: CheckResult | None
    islands: tuple[Island, ...]


class OneFile:
    """Makes files of one model, one at a time.

    Args:
        maker: Makes their bytes.
        progress: Receives notes about the files.
        keep_doubtful: Keep a file that runs, though it does not do what Keras does, under a name that says so.
    """

    def __init__(self, maker: FileMaker, progress: Progress, *, keep_doubtful: bool) -> None:
        self._maker, self._progress, self._keep_doubtful = maker, progress, keep_doubtful

    def make(self, job: Job, run: RunFolder, calibration: CalibrationSet | None, stack: ExitStack) -> MadeFile:
        """Make one file, run and compare it; it is renamed to its place when `stack` ends well; raises ExportError."""
        path = run.artifact_path(job.format, job.precision, job.variant)
        with scratch_path(path) as scratch:
            content = self._maker.convert(job, calibration)
            scratch.write_bytes(content)
            can_run, islands = self._can_run(job, content), self._islands(job, content)
            del content  # a runtime needs the memory
            judgement = self._judged(scratch, job) if can_run else None
            if judgement is not None and judgement.reason and self._keep_doubtful:
                path = doubtful_path(run, job)
                self._progress.note(f"{judgement.reason} It is kept as {path.name}.")
            elif judgement is not None:
                judgement.kept()
            scratch.rename(stack.enter_context(atomic_path(path)))
        return MadeFile(job=job, path=path, check=None if judgement is None else judgement.result, islands=islands)

    def _can_run(self, job: Job, content: bytes) -> bool:
        """Whether a runtime here has the operators of a file; says what is missing here or in small packages."""
        if job.format is Format.TFLITE and holds_flex(content):
            self._progress.note(f"{job.title}: not run, because no runtime here supports Flex operators.")
            return False
        if job.format is Format.ONNX and (missing := missing_in_mobile(content)):
            self._progress.note(f"{job.title}: the small onnxruntime-mobile packages lack {', '.join(missing)}.")
        return True

    def _judged(self, path: Path, job: Job) -> Judgement | None:
        """What the check says, on more images if few leave it open; None if there are no images."""
        judgement = None
        for images, reference in _few_first(self._maker.check_sets(), job):
            judgement = self._on(images, reference, path, job)
            if judgement.is_sure or not judgement.reason:
                break
            if len(images) > NUM_SLOW:
                self._progress.note(f"{job.title}: {judgement.result.doubt}: checked on more images.")
        return judgement

    def _on(self, images: "NDArray[np.uint8]", reference: "NDArray[np.float32]", path: Path, job: Job) -> Judgement:
        scores, runtime = run_file(path, job.format, images)
        if job.options.gives_logits:
            scores = softmax(scores).astype(scores.dtype)
        judgement = judge(
            reference,
            scores,
            title=f"The file {job.title}",
            precision=job.precision,
            runtime=runtime,
            own_noise=self._noise_for(job, scores, reference),
        )
        return replace(judgement, advice=judgement.advice + OVERFLOWS) if _overflows_here(job) else judgement

    def _noise_for(self, job: Job, scores: "NDArray[np.float32]", reference: "NDArray[np.float32]") -> float:
        """The network's own noise, measured if a float32 file differs enough for it to matter; else 0."""
        import numpy as np

        if job.precision is not Precision.FLOAT32 or scores.shape != reference.shape:
            return 0.0
        return self._maker.own_noise if np.nanmax(np.abs(scores - reference)) > SHOWS_NOISE else 0.0

    def _islands(self, job: Job, content: bytes) -> tuple[Island, ...]:
        """What an integer file computes in float, which is said, whether it was asked for or not."""
        if islands := self._maker.islands(job, content):
            self._progress.note(f"{job.title}: computed in float: {kinds_in_words(islands)}.")
        return islands


def _few_first(
    sets: "Iterable[tuple[NDArray[np.uint8], NDArray[np.float32]]]", job: Job
) -> "Iterator[tuple[NDArray[np.uint8], NDArray[np.float32]]]":
    """The sets of images and scores; of large images first a few, for a file that runs a few images per second."""
    for number, (images, reference) in enumerate(sets):
        height, width = images.shape[1:3]
        if number == 0 and job.precision is Precision.INT16X8 and height * width >= SLOW_PIXELS:
            yield images[:NUM_SLOW], reference[:NUM_SLOW]
        yield images, reference


def doubtful_path(run: RunFolder, job: Job) -> Path:
    """Where the file of `job` lies in `run` if it is kept in doubt."""
    return run.artifact_path(job.format, job.precision, "-".join(filter(None, (job.variant, DOUBTFUL))))


def _overflows_here(job: Job) -> bool:
    """Whether the sums of an int8 `.onnx` file with 8-bit weights overflow on this processor."""
    is_full_range = job.format is Format.ONNX and job.precision is Precision.INT8 and not job.options.onnx.reduce_range
    return is_full_range and this_machine().overflows_int8
