import gc
import importlib.util
import os
import sys

import pytest

from edgekit.foundation.errors import MissingExtraError, UnknownNameError, UsageError
from edgekit.foundation.keras_setup import import_keras, native_stderr_held_back, no_garbage_collection


def test_keras_comes_on_tensorflow_unless_told_otherwise():
    assert import_keras("edgekit train").backend.backend() == "tensorflow"


@pytest.mark.parametrize("library", ["tensorflow", "keras"])
def test_a_missing_library_names_the_extra(library, monkeypatch):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingExtraError, match=rf"edgekit train needs '{library}'.*edgekit-toolkit\[train\]"):
        import_keras("edgekit train")


def test_an_unknown_backend_suggests_the_closest():
    with pytest.raises(UnknownNameError, match="Did you mean 'tensorflow'"):
        import_keras(backend="tensorfow")
    with pytest.raises(UnknownNameError, match="Unknown Keras backend ''"):
        import_keras(backend="")  # an unset variable in a script must not choose for its author


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_a_backend_that_is_not_installed_names_its_extra(backend, monkeypatch):
    monkeypatch.setitem(sys.modules, backend, None)
    with pytest.raises(MissingExtraError, match=rf"needs '{backend}'.*edgekit-toolkit\[{backend}\]"):
        import_keras(backend=backend)


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")
def test_keras_cannot_change_its_backend():
    import_keras()
    with pytest.raises(UsageError, match="already runs on tensorflow"):
        import_keras(backend="torch")


def fail_to_import() -> None:
    os.write(2, b"the reason\n")
    raise ImportError


def test_what_native_code_prints_is_shown_only_if_the_block_fails(capfd):
    with native_stderr_held_back():
        os.write(2, b"chatter\n")
    assert capfd.readouterr().err == ""
    with pytest.raises(ImportError), native_stderr_held_back():
        fail_to_import()
    assert capfd.readouterr().err == "the reason\n"


def test_no_garbage_is_collected_while_a_library_is_imported_and_afterwards_as_before():
    assert gc.isenabled()
    with no_garbage_collection():
        assert not gc.isenabled()
        kept = [[] for _ in range(1000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() > len(kept)
    with pytest.raises(ImportError), no_garbage_collection():
        raise ImportError
    assert gc.isenabled()
    gc.disable()
    try:
        with no_garbage_collection():
            pass
        assert not gc.isenabled(), "whoever had disabled it finds it so"
    finally:
        gc.enable()
