"""The folder of a new run, and whether it may be used. Knows the manifest of a run folder, and trains nothing."""

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from edgekit.foundation.errors import TrainingError
from edgekit.foundation.files.documents import read_json
from edgekit.runs.folder import RUNS_FOLDER, RunFolder, check_links, check_outside_runs

CHECKPOINT = "checkpoint.npz"
FINISHED, TRAINING, INTERRUPTED = "finished", "training", "interrupted"
"""What `status` in a manifest may say; a manifest without it is finished."""


def choose_folder(recipe_name: str, *, resume: bool = False, root: Path = RUNS_FOLDER) -> Path:
    """`exported/<recipe>`, or the first of `-2`, `-3`, … that is free; to resume, the newest unfinished one.

    Raises:
        TrainingError: There is nothing to resume.
    """
    names = (root / (recipe_name if number == 1 else f"{recipe_name}-{number}") for number in count(1))
    if not resume:
        return next(path for path in names if not path.exists())
    taken = [path for path in _while_they_exist(names) if (path / "manifest.json").is_file()]
    unfinished = [path for path in taken if status_of(path) != FINISHED]
    if not unfinished:
        raise TrainingError(
            f"There is no unfinished training of '{recipe_name}' under {root} to resume. Start one without --resume, "
            f"or name its folder with --out."
        )
    return max(unfinished, key=lambda path: (path / "manifest.json").stat().st_mtime)


def status_of(path: Path) -> str:
    """What the manifest in the folder `path` says of its training."""
    check_links(path)
    return str(read_json(path / "manifest.json", dict[str, Any]).get("status", FINISHED))


def check_free(path: Path) -> None:
    """Raise TrainingError, or UsageError, unless a new training may be written to `path`."""
    check_outside_runs(path)
    if path.exists() and not path.is_dir():
        raise TrainingError(f"{path} is a file. Expected a folder, or an unused name, for --out.")
    if not path.exists() or not any(path.iterdir()):
        return
    if not (path / "manifest.json").is_file():
        raise TrainingError(f"{path} is not empty and is not a run folder. Name another folder with --out.")
    if status_of(path) == FINISHED:
        raise TrainingError(
            f"{path} already holds a finished run, which stays as it is. Name another folder with --out, "
            f"or remove that one first."
        )
    raise TrainingError(
        f"{path} already holds an unfinished training. Continue it with --resume, or name another folder with --out."
    )


def discard(path: Path) -> None:
    """Remove a run folder in which nothing but the manifest was written; leaves any other as it is."""
    if path.is_dir() and {entry.name for entry in path.iterdir()} <= {"manifest.json"}:
        shutil.rmtree(path)


def forget_artifacts(run: RunFolder) -> list[str]:
    """Take files that were exported from an unfinished model out of the manifest; returns their names.

    They do not belong to the model that the resumed training has made.
    """
    stale = [name for name in run.manifest["files"] if "/" in name and not name.startswith("figures/")]
    for name in stale:
        del run.manifest["files"][name]
    return stale


def describe(manifest: dict[str, Any]) -> str:
    """How far a training is, in words: "12 of 70 epochs"."""
    return f"{manifest.get('epochs', 0)} of {manifest.get('settings', {}).get('epochs', '?')} epochs"


def _while_they_exist(paths: Iterator[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.exists():
            return
        yield path
