import logging
import os

import numpy as np
import pytest

from edgekit.exporting.input_range_choice import Doubts, choose_input_range
from edgekit.exporting.keras import scores as keras_scores
from edgekit.exporting.keras.preparing.preparation import Prepared
from edgekit.exporting.keras.scores import KerasScorer
from edgekit.foundation.progress import SilentProgress
from edgekit.input_probe import USUAL_RANGES
from edgekit.input_range import RAW, InputRange


@pytest.mark.parametrize("text", USUAL_RANGES)
def test_pixels_are_brought_into_a_range_outside_the_graph_as_inside(text: str) -> None:
    from support import keras_models

    model, input_range, images = keras_models.trained(), InputRange.parse(text), keras_models.digits().test.images
    outside = KerasScorer(model, RAW)(images, brought_into=input_range)
    np.testing.assert_allclose(outside, KerasScorer(model, input_range)(images), atol=1e-5)


def test_all_ranges_are_tried_with_one_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    """A graph is traced anew for each range otherwise, which TensorFlow warns of on the terminal."""
    from support import keras_models

    built, build = [], keras_scores.exported_graph

    def counting(*arguments: object, **named: object) -> object:
        built.append(arguments)
        return build(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(keras_scores, "exported_graph", counting)
    prepared = Prepared(model=keras_models.trained(), adds_softmax=False)
    doubts = Doubts(given=None, class_order=False)
    chosen = choose_input_range(prepared, keras_models.digits(), doubts, seed=0, progress=SilentProgress())
    assert chosen == RAW
    assert len(built) == 1


def test_many_networks_in_one_process_print_nothing(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """TensorFlow warns where one process traces a function five times, as five calls of `edgekit.export` do."""
    from support import keras_models

    images = keras_models.digits().test.images[:2]
    model = keras_models.trained()
    on_stderr = logging.StreamHandler(os.fdopen(2, "w", closefd=False))  # as TensorFlow logs where nobody else does
    monkeypatch.setattr(logging.getLogger("tensorflow"), "handlers", [on_stderr])
    for _ in range(7):
        KerasScorer(model, RAW)(images)
    assert capfd.readouterr() == ("", "")
