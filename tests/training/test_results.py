"""summary.txt is the same in a notebook, and nothing is displayed there."""

import builtins
import sys
from types import ModuleType
from typing import Any

import pytest

from edgekit.foundation.keras_setup import import_keras
from edgekit.training.results import summary_text


def test_the_summary_displays_nothing_in_a_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    keras = import_keras("the tests")
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, name="scores")], name="small")
    outside = summary_text(network)
    shell = type("ZMQInteractiveShell", (), {})()
    monkeypatch.setattr(builtins, "get_ipython", lambda: shell, raising=False)
    displayed: list[Any] = []
    display = ModuleType("IPython.display")
    monkeypatch.setattr(display, "display", displayed.append, raising=False)
    monkeypatch.setitem(sys.modules, "IPython", ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    network.summary(print_fn=lambda line: None)
    assert len(displayed) == 1, "Keras itself displays something: the notebook is a good enough imitation"
    assert summary_text(network) == outside
    assert len(displayed) == 1
    assert "scores (Dense)" in outside
