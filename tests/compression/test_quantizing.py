import numpy as np
from support.models.compression_networks import shaken

from edgekit.compression.bridge import to_keras2
from edgekit.compression.quantizing import Keeping, Quantizing, quantized_outputs
from edgekit.foundation.keras_setup import import_keras
from edgekit.recipe import load_recipe


def kinds(libraries, network):
    """Of the layers whose output is quantized: class, in the order of the network."""
    model = to_keras2(libraries, network).model
    return [type(model.get_layer(name)).__name__ for name in quantized_outputs(model)]


def test_what_disappears_into_the_next_layer_has_no_range(libraries):
    """resnet8: convolution, batch normalization and ReLU are one kernel, and so are an addition and its ReLU."""
    found = kinds(libraries, load_recipe("resnet8").build((32, 32, 3), 10))
    first, same, smaller = ["ReLU"], ["ReLU", "BatchNormalization", "ReLU"], ["ReLU", "BatchNormalization", "Conv2D"]
    assert len(found) == 1 + 3 + 2 * 4 + 2
    assert found[:4] == [*first, *same]
    assert sorted(found[4:8]) == sorted([*smaller, "ReLU"])
    assert found[-2:] == ["GlobalAveragePooling2D", "Dense"]


def test_batch_normalization_behind_an_activation_has_a_range_of_its_own(libraries):
    """cnn6: the convolution, its LeakyReLU and the batch normalization behind it are three kernels."""
    found = kinds(libraries, load_recipe("cnn6").build((32, 32, 3), 10))
    assert found == [
        *["Conv2D", "LeakyReLU", "BatchNormalization"] * 6,
        "Dense",
        "LeakyReLU",
        "BatchNormalization",
        "Dense",
    ]


def test_scaling_at_the_input_has_the_range_of_pixels_and_scaling_inside_one_of_its_own(libraries):
    keras = import_keras("the tests", backend="tensorflow")
    pixels = keras.Input((8, 8, 3))
    x = keras.layers.Rescaling(2.0)(keras.layers.Rescaling(1 / 255)(pixels))
    x = keras.layers.Concatenate()([keras.layers.Conv2D(2, 1)(x), keras.layers.Rescaling(3.0)(keras.layers.ReLU()(x))])
    x = keras.layers.Rescaling(0.5)(x)
    found = kinds(libraries, keras.Model(pixels, keras.layers.GlobalAveragePooling2D()(x)))
    assert found == ["ReLU", "Concatenate", "Rescaling", "GlobalAveragePooling2D"]


def test_every_kernel_is_rounded_by_the_channels_of_its_output(libraries):
    """Depthwise and transposed kernels too, whose last axis is another one; a layer that is used twice stays one."""
    keras = import_keras("the tests", backend="tensorflow")
    layers = keras.layers
    pixels = keras.Input((8, 8, 3))
    x = layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same", name="depthwise")(
        layers.Rescaling(1 / 255)(pixels)
    )
    shared = layers.Conv2D(6, 1, name="shared")
    x = layers.Conv2DTranspose(5, 2, strides=2, name="transposed")(
        layers.LeakyReLU(name="leaky")(shared(layers.PReLU(name="p_re_lu")(shared(x))))
    )
    scores = layers.Dense(4, activation="softmax", name="scores")(layers.Flatten()(x))
    bridge = to_keras2(libraries, shaken(keras.Model(pixels, scores)))
    images = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3), dtype=np.uint8)
    step = Quantizing(libraries, bridge, Keeping(), [images, images[:2]])
    sizes = {
        each.layer.name: [variables["min_var"].shape[0] for _, _, variables in each._weight_vars]
        for each in step.model.layers
        if getattr(each, "_weight_vars", None)
    }
    assert sizes == {"depthwise": [6], "shared": [6], "transposed": [5], "scores": [4]}
    assert set(step.ranges()) == {"depthwise", "p_re_lu", "shared", "leaky", "transposed", "scores"}
    step.model.compile("sgd", loss="sparse_categorical_crossentropy")
    before = bridge.network(images.astype(np.float32))
    step.model.train_on_batch(images.astype(np.float32), np.arange(4))  # sets the ranges of the weights
    rounded = step.model(images.astype(np.float32), training=False)
    assert 0 < np.abs(np.asarray(rounded) - np.asarray(before)).max() < 0.2
