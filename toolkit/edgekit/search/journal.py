"""The trials of a search on disk, a JSON object per line, so that a search continues where it stopped."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgekit.foundation.atomic_files import write_text
from edgekit.foundation.errors import RunFolderError
from edgekit.foundation.files.documents import read_json_lines
from edgekit.search.trial import Trial


class Journal:
    """The file `tuning/trials.jsonl` of a run: first what the search is of, then a line per trial.

    Args:
        path: The file.
        identity: What must be the same for trials to be comparable: model, images, runtimes, versions.
        restart: Start over, whatever is there.

    Raises:
        RunFolderError: The trials there are of another search, or the file cannot be read.
    """

    def __init__(self, path: Path, identity: Mapping[str, Any], *, restart: bool = False) -> None:
        self._path, self._identity = path, dict(identity)
        self._trials: dict[str, Trial] = {} if restart else self._read()

    @property
    def trials(self) -> tuple[Trial, ...]:
        """Every trial, in the order in which they were made."""
        return tuple(self._trials.values())

    def __contains__(self, name: str) -> bool:
        return name in self._trials

    def __getitem__(self, name: str) -> Trial:
        return self._trials[name]

    def add(self, trial: Trial) -> None:
        """Keep `trial`, in memory and on disk: the file holds it or is as before."""
        self._trials[trial.name] = trial
        lines = [self._identity, *(each.to_dict() for each in self._trials.values())]
        write_text(self._path, "".join(json.dumps(line, allow_nan=False) + "\n" for line in lines))

    def _read(self) -> dict[str, Trial]:
        if not self._path.exists():
            return {}
        identity, trials = read_json_lines(self._path, dict[str, Any], Trial, remedy="Start over with --restart.")
        if identity != self._identity:
            changed = sorted(
                name for name in {*identity, *self._identity} if identity.get(name) != self._identity.get(name)
            )
            raise RunFolderError(
                f"The trials in {self._path} are of another search: {', '.join(changed)} differ. Start "
                f"over with --restart."
            )
        return {trial.name: trial for trial in trials}
