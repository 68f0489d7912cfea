"""Every network has batch normalizations as after a training: factors from 0.5 to 2, and summands that count."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from edgekit.exporting.keras.batchnorm_folding import Folding, fold_batchnorm

SHAPE = (16, 16, 3)
MAX_DIFFERENCE = 1e-5


@pytest.fixture(scope="module")
def layers() -> Any:
    from support.keras_models import import_keras

    return import_keras("the tests", backend="tensorflow").layers


def images(largest: float) -> Any:
    """Smooth, as photos are: float32 (8, 16, 16, 3), 0 to `largest`."""
    from support.tiny_models import some_images

    return some_images(8).astype(np.float32) * (largest / 255)


def settle(model: Any, *, negative: bool = False) -> Any:
    """Give every batch normalization of `model` statistics that it could have learned."""
    random = np.random.default_rng(1)
    for layer in model._flatten_layers():
        if type(layer).__name__ == "BatchNormalization":
            size = layer.moving_mean.shape
            sign = np.where(np.arange(size[0]) % 2, -1.0, 1.0) if negative else 1.0
            gamma, beta = random.uniform(0.5, 2, size) * sign, random.normal(0, 0.5, size)
            kept = ([gamma] if layer.scale else []) + ([beta] if layer.center else [])
            layer.set_weights([*kept, random.normal(0, 0.3, size), random.uniform(0.2, 2, size)])
    return model


@pytest.fixture(autouse=True)
def _same_weights_in_any_order_of_tests() -> None:
    from support.keras_models import import_keras

    import_keras().utils.set_random_seed(0)


def network(layers: Any, *middle: Any, head: bool = True) -> Any:
    """The layers in `middle` between an image and 5 probabilities."""
    from support.keras_models import import_keras

    keras = import_keras()
    pixels = x = keras.Input(SHAPE)
    for layer in middle:
        x = layer(x)
    if head:
        x = layers.Dense(5, activation="softmax")(x)
    return keras.Model(pixels, x)


def checked(model: Any, largest: float = 1.0) -> Folding:
    """Fold, and see that the scores stay and that the given model is left alone."""
    shown = images(largest)
    before = np.asarray(model(shown, training=False))
    weights = [np.array(each) for each in model.get_weights()]
    result = fold_batchnorm(model)
    after = np.asarray(result.model(shown, training=False))
    assert np.abs(before - after).max() <= MAX_DIFFERENCE
    assert np.ptp(before, axis=0).max() > 1e-3, "a model that answers everything alike proves nothing"
    assert all(np.array_equal(old, new) for old, new in zip(weights, model.get_weights(), strict=True))
    assert np.array_equal(before, np.asarray(model(shown, training=False)))
    return result


def kinds(model: Any) -> Counter[str]:
    return Counter(type(layer).__name__ for layer in model.layers)


def outcome(result: Folding) -> tuple[int, int, int]:
    return len(result.removed), len(result.shifts), len(result.left)


def conv(layers: Any, padding: str, **options: Any) -> Any:
    return layers.Conv2D(6, 3, padding=padding, **options)


WORDS: dict[str, Callable[[Any], Any]] = {
    "average": lambda k: k.AveragePooling2D(2),
    "depthwise": lambda k: k.DepthwiseConv2D(3, depth_multiplier=2, activation="relu"),
    "dropout": lambda k: k.Dropout(0.5),
    "grouped": lambda k: conv(k, "same", groups=2, activation="relu"),
    "leaky": lambda k: k.LeakyReLU(),
    "maximum": lambda k: k.MaxPooling2D(),
    "norm": lambda k: k.BatchNormalization(),
    "norm without center": lambda k: k.BatchNormalization(center=False),
    "norm without scale": lambda k: k.BatchNormalization(scale=False),
    "parametric": lambda k: k.PReLU(shared_axes=[1, 2]),
    "point": lambda k: k.Conv2D(4, 1, strides=2, padding="same"),
    "relu": lambda k: k.ReLU(),
    "relu6": lambda k: k.ReLU(max_value=6),
    "same": lambda k: conv(k, "same"),
    "same and relu": lambda k: conv(k, "same", activation="relu"),
    "valid": lambda k: conv(k, "valid"),
}

GONE = [
    "same, leaky, norm, valid",
    "same and relu, norm, point",
    "leaky, norm, point",
    "same, relu, norm, dropout, valid",
    "same and relu, maximum, norm, valid",
    "same and relu, norm, maximum, valid",
    "same and relu, norm, average, valid",
    "same and relu, norm, depthwise",
    "depthwise, norm, valid",
    "norm, valid",
    "same, relu6, norm, valid",
    "same, parametric, norm without scale, valid",
    "same, grouped, norm without center, valid",
    "same and relu, norm, dropout, norm, valid",
]


@pytest.mark.parametrize("negative", [False, True])
@pytest.mark.parametrize("case", GONE)
def test_it_vanishes_where_the_next_kernel_sees_no_padding(layers: Any, case: str, negative: bool) -> None:
    parts = [WORDS[word](layers) for word in case.split(", ")]
    model = settle(network(layers, *parts, layers.Flatten()), negative=negative)
    result = checked(model)
    if negative and "norm, maximum" in case:
        assert outcome(result) == (0, 0, 1)
        assert result.model is model
        assert list(result.left.values()) == ["a maximum after it would reverse its negative scale"]
        return
    assert outcome(result) == (kinds(model)["BatchNormalization"], 0, 0)
    assert not kinds(result.model)["BatchNormalization"]
    assert not kinds(result.model)["Shift"]


@pytest.mark.parametrize("negative", [False, True])
@pytest.mark.parametrize("pooling", ["Flatten", "GlobalAveragePooling2D", "GlobalMaxPooling2D"])
def test_it_vanishes_into_a_dense_layer(layers: Any, pooling: str, negative: bool) -> None:
    parts = [conv(layers, "same"), layers.LeakyReLU(), layers.BatchNormalization(), getattr(layers, pooling)()]
    dense = [layers.Dense(8, activation="relu"), layers.BatchNormalization(), layers.Dropout(0.2)]
    result = checked(settle(network(layers, *parts, *dense), negative=negative))
    assert outcome(result) == ((1, 0, 1) if negative and pooling == "GlobalMaxPooling2D" else (2, 0, 0))


@pytest.mark.parametrize("negative", [False, True])
def test_same_padding_leaves_one_addition_behind_the_pooling(layers: Any, negative: bool) -> None:
    parts = [conv(layers, "same"), layers.LeakyReLU(), layers.BatchNormalization(), layers.AveragePooling2D(2)]
    model = settle(network(layers, *parts, conv(layers, "same"), layers.Flatten()), negative=negative)
    result = checked(model)
    assert outcome(result) == (0, 1, 0)
    assert result.num_operators_saved == 1
    order = [type(layer).__name__ for layer in result.model.layers]
    assert order.index("AveragePooling2D") < order.index("Shift") < order.index("Flatten")


def test_zero_padding_stops_the_summand_and_not_the_factor(layers: Any) -> None:
    parts = [conv(layers, "same", activation="relu"), layers.BatchNormalization(), layers.ZeroPadding2D()]
    assert outcome(checked(settle(network(layers, *parts, conv(layers, "valid"), layers.Flatten())))) == (0, 1, 0)
    assert outcome(checked(settle(network(layers, *parts, layers.Flatten())))) == (0, 1, 0)


WALL = "'same' padding after it adds zeros, and no kernel before it can take its scale"
ALONE = "no kernel before and after it can take its scale"


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("activation before", WALL),
        ("nothing before", WALL),
        ("grouped behind", ALONE),
        ("two readers", ALONE),
        ("called twice", "it is called more than once"),
    ],
)
def test_in_doubt_it_stays_and_says_why(layers: Any, case: str, reason: str) -> None:
    from support.keras_models import import_keras

    keras = import_keras()
    pixels = keras.Input(SHAPE)
    first, norm = conv(layers, "same", activation="relu"), layers.BatchNormalization()
    if case == "activation before":
        x = conv(layers, "same")(norm(conv(layers, "same", activation="tanh")(pixels)))
    elif case == "nothing before":
        x = conv(layers, "same")(norm(pixels))
    elif case == "grouped behind":
        x = conv(layers, "valid", groups=3)(norm(layers.Conv2D(6, 3, activation="gelu")(pixels)))
    elif case == "two readers":
        x = first(pixels)
        x = layers.Add()([x, norm(x)])
    else:
        x = norm(conv(layers, "valid")(norm(first(pixels))))
    scores = layers.Dense(5, activation="softmax")(layers.Flatten()(x))
    model = settle(keras.Model(pixels, scores))
    result = checked(model)
    assert outcome(result) == (0, 0, 1)
    assert result.left == {norm.name: reason}
    assert f"1 stay ({reason})" in result.summary
    assert result.model is model


def test_a_residual_block_keeps_one_addition(layers: Any) -> None:
    from support.keras_models import import_keras

    keras = import_keras()
    pixels = keras.Input(SHAPE)
    x = conv(layers, "same", activation="relu")(pixels)
    inner = layers.BatchNormalization()(conv(layers, "same", activation="relu")(x))
    scores = layers.Dense(5, activation="softmax")(layers.GlobalAveragePooling2D()(layers.Add()([x, inner])))
    assert outcome(checked(settle(keras.Model(pixels, scores)))) == (0, 1, 0)


def test_a_shared_kernel_is_not_touched(layers: Any) -> None:
    shared = layers.Conv2D(3, 3, padding="same", activation="relu")
    model = settle(network(layers, shared, layers.BatchNormalization(), shared, layers.Flatten()))
    assert outcome(checked(model)) == (0, 0, 1)


def test_behind_a_convolution_it_is_left_to_the_converters(layers: Any) -> None:
    model = settle(network(layers, conv(layers, "same"), layers.BatchNormalization(), layers.ReLU(), layers.Flatten()))
    result = checked(model)
    assert (outcome(result), result.summary, result.model) == ((0, 0, 0), "", model)


def test_nested_models_are_opened(layers: Any) -> None:
    from support.keras_models import import_keras

    keras = import_keras()
    block = keras.Sequential([conv(layers, "same"), layers.LeakyReLU(), layers.BatchNormalization()], name="block")
    model = settle(network(layers, block, conv(layers, "valid"), layers.Flatten()))
    assert outcome(checked(model)) == (1, 0, 0)
    sequential = keras.Sequential([keras.Input(SHAPE), block, conv(layers, "same"), layers.Flatten(), layers.Dense(5)])
    assert outcome(checked(settle(sequential))) == (0, 1, 0)


def test_nested_models_with_equal_names_stay_closed(layers: Any) -> None:
    from support.keras_models import import_keras

    keras = import_keras()

    def block() -> Any:
        return keras.Sequential(
            [layers.Conv2D(6, 3, name="c"), layers.LeakyReLU(name="r"), layers.BatchNormalization(name="b")]
        )

    model = settle(network(layers, block(), block(), layers.Flatten()))
    assert outcome(checked(model)) == (0, 0, 0)


def test_a_model_with_a_call_of_its_own_stays(layers: Any) -> None:
    from support.keras_models import import_keras

    keras = import_keras()

    class Doubled(keras.Model):
        def call(self, inputs: Any, training: bool = False) -> Any:
            return super().call(inputs * 2, training=training)

    pixels = keras.Input(SHAPE)
    x = layers.BatchNormalization()(conv(layers, "same", activation="relu")(pixels))
    model = settle(Doubled(pixels, layers.Dense(5, activation="softmax")(layers.Flatten()(x))))
    assert fold_batchnorm(model).model is model


def test_the_recipe_cnn6_loses_nine_of_fourteen_operators() -> None:
    from support.keras_models import import_keras

    import_keras()
    from edgekit.recipe import load_recipe

    result = checked(settle(load_recipe("cnn6").build(SHAPE, 5)), largest=255.0)
    assert outcome(result) == (2, 5, 0)
    assert result.num_operators_saved == 9
    assert "Of 7 batch normalizations" in result.summary


def test_a_folded_model_can_lose_its_softmax(layers: Any) -> None:
    from edgekit.exporting.keras.classifier import without_softmax

    parts = [conv(layers, "same"), layers.ReLU(), layers.BatchNormalization(), conv(layers, "same"), layers.Flatten()]
    result = checked(settle(network(layers, *parts)))
    assert outcome(result) == (0, 1, 0)
    logits = np.asarray(without_softmax(result.model)(images(1.0)))
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    scores = np.asarray(result.model(images(1.0)))
    assert np.allclose(powers / powers.sum(axis=1, keepdims=True), scores, atol=1e-6)
