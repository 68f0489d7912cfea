"""What another resize rule costs, counted by hand on six images."""

from dataclasses import replace

import numpy as np
import pytest

from edgekit.verification.measuring.resize_effect import (
    ResizeCheck,
    ResizeEffect,
    ResizeRow,
    effects_of,
    models_of,
    resize_effect,
)

LABELS = np.array([0, 0, 0, 1, 1, 2])
OWN = np.array([0, 0, 1, 1, 1, 2])  # five right
OTHER = np.array([1, 1, 0, 0, 1, 2])  # three right: 0, 1 and 3 are lost, 2 is won


def test_an_effect_by_hand() -> None:
    found = resize_effect(OWN, OTHER, LABELS)
    assert found == ResizeEffect(
        accuracy=0.5,
        accuracy_delta=pytest.approx(-2 / 6),
        num_flips=4,
        right_to_wrong=3,
        wrong_to_right=1,
        mcnemar_p=pytest.approx(2 * (1 + 4) / 16),
    )
    assert resize_effect(OWN, OWN, LABELS).num_flips == 0


def test_several_models_keep_their_order() -> None:
    effects = effects_of([OWN, OTHER], [OTHER, OWN], LABELS)
    assert [one.accuracy_delta for one in effects] == pytest.approx([-2 / 6, 2 / 6])
    models = models_of([("model.keras", "keras"), ("m.onnx", "onnxruntime")], [OWN, OTHER], LABELS)
    assert [(one.name, one.runtime) for one in models] == [("model.keras", "keras"), ("m.onnx", "onnxruntime")]
    assert [one.accuracy for one in models] == pytest.approx([5 / 6, 3 / 6])
    with pytest.raises(ValueError, match="zip"):
        effects_of([OWN], [OTHER, OWN], LABELS)
    with pytest.raises(ValueError, match="zip"):
        models_of([("m", "r")], [OWN, OTHER], LABELS)


def check(*deltas: float) -> ResizeCheck:
    base = resize_effect(OWN, OWN, LABELS)
    rows = tuple(
        ResizeRow(rule=f"rule {n}", options="", same_pixels=False, effects=(replace(base, accuracy_delta=delta),))
        for n, delta in enumerate(deltas)
    )
    return ResizeCheck(rule="own", options="", num_images=6, models=(), rows=rows)


@pytest.mark.parametrize(
    ("deltas", "worst"),
    [((0.0, -0.1, -0.2, -0.05), "rule 2"), ((0.0,), None), ((0.1, 0.0), None), ((0.2, -0.01), "rule 1"), ((), None)],
)
def test_the_worst_rule_is_that_of_the_greatest_loss(deltas: tuple[float, ...], worst: str | None) -> None:
    found = check(*deltas).worst
    assert (found.rule if found else None) == worst
    assert check(*deltas).to_dict()["num_images"] == 6
