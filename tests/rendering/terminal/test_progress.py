import io
import subprocess
import sys
import threading
import time

import pytest

from edgekit.rendering.terminal.progress.console import ConsoleProgress
from edgekit.rendering.terminal.progress.lines import LONGEST_SILENCE_S


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_plain_lines_now_and_then_and_one_at_the_end() -> None:
    file, clock = io.StringIO(), Clock()
    with ConsoleProgress(file, clock).task("verifying", 1000) as advance:
        for _ in range(10):
            clock.now += 3.0
            advance(100)
    lines = file.getvalue().splitlines()
    assert lines == [
        "verifying: 200 of 1,000 after 6 s",
        "verifying: 400 of 1,000 after 12 s",
        "verifying: 600 of 1,000 after 18 s",
        "verifying: 800 of 1,000 after 24 s",
        "verifying: 1,000 of 1,000 in 30.0 s",
    ]
    assert LONGEST_SILENCE_S < 5.0, "nobody waits longer in silence"


def test_work_that_stands_still_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edgekit.rendering.terminal.progress.lines.LONGEST_SILENCE_S", 0.01)
    file = io.StringIO()
    num_threads = threading.active_count()
    with ConsoleProgress(file).task("an endless loop", 40):
        deadline = time.monotonic() + 20
        while not file.getvalue() and time.monotonic() < deadline:
            time.sleep(0.01)
    assert file.getvalue().startswith("an endless loop: 0 of 40 after 0 s\n")
    assert threading.active_count() == num_threads


def test_a_stage_that_counts_nothing_speaks_only_where_it_takes_long() -> None:
    file, clock = io.StringIO(), Clock()
    with ConsoleProgress(file, clock).task("Loading the model", None):
        clock.now += 4.0
    assert file.getvalue() == ""
    with ConsoleProgress(file, clock).task("Loading the model", None) as advance:
        clock.now += 5.0
        advance(0)
        clock.now += 1.0
    assert file.getvalue().splitlines() == ["Loading the model: 5 s so far", "Loading the model: 6.0 s"]


def test_short_stages_do_not_add_up_to_a_long_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edgekit.rendering.terminal.progress.lines.LONGEST_SILENCE_S", 0.5)
    file = io.StringIO()
    progress, silences = ConsoleProgress(file), []
    last, length = time.monotonic(), 0
    for number in range(8):  # each takes less than the longest silence
        with progress.task(f"stage {number}", None):
            deadline = time.monotonic() + 0.3
            while time.monotonic() < deadline:
                time.sleep(0.01)
                if len(file.getvalue()) > length:
                    silences.append(time.monotonic() - last)
                    last, length = time.monotonic(), len(file.getvalue())
    assert file.getvalue().startswith("stage 1: 0 s so far\nstage 1: 0.")
    assert len(silences) >= 3
    assert max(silences) < 2.0  # 0.5 on a machine with nothing else to do


def test_the_innermost_open_task_breaks_the_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edgekit.rendering.terminal.progress.lines.LONGEST_SILENCE_S", 0.05)
    file = io.StringIO()
    progress = ConsoleProgress(file)
    with progress.task("Exporting", 9), progress.task("calibrating", 40):
        deadline = time.monotonic() + 20
        while not file.getvalue() and time.monotonic() < deadline:
            time.sleep(0.01)
    assert file.getvalue().startswith("calibrating: 0 of 40 after 0 s\n")


def test_an_unknown_total_and_a_note() -> None:
    file = io.StringIO()
    progress = ConsoleProgress(file, Clock())
    with progress.task("reading [x]", None) as advance:
        progress.note("one image is broken [red]")
        advance(7)
    assert file.getvalue().splitlines() == ["one image is broken [red]", "reading [x]: 7 in 0.0 s"]


def test_a_bar_on_a_terminal_with_tasks_inside_each_other() -> None:
    file = Terminal()
    progress = ConsoleProgress(file)
    with progress.task("outer [x]", 2) as outer:
        with progress.task("inner", None) as inner:
            inner(5)
            progress.note("a note [red]")
        outer(2)
    text = file.getvalue()
    assert "outer [x]" in text
    assert "a note [red]" in text
    assert "\x1b[" in text
    with progress.task("again", 1) as advance:
        advance(1)
    assert "again" in file.getvalue()


def test_a_task_that_fails_leaves_no_bar_behind() -> None:
    progress = ConsoleProgress(Terminal())
    with pytest.raises(KeyboardInterrupt), progress.task("fails", 1):
        raise KeyboardInterrupt
    assert progress._bars is None


def test_several_threads_may_report() -> None:
    file = io.StringIO()
    with ConsoleProgress(file, Clock()).task("work", 4000) as advance:
        threads = [threading.Thread(target=lambda: [advance(1) for _ in range(1000)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert file.getvalue() == "work: 4,000 of 4,000 in 0.0 s\n"


def test_progress_shows_while_the_chatter_of_a_converter_is_held_back() -> None:
    program = (
        "import sys; from edgekit.foundation.quiet import held_back; "
        "from edgekit.rendering.terminal.progress.console import *\n"
        "now = [0.0]; shown = ConsoleProgress(clock=lambda: now[0])\n"
        "with shown.task('Exporting', 9) as advance, held_back():\n"
        "    print('chatter', file=sys.stderr); now[0] = 20.0; advance(1)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "Exporting: 1 of 9 after 20 s" in result.stderr
    assert "chatter" not in result.stderr
