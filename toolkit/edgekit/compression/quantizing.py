"""Quantization-aware training: every layer rounds its weights and its output as the int8 file will.

One range is learned for each tensor that an integer kernel will write. A layer whose output disappears into the
next one (a convolution into its batch normalization, either into a ReLU) gets none, and neither do layers that only
move values. All layers of the bridge are known here, those that tensorflow-model-optimization's own scheme refuses
(LeakyReLU's input, batch normalization after an activation, PReLU, Multiply) among them.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edgekit.compression.bridge import Bridge
from edgekit.compression.initial_ranges import NEW_STATISTICS, starting_ranges
from edgekit.compression.steps import is_weighted, wrapped
from edgekit.foundation.model_optimization import Libraries

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edgekit.compression.bridge import Weights

KERNELS: Mapping[str, str] = {
    "Conv2D": "kernel",
    "Conv2DTranspose": "kernel",
    "DepthwiseConv2D": "depthwise_kernel",
    "Dense": "kernel",
}
"""Layers whose weights are rounded, one range per channel of their output."""

MOVES_VALUES = frozenset(
    {
        "AveragePooling2D",
        "Cropping2D",
        "Dropout",
        "Flatten",
        "GlobalMaxPooling2D",
        "Identity",
        "InputLayer",
        "MaxPooling2D",
        "Permute",
        "Reshape",
        "Softmax",
        "SpatialDropout2D",
        "ZeroPadding2D",
    }
)
"""Layers whose output has the range of their input, or (Softmax) one that every int8 file fixes."""

FIRST_BATCHES = 8
"""From so many batches of training images the ranges start, instead of -6 to 6."""


@dataclass(frozen=True, kw_only=True)
class Keeping:
    """What the steps before have made and the training must keep."""

    zeros: bool = False
    clusters: bool = False


class Quantizing:
    """The step itself.

    Args:
        libraries: Both versions of Keras.
        bridge: The network.
        keeping: Zeros, clusters, or both.
        batches: The first training images, uint8 (B, H, W, 3) each, from which the ranges start.
    """

    title = "quantization-aware training"

    def __init__(
        self, libraries: Libraries, bridge: Bridge, keeping: Keeping, batches: "list[NDArray[np.uint8]]"
    ) -> None:
        self._variables = {name: bridge.model.get_layer(name).weights for name in bridge.origins}
        self._zeros = {
            name: variables[0].numpy() == 0
            for name, variables in self._variables.items()
            if keeping.zeros and is_weighted(bridge.model.get_layer(name))
        }
        self.quantized = quantized_outputs(bridge.model)
        config = config_class(libraries)
        wrapper = libraries.tfmot.quantization.keras.QuantizeWrapperV2
        starts, is_renewed = starting_ranges(libraries, bridge.model, self.quantized, batches)
        self.remark = NEW_STATISTICS if is_renewed else ""

        def around(layer: Any) -> Any:
            has_range, kernel = layer.name in self.quantized, KERNELS.get(type(layer).__name__)
            if not has_range and kernel is None:
                return layer
            return wrapper(layer, config(layer, kernel, has_range=has_range, keeping=keeping))

        with _clusters_of_whole_layers():
            self.model = wrapped(libraries, bridge, around)
        self._wrappers = {
            each.layer.name: each for each in self.model.layers if hasattr(each, "_output_quantizer_vars")
        }
        for name, (low, high) in starts.items():
            variables = self._wrappers[name]._output_quantizer_vars
            variables["min_var"].assign(low)
            variables["max_var"].assign(high)

    def callbacks(self) -> list[Any]:
        """None."""
        return []

    def weights(self) -> "Weights":
        """The float weights, before they are rounded; what had to stay zero is zero."""
        values = {name: [each.numpy() for each in variables] for name, variables in self._variables.items()}
        for name, is_zero in self._zeros.items():
            values[name][0][is_zero] = 0
        return values

    def ranges(self) -> dict[str, tuple[float, float]]:
        """Layer -> smallest and largest value of its output that int8 will be able to say; 0 lies between them."""
        return {
            name: (
                min(0.0, float(wrapper._output_quantizer_vars["min_var"].numpy())),
                max(0.0, float(wrapper._output_quantizer_vars["max_var"].numpy())),
            )
            for name, wrapper in self._wrappers.items()
        }


@contextmanager
def _clusters_of_whole_layers() -> Iterator[None]:
    """Let the distinct weights stay those of a layer.

    tensorflow-model-optimization takes a clustered convolution for one that was clustered channel by channel if
    all channels hold about as many values, and then trains so many values for each channel.
    """
    from unittest import mock

    from tensorflow_model_optimization.python.core.quantization.keras.collab_opts.cluster_preserve import (
        cluster_preserve_quantize_registry as registry,
    )

    def whole(_: Any, weight: Any, __: Any) -> Any:
        centroids, index = registry.get_unique(weight)
        return centroids, len(centroids), index, False

    with mock.patch.object(registry, "get_centroids", whole):
        yield


def quantized_outputs(model: Any) -> list[str]:
    """Names of the layers of a flat Keras 2 model whose output an integer kernel writes with a range of its own."""
    return [layer.name for layer in model.layers if _has_range(layer)]


def _has_range(layer: Any) -> bool:
    kind = type(layer).__name__
    if kind in MOVES_VALUES or (kind == "Rescaling" and _scales_pixels(layer)):
        return False
    consumers = [node.outbound_layer for node in layer._outbound_nodes]
    return not (len(consumers) == 1 and _swallows(consumers[0], layer))


def _scales_pixels(layer: Any) -> bool:
    """Whether only other scalings lie between the input and this one: its range follows from 0 to 255."""
    (source,) = _sources(layer)
    return type(source).__name__ == "InputLayer" or (type(source).__name__ == "Rescaling" and _scales_pixels(source))


def _sources(layer: Any) -> list[Any]:
    found = layer._inbound_nodes[0].inbound_layers
    return list(found) if isinstance(found, list | tuple) else [found]


def _swallows(consumer: Any, layer: Any) -> bool:
    """Whether an integer kernel computes `consumer` together with `layer`, without the tensor between them."""
    kind = type(consumer).__name__
    if kind == "BatchNormalization":
        return type(layer).__name__ in KERNELS
    if kind == "ReLU":
        return float(consumer.negative_slope or 0) == 0 and float(consumer.threshold or 0) == 0
    return kind == "Concatenate"  # all of its inputs share its range


def config_class(libraries: Libraries) -> Any:
    """The class that tells tensorflow-model-optimization how one layer is quantized."""
    quantizers = libraries.tfmot.quantization.keras.quantizers
    base: Any = libraries.tfmot.quantization.keras.QuantizeConfig
    channels = _channel_quantizer(libraries)

    class LayerConfig(base):
        def __init__(self, layer: Any, kernel: str | None, *, has_range: bool, keeping: Keeping) -> None:
            self._kernel = kernel
            self._weights = None if kernel is None else _weight_quantizer(layer, channels, keeping)
            self._output = quantizers.MovingAverageQuantizer(
                num_bits=8, per_axis=False, symmetric=False, narrow_range=False
            )
            self._has_range = has_range

        def get_weights_and_quantizers(self, layer: Any) -> list[Any]:
            return [] if self._kernel is None else [(getattr(layer, self._kernel), self._weights)]

        def set_quantize_weights(self, layer: Any, quantize_weights: list[Any]) -> None:
            if self._kernel is not None:
                setattr(layer, self._kernel, quantize_weights[0])

        def get_activations_and_quantizers(self, layer: Any) -> list[Any]:
            return []

        def set_quantize_activations(self, layer: Any, quantize_activations: list[Any]) -> None:
            return  # activations are layers of their own; TensorFlow's AutoGraph wants a statement here

        def get_output_quantizers(self, layer: Any) -> list[Any]:
            return [self._output] if self._has_range else []

        def get_config(self) -> dict[str, Any]:
            return {}

    return LayerConfig


def _weight_quantizer(layer: Any, channels: Any, keeping: Keeping) -> Any:
    """Of tensorflow-model-optimization if zeros or clusters must stay.

    It knows how in Conv2D, channel by channel, and in Dense, one range in all. The latter holds for a transposed
    convolution, too, whose channels lie along another axis than a convolution's.
    """
    if not (keeping.zeros or keeping.clusters) or not is_weighted(layer):
        return channels(type(layer).__name__)
    from tensorflow_model_optimization.python.core.quantization.keras.collab_opts.cluster_preserve import (
        cluster_preserve_quantize_registry as cluster,
    )
    from tensorflow_model_optimization.python.core.quantization.keras.collab_opts.prune_preserve import (
        prune_preserve_quantize_registry as prune,
    )

    by_channel = type(layer).__name__ == "Conv2D"
    if keeping.clusters:
        kind = cluster.ClusterPreserveDefault8BitConvWeightsQuantizer
        kind = kind if by_channel else cluster.ClusterPreserveDefault8BitWeightsQuantizer
        return kind(keeping.zeros)
    kind = prune.PrunePreserveDefault8BitConvWeightsQuantizer
    return kind() if by_channel else prune.PrunePreserveDefault8BitWeightsQuantizer()


def _channel_quantizer(libraries: Libraries) -> Any:
    """Symmetric 8 bits, one range per channel of the output, for kernels of every shape.

    tensorflow-model-optimization's own takes the last axis, which is not the channel of a depthwise kernel
    (height, width, channel, multiplier) or of a transposed one (height, width, output, input).
    """
    keras2, tf = libraries.keras2, libraries.tf
    base: Any = libraries.tfmot.quantization.keras.quantizers.LastValueQuantizer

    class ChannelQuantizer(base):
        def __init__(self, kind: str) -> None:
            super().__init__(num_bits=8, per_axis=True, symmetric=True, narrow_range=True)
            self._kind = kind

        def build(self, tensor_shape: Any, name: str, layer: Any) -> dict[str, Any]:
            count = self._flat(tf.zeros(tensor_shape)).shape[-1]
            return {
                f"{end}_var": layer.add_weight(
                    f"{name}_{end}",
                    shape=(count,),
                    initializer=keras2.initializers.Constant(start),
                    trainable=False,
                )
                for end, start in (("min", -6.0), ("max", 6.0))
            }

        def __call__(self, inputs: Any, training: bool, weights: Any, **options: Any) -> Any:
            flat = super().__call__(self._flat(inputs), training, weights, **options)
            if self._kind != "Conv2DTranspose":
                return tf.reshape(flat, inputs.shape)
            height, width, outputs, channels = inputs.shape
            return tf.transpose(tf.reshape(flat, (height, width, channels, outputs)), (0, 1, 3, 2))

        def _flat(self, kernel: Any) -> Any:
            """(Anything, channel of the output)."""
            kernel = tf.convert_to_tensor(kernel)
            if self._kind == "DepthwiseConv2D":
                return tf.reshape(kernel, (-1, kernel.shape[2] * kernel.shape[3]))
            if self._kind == "Conv2DTranspose":
                kernel = tf.transpose(kernel, (0, 1, 3, 2))
            return tf.reshape(kernel, (-1, kernel.shape[-1]))

    return ChannelQuantizer
