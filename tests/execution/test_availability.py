import pytest
from support.planted_runtimes import DoesNotLoad, Missing

from edgekit.execution.availability import list_runtimes
from edgekit.foundation.errors import UnknownNameError, UsageError
from edgekit.runtimes import RUNTIMES, SessionSettings


def test_every_runtime_carries_its_name_and_is_available() -> None:
    for status in list_runtimes():
        assert RUNTIMES.load(status.name).name == status.name
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


def test_an_unknown_runtime_suggests_the_closest() -> None:
    with pytest.raises(UnknownNameError, match="litert-xnnpack"):
        RUNTIMES["litert-xnpack"]


@pytest.mark.parametrize("field", ["num_threads", "batch_size", "num_sessions"])
def test_settings_below_1_are_refused(field: str) -> None:
    with pytest.raises(UsageError, match="at least 1"):
        SessionSettings(**{field: 0})
