import pytest

from edgekit.exporting.base import replaced


def test_what_is_replaced_is_put_back_after_an_error() -> None:
    import types

    module = types.SimpleNamespace(name="before")

    def fail() -> None:
        with replaced(module, "name", "after"):
            raise RuntimeError(module.name)

    with pytest.raises(RuntimeError, match="after"):
        fail()
    assert module.name == "before"
