import os
from pathlib import Path

import pytest

from edgekit.foundation.errors import CacheError
from edgekit.foundation.files import cache_folder
from edgekit.foundation.files.cache_folder import check_private, default_cache_dir, private_folder


def test_it_is_made_for_one_user_alone(tmp_path: Path) -> None:
    folder = private_folder(tmp_path / "a" / "b")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert private_folder(folder) == folder


@pytest.mark.parametrize(("mode", "is_refused"), [(0o700, False), (0o755, False), (0o775, True), (0o757, True)])
def test_others_must_not_write_into_it(tmp_path: Path, mode: int, is_refused: bool) -> None:
    tmp_path.chmod(mode)
    if not is_refused:
        check_private(tmp_path)
        return
    with pytest.raises(CacheError, match=rf"mode {mode:o}.* chmod go-w {tmp_path}"):
        check_private(tmp_path)


def test_it_must_not_belong_to_another_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(CacheError, match=r"belongs to another user .* this process is 12345"):
        private_folder(tmp_path)


def test_a_user_without_a_home_gets_a_folder_that_nobody_can_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EDGEKIT_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", lambda: (_ for _ in ()).throw(RuntimeError("no home")))
    cache_folder._of_nobody.cache_clear()
    first = default_cache_dir()
    assert first == default_cache_dir()
    assert first.stat().st_mode & 0o777 == 0o700
    cache_folder._of_nobody.cache_clear()
    assert default_cache_dir() != first


def test_the_environment_names_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EDGEKIT_CACHE", str(tmp_path / "x"))
    assert default_cache_dir() == tmp_path / "x"
    assert not (tmp_path / "x").exists()
    monkeypatch.delenv("EDGEKIT_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache_dir() == tmp_path / "edgekit"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert default_cache_dir() == Path.home() / ".cache" / "edgekit"
