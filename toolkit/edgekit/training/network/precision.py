"""Mixed precision: layers compute in half precision, weights stay float32, and so does what is saved.

    mixed_float16    on GPUs, whose matrix units are fastest with it; the loss is scaled so that small gradients survive
    mixed_bfloat16   elsewhere (TPUs, processors): the range of float32, so nothing has to be scaled

Only the copy that is trained computes so. The network that is saved, scored and exported computes in float32.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from edgekit.training.placement import Placement

if TYPE_CHECKING:
    import keras


def half_precision(placement: Placement) -> str:
    """The dtype policy of Keras for mixed precision on these devices."""
    return "mixed_float16" if placement.kind == "gpu" else "mixed_bfloat16"


@contextmanager
def policy(keras: Any, name: str | None) -> Iterator[None]:
    """Layers made in this block have the dtype policy `name`; None changes nothing."""
    before = keras.config.dtype_policy()
    if name is not None:
        keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def answering_in_float32(network: "keras.Model") -> None:
    """Let the last layer compute in float32: a softmax in half precision loses the small probabilities."""
    network.outputs[0]._keras_history.operation.dtype_policy = "float32"
