"""How long-running work reports progress. The library calls this protocol; only the command line draws."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, runtime_checkable

Advance = Callable[[int], None]
"""Called with the number of units finished since the last call."""


@runtime_checkable
class Progress(Protocol):
    """Where a function that takes long reports to."""

    def task(self, description: str, total: int | None) -> AbstractContextManager[Advance]:
        """Open one task of `total` units (None: not known yet); yields the function that advances it."""

    def note(self, text: str) -> None:
        """Print one line that the user should read now."""


class SilentProgress:
    """Reports nothing: the default of every library function."""

    @contextmanager
    def task(self, description: str, total: int | None) -> Iterator[Advance]:
        """A task that is not shown."""
        yield lambda _: None

    def note(self, text: str) -> None:
        """Say nothing."""
