"""Two scores from one: a network that ends in one sigmoid unit, or in one logit, becomes a classifier of two classes.

With p the probability of the positive class and z its logit, [1 - p, p] = softmax([-z / 2, z / 2]). So the sigmoid is
taken off, and a layer of two units with a softmax is put on, all of Keras' own: quantizers know it, and logits can be
had. If the sigmoid cannot be taken off, p itself becomes [1 - p, p].
"""

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from edgekit.exporting.keras.head import last_operation, without_activation
from edgekit.foundation.errors import ExportError
from edgekit.foundation.keras_setup import import_keras

if TYPE_CHECKING:
    import keras
    import numpy as np
    from numpy.typing import NDArray

LAYER_NAME = "two_scores"
_PROBABILITIES = {"sigmoid", "hard_sigmoid"}
_DIFFERENCE = 1e-5
"""Of a probability, between the network with its sigmoid and with two scores; rounding makes less than a tenth."""


class OneScore(StrEnum):
    """What the one score of a network is.

    Attributes:
        PROBABILITY: p, 0 to 1.
        LOGIT: z = ln(p / (1 - p)).
    """

    PROBABILITY = "probability"
    LOGIT = "logit"


def with_two_scores(
    model: "keras.Model", image_shape: tuple[int, int, int], positive: int
) -> tuple["keras.Model", OneScore]:
    """`model`, which gives one score (batch, 1), as one that gives probabilities (batch, 2), and what the score was.

    Args:
        model: A functional or sequential model; it stays as it is.
        image_shape: (height, width, channels) of its images.
        positive: The class that the score is of, 0 or 1.

    Raises:
        ExportError: It ends in an activation that gives neither a probability nor a logit.
    """
    import numpy as np

    last, activation = last_operation(model)
    noise = np.random.default_rng(0).uniform(0, 255, (8, *image_shape)).astype(np.float32)
    before = np.asarray(model(noise, training=False))
    kind = _kind_of(last, activation, before)
    if kind is OneScore.LOGIT:
        return _behind(model, kind, positive), kind
    if activation == "sigmoid" and (linear := _without_sigmoid(model, last)) is not None:
        made = _behind(linear, OneScore.LOGIT, positive)
        after = np.asarray(made(noise, training=False))[:, positive]
        if np.abs(after - before[:, 0]).max() <= _DIFFERENCE:  # NaN is not
            return made, kind
    return _behind(model, kind, positive), kind


def _kind_of(last: Any, activation: str, scores: "NDArray[np.float32]") -> OneScore:
    """Said by the last activation; if that is unknown, seen by the scores of a few images."""
    if activation in _PROBABILITIES:
        return OneScore.PROBABILITY
    if activation == "softmax":
        raise ExportError(
            f"The model ends in a softmax over one score ('{last.name}'), which is 1 for every image. Expected a "
            f"sigmoid. Replace the activation of that layer by 'sigmoid', train again and save the model."
        )
    if activation != "linear":
        raise ExportError(
            f"The model gives one score, and its last activation is {activation} ('{last.name}'). Expected a sigmoid, "
            f"which gives a probability, or none, which gives a logit. End the model in one of them."
        )
    is_known = hasattr(last, "activation")
    in_unit_interval = bool(scores.min() >= 0 and scores.max() <= 1)
    return OneScore.PROBABILITY if in_unit_interval and not is_known else OneScore.LOGIT


def _without_sigmoid(model: "keras.Model", last: Any) -> "keras.Model | None":
    """`model` without the sigmoid of its layer `last`; None if Keras cannot make a copy of it."""
    try:
        return without_activation(model, last)
    except Exception:  # noqa: BLE001 - layers of others may lack a configuration, or need what is not there
        return None


def _behind(model: "keras.Model", kind: OneScore, positive: int) -> "keras.Model":
    """`model` and, after it, the layer that makes two scores of a score of this `kind`."""
    keras = import_keras("edgekit export")
    return keras.Model(model.inputs[0], two_scores(model.outputs[0], kind, positive), name=model.name)


def two_scores(score: Any, kind: OneScore, positive: int) -> Any:
    """The tensor (batch, 2), probabilities, made of the Keras tensor `score`, (batch, 1); arguments as above."""
    import numpy as np

    keras = import_keras("edgekit export")
    is_logit = kind is OneScore.LOGIT
    layer = keras.layers.Dense(
        2, use_bias=not is_logit, activation="softmax" if is_logit else None, trainable=False, name=LAYER_NAME
    )
    scores = layer(score)
    sign = np.array([-1, 1] if positive else [1, -1], np.float32)
    if is_logit:
        layer.set_weights([sign[None] / 2])
    else:
        layer.set_weights([sign[None], (sign < 0).astype(np.float32)])
    return scores
