"""Class weights, so that classes of different sizes count equally: each loss times the weight of its class."""

from typing import TYPE_CHECKING, Any

from edgekit.foundation.errors import RecipeError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def balanced_weights(labels: "NDArray[np.int64]", num_classes: int) -> "NDArray[np.float32]":
    """N / (K n_c) for each class, so that all classes weigh alike together and the mean over all images is 1.

    n_c: images of the class; K: classes that have any; a class without images gets 0. The formula is that of
    `class_weight="balanced"` in scikit-learn (G. King, L. Zeng, "Logistic regression in rare events data", 2001).

    Args:
        labels: int64 (N,), N at least 1.
        num_classes: C.

    Returns:
        float32 (C,).
    """
    import numpy as np

    counts = np.bincount(labels, minlength=num_classes)
    present = counts > 0
    weights = np.zeros(num_classes)
    weights[present] = len(labels) / (present.sum() * counts[present])
    return weights.astype(np.float32)


def weighted_loss(keras: Any, loss: Any, weights: "NDArray[np.float32]") -> Any:
    """`loss` with the loss of each image multiplied by the weight of its class; reduced as `loss` is.

    Args:
        keras: The library.
        loss: Name, function or instance of a Keras loss on whole-number labels.
        weights: float32 (C,).
    """
    inner = keras.losses.get(loss)
    of_each = inner.call if isinstance(inner, keras.losses.Loss) else inner

    class WeightedLoss(keras.losses.Loss):
        def call(self, y_true: Any, y_pred: Any) -> Any:
            values = of_each(y_true, y_pred)
            if len(values.shape) == 0:
                raise RecipeError(
                    "--class-weights needs a loss of each image, and the recipe's loss gives one number for the batch. "
                    "Return one value per image, without the mean."
                )
            places = keras.ops.cast(keras.ops.reshape(y_true, (-1,)), "int32")
            factors = keras.ops.cast(keras.ops.take(keras.ops.convert_to_tensor(weights), places), values.dtype)
            return keras.ops.reshape(values, (-1,)) * factors

    return WeightedLoss(name="weighted_loss", reduction=getattr(inner, "reduction", "sum_over_batch_size"))
