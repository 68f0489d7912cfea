"""Names that tests import: `from helpers import ROOT, EdgekitCommand`."""

import subprocess
from collections.abc import Callable
from pathlib import Path

from edgekit.foundation.progress import SilentProgress

ROOT = Path(__file__).resolve().parents[2]
"""The checkout."""

EdgekitCommand = Callable[..., "subprocess.CompletedProcess[str]"]
"""The fixture `edgekit_command`: runs `edgekit ARGUMENTS` in a process of its own, in the folder `cwd`."""


class Listening(SilentProgress):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


class StopAfter(Listening):
    """Ctrl-C while the line of epoch `epochs` is printed: that epoch is saved, the next has not begun."""

    def __init__(self, epochs: int) -> None:
        super().__init__()
        self.epochs = epochs

    def note(self, text: str) -> None:
        super().note(text)
        if text.startswith(f"Epoch {self.epochs}/"):
            raise KeyboardInterrupt
