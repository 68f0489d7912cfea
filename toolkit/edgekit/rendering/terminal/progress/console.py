"""Progress on stderr: a bar on a terminal, plain lines elsewhere. Knows nothing of the work it reports."""

import os
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from edgekit.foundation.files.printable import behind_of, one_line
from edgekit.foundation.progress import Advance
from edgekit.rendering.terminal.progress.lines import ProgressLines

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress


class ConsoleProgress:
    """Implements `edgekit.foundation.progress.Progress`; several tasks may be open at once, from several threads.

    Args:
        file: Where to write; stderr as it is when the object is made, whatever becomes of descriptor 2 later.
        clock: Seconds that only rise.
    """

    def __init__(self, file: IO[str] | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._file = file or self._own_stderr()
        self._lines = ProgressLines(self._file, clock)
        self._lock = threading.RLock()
        self._bars: RichProgress | None = None
        self._num_open = 0

    def _own_stderr(self) -> IO[str]:
        """Stderr by a descriptor of its own: while a converter's chatter is held back, progress still shows."""
        try:
            descriptor = os.dup(sys.stderr.fileno())
        except (OSError, ValueError):  # no real file: io.StringIO, say
            return behind_of(sys.stderr)
        encoding, errors = sys.stderr.encoding, sys.stderr.errors
        file = os.fdopen(descriptor, "w", buffering=1, encoding=encoding, errors=errors)
        weakref.finalize(self, file.close)
        return file

    @contextmanager
    def task(self, description: str, total: int | None) -> Iterator[Advance]:
        """Open one task of `total` units (None: not known yet); yields the function that advances it."""
        description = one_line(description)
        with self._bar(description, total) if self._file.isatty() else self._lines.task(description, total) as advance:
            yield advance

    def note(self, text: str) -> None:
        """Say one line that the user should read now."""
        with self._lock:
            if self._bars is not None:
                self._bars.console.print(text, markup=False, highlight=False)
            else:
                self._lines.line(text)

    @contextmanager
    def _bar(self, description: str, total: int | None) -> Iterator[Advance]:
        bars = self._open_bars()
        try:
            task = bars.add_task(description, total=total)
            yield lambda count: bars.update(task, advance=count)
            bars.remove_task(task)
        finally:
            self._close_bars()

    def _open_bars(self) -> "RichProgress":
        """The one live display that all tasks share: rich can draw only one at a time."""
        from rich import progress

        from edgekit.rendering.terminal.tables import make_console

        with self._lock:
            if self._bars is None:
                self._bars = progress.Progress(
                    progress.TextColumn("{task.description}", markup=False),
                    progress.BarColumn(bar_width=24),
                    progress.MofNCompleteColumn(),
                    progress.TimeElapsedColumn(),
                    progress.TimeRemainingColumn(),
                    console=make_console(file=self._file),
                    transient=True,
                )
                self._bars.start()
            self._num_open += 1
            return self._bars

    def _close_bars(self) -> None:
        with self._lock:
            self._num_open -= 1
            if self._num_open == 0 and self._bars is not None:
                self._bars.stop()
                self._bars = None
