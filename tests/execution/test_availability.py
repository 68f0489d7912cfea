import sys
from pathlib import Path

import pytest
from support.planted_runtimes import DoesNotLoad, Missing

from edgekit.execution.availability import availability_of, list_runtimes
from edgekit.foundation.errors import UnknownNameError, UsageError
from edgekit.foundation.plugins import Plugin
from edgekit.runtimes import RUNTIMES, SessionSettings


def test_every_runtime_carries_its_name_and_is_available() -> None:
    for status in list_runtimes():
        assert RUNTIMES.load(status.name).name == status.name
        if RUNTIMES.load(status.name).is_usual:
            assert status.is_available, status.reason
            assert status.version


def test_a_library_that_is_not_installed_is_named_with_what_to_do() -> None:
    availability = Missing.availability()
    assert not availability.is_available
    assert availability.version is None
    assert "pip install 'edgekit-no-such-package'" in str(availability.reason)


def test_a_library_that_does_not_load_gives_its_reason() -> None:
    availability = DoesNotLoad.availability()
    assert not availability.is_available
    assert "libgomp" in str(availability.reason)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("def availability(cls): raise SystemExit(0)", "SystemExit: 0"),
        ("def import_library(cls): raise SystemExit", "SystemExit: SystemExit"),
        ("def import_library(cls): raise ValueError('not today')", "ValueError: not today"),
        ("def availability(cls): return None", "its availability() gave a NoneType"),
        (
            "def availability(cls):\n  from edgekit.runtimes import Availability\n"
            "  return Availability(version=3, reason=4)",
            "its availability() gave a version or a reason that is not text",
        ),
    ],
)
def test_a_plugged_in_runtime_that_fails_or_exits_is_not_available(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, reason: str
) -> None:
    (tmp_path / "odd_runtime.py").write_text(
        "from edgekit.artifact import Format\nfrom edgekit.runtimes import Runtime\n"
        "class Odd(Runtime):\n name = 'odd'\n format = Format.ONNX\n package = 'numpy'\n"
        " @classmethod\n def import_library(cls): pass\n @classmethod\n def open(cls, path, settings): pass\n"
        f" @classmethod\n {code}\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "odd_runtime", raising=False)
    plugin = Plugin(name="odd", target="odd_runtime:Odd", package="odd-package", version="1", summary="")
    monkeypatch.setitem(RUNTIMES._plugins, "odd", plugin)
    assert availability_of("odd").reason == reason


def test_an_unknown_runtime_suggests_the_closest() -> None:
    with pytest.raises(UnknownNameError, match="litert-xnnpack"):
        RUNTIMES["litert-xnpack"]


@pytest.mark.parametrize("field", ["num_threads", "batch_size", "num_sessions"])
def test_settings_below_1_are_refused(field: str) -> None:
    with pytest.raises(UsageError, match="at least 1"):
        SessionSettings(**{field: 0})
