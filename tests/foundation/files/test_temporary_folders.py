import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from edgekit.foundation.files import temporary_folders
from edgekit.foundation.files.temporary_folders import PREFIX, TemporaryFolder

LEAVE = (
    "import os, sys; from edgekit.foundation.files.temporary_folders import TemporaryFolder\n"
    "folder = TemporaryFolder(); (folder.path / 'large').write_bytes(b'x' * 1000); print(folder.path, flush=True)\n"
    "sys.stdin.readline()"
)


@pytest.fixture
def parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the system's temporary folders lie, in this process and in others; nothing was removed there yet."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    temporary_folders._remove_left_once.cache_clear()
    return tmp_path


def start(**environment: str) -> "tuple[subprocess.Popen[str], Path]":
    """A process with a temporary folder, and that folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", LEAVE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def age(folder: Path) -> None:
    os.utime(folder, (1, 1))


def test_it_is_private_and_removed_at_the_end(parent: Path) -> None:
    with TemporaryFolder() as folder:
        assert folder.parent == parent
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "x").write_text("x")
    assert list(parent.iterdir()) == []


def test_it_goes_with_the_object(parent: Path) -> None:
    folder = TemporaryFolder(parent)
    assert folder.path.is_dir()
    folder.cleanup()
    folder.cleanup()
    assert list(parent.iterdir()) == []


def test_what_a_killed_process_left_where_there_is_no_shell_is_removed_by_the_next(parent: Path) -> None:
    process, left = start(PATH="")
    process.kill()
    process.wait()
    assert (left / "large").is_file()
    age(left)
    with TemporaryFolder():
        assert not left.exists()


def test_what_another_process_uses_stays_however_old_it_is(parent: Path) -> None:
    process, used = start()
    age(used)
    with TemporaryFolder():
        assert (used / "large").is_file()
    process.communicate("\n")


@pytest.mark.parametrize("name", ["edgekit-mine", f"{PREFIX}notes", f"{PREFIX}abcdefgh.txt", "other"])
def test_what_others_named_alike_stays(parent: Path, name: str) -> None:
    folder = parent / name
    folder.mkdir()
    age(folder)
    with TemporaryFolder():
        assert folder.is_dir()


def test_a_link_of_that_name_is_not_followed(parent: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    precious = tmp_path_factory.mktemp("precious")
    (precious / "file").write_text("x")
    age(precious)
    (parent / f"{PREFIX}abcdefgh").symlink_to(precious)
    with TemporaryFolder():
        assert (precious / "file").is_file()


def is_gone(folder: Path) -> bool:
    """Whether it is gone within 5 seconds."""
    for _ in range(50):
        if not folder.exists():
            return True
        time.sleep(0.1)
    return False


def test_it_goes_with_a_killed_process(parent: Path) -> None:
    process, folder = start()
    process.kill()
    process.communicate()
    assert is_gone(folder)


def test_nothing_is_waited_for_where_all_goes_well(parent: Path) -> None:
    process, folder = start()
    process.communicate("\n", timeout=20)
    assert process.returncode == 0
    assert not folder.exists()
