"""The tests of some modules against their mutants: a fork per mutant of one process that has the libraries imported.

The process works in a copy of the checkout, because a mutant is written into the file: what tests start as processes
of their own sees it too. A first fork runs all tests and notes which lines each of them reaches, what each takes and
which libraries they import. A mutant then meets the tests that reach its line, the quickest first. After these it meets
the others of the same files, which may share a fixture with them.
"""

import contextlib
import gc
import importlib
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

MEMORY = 12 * 2**30
"""Bytes of address space that the tests of a mutant may use: a changed number may ask for everything."""


class Trials:
    """Runs the tests of some modules.

    Args:
        root: The copy of the checkout; the current folder.
        modules: Their paths below `root`.
        tests: The folder or file of their tests, below `root`.
        seconds: At least so long may the tests of a mutant take.

    Raises:
        RuntimeError: The tests fail without any change.
    """

    def __init__(self, root: Path, modules: Sequence[Path], tests: str, seconds: float) -> None:
        self._root, self._seconds = root, seconds
        paths = [root / module for module in modules]
        status = self._forked([tests], time_limit=1800, watched=paths)
        if status != 0:
            said = (root / "said.txt").read_text()[-1500:]
            raise RuntimeError(f"{tests} ends with {status} without any change:\n{said}")
        noted = json.loads((root / "noted.json").read_text())
        self._durations: dict[str, float] = dict(sorted(noted["seconds"].items(), key=lambda item: item[1]))
        self._lines: dict[str, dict[str, list[str]]] = noted["lines"]
        sys.dont_write_bytecode = True  # two mutants of one second and size would be one to Python
        for path in paths:
            for stale in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
                stale.unlink()
        _import(noted["libraries"])
        early = {_file_of(each) for each in list(sys.modules.values())} & {str(path) for path in paths}
        assert not early, f"imported too early: {early}"

    def kills(self, module: Path, source: str, lines: range) -> bool:
        """Whether a test fails, or does not end, with `module` changed to `source` in these lines."""
        path = self._root / module
        reached = {name for line in lines for name in self._lines[str(path)].get(str(line), ())}
        everywhere = "" in reached  # runs when the module is imported
        first = [name for name in self._durations if everywhere or name in reached]
        files = {name.partition("::")[0] for name in first}
        rest = [name for name in self._durations if name not in first and name.partition("::")[0] in files]
        if not first:
            return False
        before = path.read_text()
        path.write_text(source)
        try:
            return any(self._fails(names) for names in (first, rest) if names)
        finally:
            path.write_text(before)

    def _fails(self, names: Sequence[str]) -> bool:
        usual = sum(self._durations[name] for name in names)
        return self._forked(names, time_limit=self._seconds + 5 * usual) != 0

    def _forked(self, names: Sequence[str], *, time_limit: float, watched: Sequence[Path] = ()) -> int | None:
        """The exit status of pytest in a fork; None if it had to be ended."""
        gc.freeze()
        pid = os.fork()
        if pid == 0:
            status = 99
            try:
                status = _run_tests(names, self._root, watched)
            finally:
                os._exit(status)
        return _wait(pid, time_limit)


class _Watcher:
    """A plug-in of pytest that notes which lines of the modules each test reaches, and its seconds."""

    def __init__(self, paths: Sequence[Path]) -> None:
        from coverage import Coverage

        self._paths, self._seconds = list(map(str, paths)), dict[str, float]()
        self._coverage = Coverage(data_file=None, include=self._paths, config_file=False)
        self._coverage.start()

    def pytest_runtest_protocol(self, item: Any) -> None:
        self._coverage.switch_context(item.nodeid)
        self._seconds[item.nodeid] = time.monotonic()

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self._seconds[nodeid] = time.monotonic() - self._seconds[nodeid]
        self._coverage.switch_context("")

    def save(self, path: Path) -> None:
        self._coverage.stop()
        lines = {each: self._coverage.get_data().contexts_by_lineno(each) for each in self._paths}
        here = str(Path.cwd())
        libraries = [name for name, module in sys.modules.items() if not _file_of(module).startswith(here)]
        path.write_text(json.dumps({"seconds": self._seconds, "lines": lines, "libraries": libraries}))


def _file_of(module: Any) -> str:
    return str(getattr(module, "__file__", None) or "")


def _run_tests(names: Sequence[str], root: Path, watched: Sequence[Path]) -> int:
    """What pytest says of the tests; in a fork."""
    import pytest

    os.setsid()
    said = os.open(root / "said.txt" if watched else os.devnull, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(said, stream)
    options = [
        "-x",
        "-q",
        f"--basetemp={root / 'temporary'}",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "--assert=plain",
    ]
    options += ["-m", "not slow and not minutes"]
    if not watched:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        return pytest.main([*options, *names])
    watcher = _Watcher(watched)
    status = pytest.main([*options, *names], plugins=[watcher])
    watcher.save(root / "noted.json")
    return status


def _wait(pid: int, time_limit: float) -> int | None:
    deadline = time.monotonic() + time_limit
    for pause in _pauses():
        done, status = os.waitpid(pid, os.WNOHANG)
        if done or time.monotonic() > deadline:
            break
        time.sleep(pause)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)  # what is left of it, or of what it started
    if done:
        return os.waitstatus_to_exitcode(status)
    os.waitpid(pid, 0)
    return None


def _pauses() -> Iterator[float]:
    pause = 0.002
    while True:
        yield pause
        pause = min(1.2 * pause, 0.1)


def _import(libraries: Sequence[str]) -> None:
    """Import what the tests import, so that no fork has to; Keras through edgekit's door, which chooses its backend."""
    if "keras" in libraries:
        from edgekit.foundation.keras_setup import import_keras

        import_keras()
    for name in libraries:
        try:
            importlib.import_module(name)
        except Exception:  # noqa: BLE001  tests' own modules, or what exists only there
            continue
