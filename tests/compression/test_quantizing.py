from edgekit.compression.bridge import to_keras2
from edgekit.compression.quantizing import quantized_outputs
from edgekit.keras_setup import import_keras
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
