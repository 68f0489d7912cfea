"""Every line of the table: a network around the layer is the same in both versions of Keras."""

import numpy as np
import pytest
from support.models.compression_networks import shaken

from edgekit.compression.bridge import MAX_DIFFERENCE, to_keras2
from edgekit.compression.translators import TRANSLATORS
from edgekit.foundation.errors import CompressionError
from edgekit.foundation.keras_setup import import_keras

EXAMPLES = {
    "Activation": [{"activation": name} for name in ("relu", "relu6", "silu", "gelu", "hard_sigmoid", "linear", "elu")],
    "ActivityRegularization": [{"l2": 0.1}],
    "AveragePooling2D": [{"pool_size": 2}, {"pool_size": 3, "strides": 2, "padding": "same"}],
    "BatchNormalization": [{}, {"scale": False, "epsilon": 0.01}, {"center": False}],
    "Conv2D": [
        {"filters": 6, "kernel_size": 3, "strides": 2, "padding": "same", "activation": "relu"},
        {"filters": 4, "kernel_size": (1, 3), "dilation_rate": 2, "use_bias": False},
        {"filters": 8, "kernel_size": 3, "groups": 2, "activation": "tanh"},
    ],
    "Conv2DTranspose": [{"filters": 5, "kernel_size": 3, "strides": 2, "padding": "same", "activation": "leaky_relu"}],
    "Cropping2D": [{"cropping": ((1, 2), (0, 1))}],
    "Dense": [{"units": 7, "activation": "selu"}, {"units": 3, "use_bias": False}],
    "DepthwiseConv2D": [{"kernel_size": 3, "depth_multiplier": 2, "strides": 2, "activation": "relu6"}],
    "Dropout": [{"rate": 0.5}],
    "ELU": [{"alpha": 0.5}],
    "Flatten": [{}],
    "GaussianDropout": [{"rate": 0.5}],
    "GaussianNoise": [{"stddev": 1.0}],
    "GlobalAveragePooling2D": [{}, {"keepdims": True}],
    "GlobalMaxPooling2D": [{}],
    "Identity": [{}],
    "LeakyReLU": [{"negative_slope": 0.1}],
    "MaxPooling2D": [{"pool_size": 2, "padding": "same"}],
    "Normalization": [{"mean": [0.1, 0.2, 0.3, 0.4], "variance": [1.0, 2.0, 3.0, 4.0]}, {"mean": 1.0, "variance": 9.0}],
    "PReLU": [{"shared_axes": [1, 2]}, {}],
    "Permute": [{"dims": (2, 1, 3)}],
    "RandomBrightness": [{"factor": 0.5}],
    "RandomContrast": [{"factor": 0.5}],
    "RandomFlip": [{}],
    "RandomRotation": [{"factor": 0.5}],
    "RandomTranslation": [{"height_factor": 0.5, "width_factor": 0.5}],
    "RandomZoom": [{"height_factor": 0.5}],
    "ReLU": [{}, {"max_value": 6.0}, {"negative_slope": 0.2, "threshold": 0.1}],
    "Rescaling": [{"scale": 0.5, "offset": 1.0}, {"scale": [1.0, 2.0, 3.0, 4.0]}],
    "Reshape": [{"target_shape": (8, 8, -1)}],
    "SeparableConv2D": [
        {"filters": 5, "kernel_size": 3, "depth_multiplier": 2, "padding": "same", "activation": "relu"}
    ],
    "Softmax": [{"axis": -1}],
    "SpatialDropout2D": [{"rate": 0.5}],
    "UpSampling2D": [{"size": 2}, {"interpolation": "bilinear"}],
    "ZeroPadding2D": [{"padding": ((0, 1), (1, 2))}],
}
MERGES = {"Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract"}


def test_every_line_of_the_table_has_an_example():
    assert set(EXAMPLES) | MERGES == set(TRANSLATORS)


def around(layer_of):
    """Pixels -> a convolution to 4 channels at 16 x 16 -> `layer_of(tensor)` -> 3 scores."""
    layers = import_keras("the tests", backend="tensorflow").layers
    pixels = layers.Input((16, 16, 3))
    x = layers.Conv2D(4, 3, padding="same")(layers.Rescaling(1 / 128, offset=-1.0)(pixels))
    x = layer_of(x)
    scores = layers.Dense(3, activation="softmax", name="scores")(layers.Flatten()(x))
    return shaken(import_keras().Model(pixels, scores))


def difference(libraries, network):
    """The largest difference of the two versions of `network`; it answers different images differently."""
    images = np.random.default_rng(1).integers(0, 256, (8, 16, 16, 3), dtype=np.uint8)
    assert np.ptp(np.asarray(network(images.astype(np.float32))), axis=0).max() > 1e-3
    return to_keras2(libraries, network).prove_equal(images)


@pytest.mark.parametrize(
    ("kind", "options"), [(kind, options) for kind, many in EXAMPLES.items() for options in many], ids=str
)
def test_a_layer_is_the_same_in_both(libraries, kind, options):
    layers = import_keras("the tests", backend="tensorflow").layers
    assert difference(libraries, around(lambda x: getattr(layers, kind)(**options)(x))) <= MAX_DIFFERENCE


@pytest.mark.parametrize("kind", sorted(MERGES))
def test_branches_are_the_same_in_both(libraries, kind):
    layers = import_keras("the tests", backend="tensorflow").layers
    network = around(lambda x: getattr(layers, kind)()([layers.Conv2D(4, 1)(x), layers.ReLU()(x)]))
    assert difference(libraries, network) <= MAX_DIFFERENCE


def test_operations_that_are_no_layers_are_the_same_in_both(libraries):
    ops = import_keras("the tests", backend="tensorflow").ops

    def arithmetic(x):
        y = ops.relu6((x * 2.0 - 0.5) / 3.0 + 1.0)
        return ops.maximum(y + x, x * x) - ops.sigmoid(x)

    assert difference(libraries, around(arithmetic)) <= MAX_DIFFERENCE


def test_an_activation_without_counterpart_is_named(libraries):
    layers = import_keras("the tests", backend="tensorflow").layers
    network = around(lambda x: layers.Conv2D(4, 1, activation="hard_swish", name="first")(x))
    with pytest.raises(CompressionError, match="'hard_silu' of layer 'first' has no counterpart"):
        to_keras2(libraries, network)


def test_all_layers_without_counterpart_are_named_at_once(libraries):
    keras = import_keras("the tests", backend="tensorflow")

    def strange(x):
        x = keras.layers.LayerNormalization(name="norm")(x)
        inner = keras.Sequential([keras.Input((16, 16, 4)), keras.layers.UnitNormalization(name="unit")], name="inside")
        return keras.ops.sin(inner(x))

    with pytest.raises(
        CompressionError, match=r"no counterpart of 'norm' \(LayerNorm.*'sin.*'unit' \(UnitNorm"
    ) as error:
        to_keras2(libraries, around(strange))
    assert "Known layers: Activation, ActivityRegularization, Add," in str(error.value)
