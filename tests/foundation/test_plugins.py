import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from edgekit.foundation.errors import PluginError, PluginWarning, UnknownNameError
from edgekit.foundation.plugins import PluginGroup, installed_plugins
from edgekit.foundation.registry import Registry

KIND = "colour"


def problem_of(_: str, value: Any) -> str | None:
    return None if isinstance(value, str) else "it is no text"


GROUP = PluginGroup(name="edgekit.colours", problem=problem_of)


def install(folder: Path, package: str, entries: str, *, version: str = "2.0", code: str = "") -> None:
    """What pip leaves of a package in a folder of installed packages."""
    module = package.replace("-", "_")
    (folder / f"{module}.py").write_text(code)
    metadata = folder / f"{module}-{version}.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
    (metadata / "entry_points.txt").write_text(entries)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed packages, before all others."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return folder


def colours(taken: tuple[str, ...] = ()) -> "Registry[str]":
    return Registry(KIND, {"newline": ("os:linesep", "")}, GROUP, taken=taken)


def test_names_of_other_packages_follow_the_built_in_ones(site: Path) -> None:
    install(site, "more-colours", "[edgekit.colours]\nred = more_colours:RED\nblue = more_colours:x.upper\n")
    registry = colours()
    assert list(registry) == ["newline", "blue", "red"]
    assert registry["red"].origin == "more-colours 2.0"
    assert registry["newline"].origin is None
    assert registry.origins() == {"blue": "more-colours 2.0", "red": "more-colours 2.0"}


def test_a_plugin_is_imported_when_it_is_loaded_and_prints_to_stderr(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = "print('hello')\nclass Paint:\n    RED = '#f00'"
    install(site, "paint-a", "[edgekit.colours]\nred = paint_a:Paint.RED\n", code=code)
    registry = colours()
    assert "red" in registry
    assert capsys.readouterr() == ("", "")
    assert registry.load("red") == "#f00"
    assert capsys.readouterr() == ("", "hello\n")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("RED = 3", "it is no text (received int)"),
        ("class RED: pass", "it is no text (received the class RED)"),
        ("", "AttributeError: module 'paint_b' has no attribute 'RED'"),
        ("import sys; sys.exit('gone')", "SystemExit: gone"),
        ("raise ValueError('first line\\nsecond')", "ValueError: first line."),
        ("class E(Exception):\n def __str__(self): return 1 / 0\nraise E", "cannot be used: E: E."),
        (
            "class M(type):\n def __getattribute__(self, _): return 1 / 0\nclass RED(metaclass=M): pass",
            "ZeroDivisionError",
        ),
    ],
)
def test_a_broken_plugin_is_an_error_by_name_and_a_warning_in_a_list(
    site: Path, monkeypatch: pytest.MonkeyPatch, code: str, words: str
) -> None:
    monkeypatch.delitem(sys.modules, "paint_b", raising=False)
    install(site, "paint-b", "[edgekit.colours]\nred = paint_b:RED\n", code=code)
    registry = colours()
    with pytest.raises(PluginError) as raised:
        registry.load("red")
    message = str(raised.value)
    assert message.startswith("The colour 'red' of the package paint-b 2.0 cannot be used: ")
    assert words in message
    assert message.endswith("Update the package, or remove it: pip uninstall paint-b")
    with pytest.warns(PluginWarning, match="paint-b") as caught:
        assert [name for name, _ in registry.load_all()] == ["newline"]
    assert [str(each.message) for each in caught] == [message]


def test_a_package_without_metadata_goes_by_its_folder(site: Path) -> None:
    install(site, "paint-h", "[edgekit.colours]\nred = x:y\n")
    (site / "paint_h-2.0.dist-info" / "METADATA").unlink()
    assert colours()["red"].origin == "paint_h of no version"


def test_built_in_names_and_first_packages_win(site: Path) -> None:
    for package in ("paint-d", "paint-c"):
        install(site, package, "[edgekit.colours]\nred = x:y\nnewline = x:y\ntaken = x:y\n")
    registry = colours(("taken",))
    with pytest.warns(PluginWarning) as caught:
        assert list(registry) == ["newline", "red"]
    assert registry["newline"].target == "os:linesep"
    assert registry["red"].origin == "paint-c 2.0"
    messages = [str(each.message) for each in caught]
    assert len(messages) == 5
    assert sum("edgekit itself has a colour of that name" in message for message in messages) == 4
    (other,) = [message for message in messages if "edgekit itself" not in message]
    assert "'red' of the package paint-d 2.0" in other
    assert "the package paint-c 2.0 has a colour of that name, which is used" in other


def test_nothing_is_read_for_a_built_in_name(site: Path) -> None:
    install(site, "paint-e", "[edgekit.colours]\nno equals sign\n")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert colours().load("newline") == "\n"
    with pytest.warns(PluginWarning, match="cannot be read"), pytest.raises(UnknownNameError, match="Known: newline"):
        colours()["red"]


def test_of_two_versions_the_first_on_the_path_counts(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(site, "paint-f", "[edgekit.colours]\nold = x:y\n", version="1.0")
    before = tmp_path / "before"
    before.mkdir()
    install(before, "paint-f", "[edgekit.colours]\nnew = x:y\n")
    monkeypatch.syspath_prepend(before)
    assert [plugin.name for plugin in installed_plugins(GROUP)] == ["new"]


def test_help_reads_no_entry_points(tmp_path: Path) -> None:
    script = (
        "import sys; from edgekit.cli import run_command; run_command(['--help']); "
        "print(sorted({'edgekit.foundation.plugins', 'importlib.metadata'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.endswith("\n[]\n")
