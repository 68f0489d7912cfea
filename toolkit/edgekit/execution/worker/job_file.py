"""What a worker process receives. The parent writes it as JSON and the worker reads it, both here.

A job may hold what JSON knows, paths, members of enums, tuples of one type, dataclasses, and None instead of any of
these.
"""

import json
import types
from dataclasses import dataclass, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, ClassVar, TypeVar, get_args, get_origin, get_type_hints

from edgekit.artifact import FileOptions
from edgekit.execution.settings_cache import SettingsCache
from edgekit.execution.workload import TimeBudget
from edgekit.input_range import InputEncoding
from edgekit.runtimes.base import SessionSettings


@dataclass(frozen=True, kw_only=True)
class WorkerSetup:
    """What every worker receives, whatever its job.

    Attributes:
        parent: Process id of the parent, with which it ends.
        memory_limit: Bytes that it may allocate; None: as many as there are.
        result: The file for its answer.
        scores: An .npy file that it may write.
    """

    parent: int
    memory_limit: int | None
    result: Path
    scores: Path


@dataclass(frozen=True, kw_only=True)
class Job:
    """What one worker is to do; a subclass for each kind of work.

    Attributes:
        module: What does it: a module that ends in `edgekit.execution.worker.main.run_job`.
    """

    module: ClassVar[str]


_Job = TypeVar("_Job", bound=Job)


@dataclass(frozen=True, kw_only=True)
class ScoringJob(Job):
    """To score images; what is not said here stands at `isolation.execute`.

    Attributes:
        target: The runtime, as "module:attribute".
        budget: The time after which it stops; None: it runs all images.
        is_shared: Whether other workers run too.
    """

    module = "edgekit.execution.worker.main"
    target: str
    artifact: Path
    images: Path
    num_images: int | None = None
    settings: SessionSettings | None = None
    encoding: InputEncoding | None = None
    file_options: FileOptions | None = None
    order: Path | None = None
    cache: SettingsCache | None = None
    budget: TimeBudget | None = None
    is_shared: bool = False


@dataclass(frozen=True, kw_only=True)
class TrialJob(Job):
    """To run all images once with each of several encodings; see `isolation.try_encodings`."""

    module = "edgekit.execution.worker.encoding_trials"
    target: str
    artifact: Path
    images: Path
    encodings: tuple[InputEncoding, ...]
    file_options: FileOptions | None = None


def write_job(path: Path, setup: WorkerSetup, job: Job) -> None:
    """Write what a worker receives, for `read_job`."""
    path.write_text(json.dumps({"setup": setup, "job": job}, default=_plain))


def read_job(path: Path, kind: type[_Job]) -> tuple[WorkerSetup, _Job]:
    """Read what `write_job` wrote with a job of this kind."""
    values = json.loads(path.read_text())
    return typed(WorkerSetup, values["setup"]), typed(kind, values["job"])


def _plain(value: Any) -> Any:
    """A path or a dataclass as JSON knows it."""
    return str(value) if isinstance(value, Path) else vars(value)


def typed(kind: Any, value: Any) -> Any:
    """What became `value` in JSON; `kind` is its annotation."""
    if value is None:
        return None
    if get_origin(kind) is types.UnionType:  # X | None
        return typed(get_args(kind)[0], value)
    if get_origin(kind) is tuple:
        return tuple(typed(get_args(kind)[0], each) for each in value)
    if isinstance(kind, type) and is_dataclass(kind):
        kinds = get_type_hints(kind)
        return kind(**{name: typed(kinds[name], each) for name, each in value.items()})
    if isinstance(kind, type) and (kind is Path or issubclass(kind, Enum)):
        return kind(value)
    return value
