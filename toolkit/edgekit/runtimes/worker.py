"""`python -m edgekit.runtimes.worker JOB.json`: one candidate, in a process of its own.

Reads a job that `isolation.py` wrote, scores the images and writes a result. It imports numpy and the one
runtime that it was asked for. Whatever goes wrong becomes `{"error": "..."}` in the result file; progress
goes to stdout as lines, each the number of images done so far.
"""

import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from edgekit.errors import EdgekitError

if TYPE_CHECKING:
    from edgekit.runtimes.base import Runtime, SessionSettings
    from edgekit.runtimes.scoring import Scorer
    from edgekit.runtimes.streaming import ImageFile

OUT_OF_MEMORY = "ran out of memory"


def main() -> None:
    """Do the job that the first argument names."""
    job = json.loads(Path(sys.argv[1]).read_text())
    progress = _own_stdout()
    _die_with(job["parent"])
    try:
        _limit_memory(job["memory_limit"])
        result = work(job, progress)
    except EdgekitError as error:
        result = {"error": str(error)}
    except MemoryError:
        result = {"error": OUT_OF_MEMORY}
    except Exception as error:  # noqa: BLE001  the boundary of the process: a library may raise anything
        result = {"error": f"{type(error).__name__}: {error}"}
    try:
        Path(job["result"]).write_text(json.dumps(result))
    except OSError as error:
        sys.exit(f"the result could not be written: {error.strerror}; free space, or name another folder in TMPDIR")


def work(job: dict[str, Any], progress: TextIO) -> dict[str, Any]:
    """Score the images of `job` and return what the result file is to hold."""
    from edgekit.runtimes.streaming import ImageFile, ScoreFile, run

    runtime = load_runtime(job["target"])
    images = ImageFile(Path(job["images"]))
    if "try_encodings" in job:
        return _try_encodings(job, runtime, images)
    num_images = min(job["num_images"] or images.num_images, images.num_images)
    settings, scorers = _scorers(job, runtime, images, num_images)
    first = scorers[0](images.read(0, 1))
    with ScoreFile(Path(job["scores"]), num_images, first.shape[1]) as scores:
        seconds = run(scorers, images, scores, num_images, lambda done: print(done, file=progress, flush=True))
    return {
        "num_images": num_images,
        "seconds": seconds,
        "images_per_second": num_images / seconds,
        "peak_rss_bytes": peak_rss_bytes(),
        "runtime_version": runtime.availability().version,
        "settings": vars(settings),
    }


def _try_encodings(job: dict[str, Any], runtime: "type[Runtime]", images: "ImageFile") -> dict[str, Any]:
    """Scores (E, N, C) of all images with each encoding of `job`, NaN where the model cannot be fed so."""
    import numpy as np

    from edgekit.errors import ArtifactError
    from edgekit.input_range import InputEncoding
    from edgekit.runtimes.base import SessionSettings
    from edgekit.runtimes.scoring import scores_of

    session = runtime.open(Path(job["artifact"]), SessionSettings(batch_size=1))
    pixels = images.read(0, images.num_images)
    trials: list[Any] = []
    for values in job["try_encodings"]:
        try:
            trials.append(scores_of(session, pixels, InputEncoding.from_dict(values)))
        except ArtifactError as error:
            trials.append(error)
    answers = [trial for trial in trials if not isinstance(trial, ArtifactError)]
    if not answers:
        raise trials[0]
    missing = np.full_like(answers[0], np.nan)
    np.save(job["scores"], np.stack([missing if isinstance(trial, ArtifactError) else trial for trial in trials]))
    return {"num_trials": len(trials)}


def load_runtime(target: str) -> "type[Runtime]":
    """The runtime class at "package.module:attribute"; raises RuntimeUnavailableError where it cannot work."""
    import importlib

    from edgekit.errors import RuntimeUnavailableError

    module_name, _, attribute = target.partition(":")
    runtime: type[Runtime] = getattr(importlib.import_module(module_name), attribute)
    if reason := runtime.availability().reason:
        raise RuntimeUnavailableError(f"{runtime.name} cannot work here: {reason}")
    return runtime


def _scorers(
    job: dict[str, Any], runtime: "type[Runtime]", images: "ImageFile", num_images: int
) -> "tuple[SessionSettings, list[Scorer]]":
    """Scorers at the settings of the job, or at the best that can be found."""
    from dataclasses import replace

    from edgekit.input_range import InputEncoding
    from edgekit.machine import num_usable_cpus
    from edgekit.runtimes.base import SessionSettings
    from edgekit.runtimes.tuning import BATCH_SIZES, Tuner

    artifact = Path(job["artifact"])
    tuner = Tuner(
        open_session=lambda settings: runtime.open(artifact, settings),
        images=images.read(0, min(num_images, BATCH_SIZES[-1])),
        num_images=num_images,
        num_cpus=num_usable_cpus(),
        memory=peak_rss_bytes,
        encoding=InputEncoding.from_dict(job["encoding"]) if job["encoding"] else None,
    )
    settings = SessionSettings(**job["settings"]) if job["settings"] else tuner.search()
    scorers = tuner.take(settings)
    return replace(settings, batch_size=scorers[0].session.batch_size), scorers


def peak_rss_bytes() -> int:
    """The largest resident memory of this process so far.

    Linux counts the parent's memory in `getrusage`, because a child starts in it; VmHWM starts at exec.
    """
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _own_stdout() -> TextIO:
    """Stdout for progress alone: what a library prints goes to stderr."""
    own = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return own


def _limit_memory(limit: int | None) -> None:
    """Let allocations beyond `limit` bytes fail; the system holds it where it knows such a limit (Linux)."""
    if limit is not None:
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def _die_with(parent: int) -> None:
    """End this process when the parent is gone: at once on Linux, within a second elsewhere."""
    if sys.platform == "linux":
        import ctypes
        import signal

        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)
    else:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    if os.getppid() != parent:
        os._exit(1)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


if __name__ == "__main__":
    main()
