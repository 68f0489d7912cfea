"""`python -m edgekit.execution.worker.encoding_trials JOB.json`: one artifact fed in several ways.

The errors are those of `edgekit.execution.worker.main`.
"""

from pathlib import Path
from typing import Any, TextIO

import numpy as np

from edgekit.execution.scoring import scores_of
from edgekit.execution.worker.job_file import TrialJob
from edgekit.execution.worker.main import load_runtime, run_job
from edgekit.execution.worker.streaming import ImageFile
from edgekit.foundation.errors import ArtifactError
from edgekit.runtimes.base import SessionSettings


def work(job: TrialJob, scores: Path, _commands: TextIO, _progress: TextIO) -> dict[str, Any]:
    """Write scores (E, N, C) of all images with each encoding of `job`, NaN if the model cannot be fed so."""
    runtime = load_runtime(job.target)
    images = ImageFile(job.images)
    session = runtime.open(job.artifact, SessionSettings(batch_size=runtime.trial_batch, file_options=job.file_options))
    pixels = images.read(0, images.num_images)
    trials: list[Any] = []
    for encoding in job.encodings:
        try:
            trials.append(scores_of(session, pixels, encoding))
        except ArtifactError as error:
            trials.append(error)
    answers = [trial for trial in trials if not isinstance(trial, ArtifactError)]
    if not answers:
        raise trials[0]
    missing = np.full_like(answers[0], np.nan)
    np.save(scores, np.stack([missing if isinstance(trial, ArtifactError) else trial for trial in trials]))
    return {"num_trials": len(trials)}


if __name__ == "__main__":
    run_job(TrialJob, work)
