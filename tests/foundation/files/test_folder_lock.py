import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from edgekit.foundation.errors import RunFolderError
from edgekit.foundation.files.folder_lock import folder_lock

HOLD = (
    "import sys; from pathlib import Path; from edgekit.foundation.files.folder_lock import folder_lock\n"
    "with folder_lock(Path(sys.argv[1])):\n print(flush=True); sys.stdin.readline()"
)


@pytest.fixture
def held(tmp_path: Path) -> "subprocess.Popen[str]":
    """Another process that holds the lock of the folder until it is told to end."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.kill()
    process.wait()


def test_another_process_is_waited_for_and_it_is_said_once(held: "subprocess.Popen[str]", tmp_path: Path) -> None:
    said: list[str] = []

    def end_it(text: str) -> None:
        said.append(text)
        held.communicate("\n")

    with folder_lock(tmp_path, end_it):
        assert held.poll() == 0
    assert said == [f"Another edgekit command is writing into {tmp_path}; waiting for it to end. Ctrl-C gives up."]
    assert list(tmp_path.iterdir()) == []


def test_who_does_not_wait_is_told(held: "subprocess.Popen[str]", tmp_path: Path) -> None:
    with (
        pytest.raises(RunFolderError, match="Another edgekit command is writing into"),
        folder_lock(tmp_path, waits=False),
    ):
        pass


def test_a_killed_process_leaves_no_lock(held: "subprocess.Popen[str]", tmp_path: Path) -> None:
    held.kill()
    held.wait()
    with folder_lock(tmp_path, waits=False):
        pass


def test_the_steps_of_one_command_do_not_wait_for_each_other(tmp_path: Path) -> None:
    with folder_lock(tmp_path), folder_lock(tmp_path / ".." / tmp_path.name, waits=False):
        pass


def test_threads_wait_for_each_other(tmp_path: Path) -> None:
    order: list[str] = []

    def second() -> None:
        with folder_lock(tmp_path):
            order.append("second")

    thread = threading.Thread(target=second)
    with folder_lock(tmp_path):
        thread.start()
        time.sleep(0.5)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def test_an_error_inside_gives_the_lock_back(tmp_path: Path) -> None:
    with pytest.raises(KeyError), folder_lock(tmp_path):
        raise KeyError
    with folder_lock(tmp_path, waits=False):
        pass
