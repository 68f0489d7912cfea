"""Recipes whose network gives one score for two classes: what they train, and with which loss. Exports nothing.

The network gets a last layer that makes [1 - p, p] of its score, of the data set's two classes, p being the second
one's. So training, report and export see a classifier of two classes like any other.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from edgekit.exporting.keras.head import last_operation, without_activation
from edgekit.exporting.keras.preparing.two_scores import LAYER_NAME, OneScore, two_scores
from edgekit.foundation.errors import RecipeError

if TYPE_CHECKING:
    import keras


def with_two_scores(keras: Any, name: str, network: "keras.Model") -> "keras.Model":
    """`network` of one score as one of two; its weights are the same.

    Args:
        keras: The module.
        name: Of the recipe, for messages.
        network: It ends in a sigmoid, or gives a logit.

    Raises:
        RecipeError: It ends in any other activation.
    """
    last, activation = last_operation(network)
    if activation not in ("sigmoid", "linear"):
        raise RecipeError(
            f"The network of recipe '{name}' gives one score, and its last activation is {activation}. Expected "
            f"'sigmoid', which gives a probability, or none, which gives a logit; or one score per class and 'softmax'."
        )
    if activation == "sigmoid":
        network = without_activation(network, last)
    return keras.Model(network.inputs[0], two_scores(network.outputs[0], OneScore.LOGIT, positive=1), name=network.name)


def has_one_score(network: "keras.Model") -> bool:
    """Whether `with_two_scores` made the network."""
    return bool(network.outputs[0]._keras_history.operation.name == LAYER_NAME)


def loss_on_two_scores(keras: Any, loss: Any) -> Any:
    """The recipe's `loss`, which is meant for one score, on labels int64 (N,) and scores (N, 2).

    A loss on classes is taken as it is. Every other gets the labels as 0.0 and 1.0, (N, 1), and the probability of
    the second class, (N, 1); one on logits is set to probabilities.
    """
    found = keras.losses.get(loss)
    if "sparse_categorical" in _name_of(found):
        return loss
    if isinstance(found, keras.losses.Loss) and found.get_config().get("from_logits"):
        found = type(found).from_config({**found.get_config(), "from_logits": False})
    return _on_second_class(keras, found)


def _on_second_class(keras: Any, loss: Callable[..., Any]) -> Callable[..., Any]:
    def on_second_class(labels: Any, scores: Any) -> Any:
        return loss(keras.ops.cast(keras.ops.reshape(labels, (-1, 1)), "float32"), scores[:, 1:])

    return on_second_class


def _name_of(loss: Any) -> str:
    """Its name in snake_case, if it is one of Keras'."""
    return str(getattr(loss, "name", None) or getattr(loss, "__name__", ""))
