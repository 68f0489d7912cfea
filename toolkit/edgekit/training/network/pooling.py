"""Max pooling whose gradient scatters nothing, for networks that are trained on JAX.

XLA makes a scatter of the gradient of a windowed maximum. On processors that is a loop over all windows. On GPUs, where
the same seed must give the same history, it is a loop of one step per window too (`xla_gpu_deterministic_ops`, XLA's
gpu_compiler.cc). The largest of shifted copies is the same maximum, and its gradient is sums of padded copies.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras


def without_scatter(keras: Any, network: "keras.Model") -> None:
    """Let every MaxPooling2D of `network` compute by `largest_in_windows`: the same values, another gradient."""
    for layer in _poolings(keras, network):
        layer.call = lambda images, layer=layer: largest_in_windows(
            keras.ops, images, layer.pool_size, layer.strides, layer.padding, layer.data_format
        )


def has_max_pooling(keras: Any, network: "keras.Model") -> bool:
    """Whether there is a layer that `without_scatter` changes."""
    return bool(_poolings(keras, network))


def largest_in_windows(
    ops: Any, images: Any, size: tuple[int, int], strides: tuple[int, int], padding: str, data_format: str
) -> Any:
    """What `keras.ops.max_pool` gives.

    If several pixels of a window are the largest, they share the gradient; `max_pool` gives it to the first.

    Args:
        ops: `keras.ops`.
        images: Floats (N, H, W, C), or (N, C, H, W) for "channels_first".
        size: Height and width of a window.
        strides: From one window to the next.
        padding: "valid", or "same": as if there were minus infinity around the images.
        data_format: "channels_last" or "channels_first".
    """
    axes = (1, 2) if data_format == "channels_last" else (2, 3)
    for axis, length, stride in zip(axes, size, strides, strict=True):
        if padding == "same":
            images = _widened(ops, images, axis, length, stride)
        images = _largest_along(ops, images, axis, length, stride)
    return images


def _largest_along(ops: Any, images: Any, axis: int, length: int, stride: int) -> Any:
    """The largest of `length` neighbours on one axis, at every `stride`-th place."""
    last_start = images.shape[axis] - length
    before = (slice(None),) * axis
    largest = images[(*before, slice(0, last_start + 1, stride))]
    for shift in range(1, length):
        largest = ops.maximum(largest, images[(*before, slice(shift, shift + last_start + 1, stride))])
    return largest


def _widened(ops: Any, images: Any, axis: int, length: int, stride: int) -> Any:
    """With minus infinity on both sides of an axis, as "same" wants it: the odd one at the end."""
    num_missing = max(0, (-(-images.shape[axis] // stride) - 1) * stride + length - images.shape[axis])
    widths = [(0, 0)] * len(images.shape)
    widths[axis] = (num_missing // 2, num_missing - num_missing // 2)
    return ops.pad(images, widths, constant_values=-float("inf"))


def _poolings(keras: Any, network: "keras.Model") -> list[Any]:
    layers = network._flatten_layers(include_self=False)
    return [layer for layer in layers if isinstance(layer, keras.layers.MaxPooling2D)]
