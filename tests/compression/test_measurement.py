from edgekit.compression.measurement import measure_layers


def test_layers_stand_in_the_order_of_the_network_once_each_those_of_inner_models_too():
    import keras

    layers = keras.layers
    inner = keras.Sequential(
        [
            keras.Input((8, 8, 4)),
            layers.Conv2D(4, 3, name="second"),
            layers.DepthwiseConv2D(3, name="third"),
            layers.SeparableConv2D(4, 3, name="fourth"),
        ]
    )
    shared = layers.Dense(4, name="shared")
    pixels = keras.Input((10, 10, 3))
    x = inner(layers.Conv2D(4, 3, name="first")(pixels))
    x = shared(shared(layers.GlobalAveragePooling2D()(x)))
    network = keras.Model(pixels, layers.Dense(2, name="last")(x))
    found = [(each.layer, each.kind) for each in measure_layers(network)]
    assert found == [
        ("first", "Conv2D"),
        ("second", "Conv2D"),
        ("third", "DepthwiseConv2D"),
        ("fourth", "SeparableConv2D"),
        ("fourth", "SeparableConv2D"),
        ("shared", "Dense"),
        ("last", "Dense"),
    ]
