"""Which apps and tools refuse a file because of what was chosen for it: said when it is exported. Runs nothing.

Each row was measured with the version that it names. `edgekit clients` measures the versions that are installed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edgekit.artifact import Format, Precision
from edgekit.exporting.plan import Job

MEDIAPIPE, LITERT_JS = "MediaPipe Tasks 1.2.3", "LiteRT.js 2.5.3"
_INTEGER_INPUT = (Precision.INT8,)


@dataclass(frozen=True, kw_only=True)
class Exclusion:
    """A choice that shuts clients out.

    Attributes:
        choice: What was chosen, as the subject of a sentence.
        clients: Who refuses the file, with version.
        instead: What to choose for these.
        applies: Whether a file is made so.
    """

    choice: str
    clients: str
    instead: str
    applies: Callable[[Job], bool]

    def sentence(self, titles: Sequence[str]) -> str:
        """For a person; `titles` are the files."""
        return f"{', '.join(titles)}: {self.choice} excludes {self.clients}. For these: {self.instead}."


EXCLUSIONS = (
    Exclusion(
        choice="--io int8",
        clients=f"{MEDIAPIPE} and {LITERT_JS}",
        instead="--io uint8, the default",
        applies=lambda job: _is_tflite(job) and job.precision in _INTEGER_INPUT and job.options.tflite.io == "int8",
    ),
    Exclusion(
        choice="--batch dynamic",
        clients=LITERT_JS,
        instead="--batch 1, the default",
        applies=lambda job: _is_tflite(job) and job.options.tflite.batch is None,
    ),
    Exclusion(
        choice="a batch of several images",
        clients=MEDIAPIPE,
        instead="--batch 1, the default",
        applies=lambda job: _is_tflite(job) and (job.options.tflite.batch or 1) > 1,
    ),
    Exclusion(
        choice="float input without metadata",
        clients=MEDIAPIPE,
        instead="leave --no-metadata out",
        applies=lambda job: _is_tflite(job) and job.options.authorship is None and _has_float_input(job),
    ),
    Exclusion(
        choice="float16",
        clients="tract 0.23.9 and ncnn 1.0.20261020",
        instead="--float32",
        applies=lambda job: job.format is Format.ONNX and job.precision is Precision.FLOAT16,
    ),
)
"""The table. It is in docs/reference/export-options.md too."""


def exclusions(jobs: Sequence[Job]) -> tuple[str, ...]:
    """A sentence for each choice of these files that shuts a client out."""
    found = ((each, [job.title for job in jobs if each.applies(job)]) for each in EXCLUSIONS)
    return tuple(each.sentence(titles) for each, titles in found if titles)


def _is_tflite(job: Job) -> bool:
    return job.format is Format.TFLITE


def _has_float_input(job: Job) -> bool:
    return job.precision not in _INTEGER_INPUT or job.options.tflite.io == "float32"
