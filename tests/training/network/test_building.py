from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgekit.foundation.errors import RecipeError
from edgekit.training.network.building import build_network, check_answers, check_can_be_loaded, made_by, training_model

SHAPE = (8, 8, 3)


@pytest.fixture(scope="module")
def keras(tiny_recipe):
    import keras

    return keras


def with_build(recipe, build):
    return replace(recipe, build=build)


def test_the_tiny_recipe_passes(keras, tiny_recipe):
    network = build_network(keras, tiny_recipe, SHAPE, 4)
    check_answers(tiny_recipe, network, np.zeros((2, *SHAPE), np.uint8))
    check_can_be_loaded(keras, tiny_recipe, network)


def test_the_wrong_number_of_classes_is_named(keras, tiny_recipe):
    recipe = with_build(tiny_recipe, lambda shape, _: tiny_recipe.build(shape, 7))
    with pytest.raises(RecipeError, match=r"expected input .* output \(None, 4\).* output \(None, 7\)"):
        build_network(keras, recipe, SHAPE, 4)


def test_the_wrong_input_shape_is_named(keras, tiny_recipe):
    recipe = with_build(tiny_recipe, lambda _, classes: tiny_recipe.build((28, 28, 3), classes))
    with pytest.raises(RecipeError, match=r"Received input \(None, 28, 28, 3\)"):
        build_network(keras, recipe, SHAPE, 4)


def test_a_build_that_fails_or_returns_nothing_is_a_sentence(keras, tiny_recipe):
    with pytest.raises(RecipeError, match=r"could not build .*ZeroDivisionError"):
        build_network(keras, with_build(tiny_recipe, lambda *_: 1 / 0), SHAPE, 4)
    with pytest.raises(RecipeError, match=r"must return a keras\.Model"):
        build_network(keras, with_build(tiny_recipe, lambda *_: None), SHAPE, 4)


@pytest.mark.parametrize("part", ["build", "optimizer", "augmentation", "callbacks"])
def test_a_recipe_that_ends_the_process_is_a_sentence(keras, tiny_recipe, part):
    def leave(*_):
        raise SystemExit(0)

    recipe = replace(tiny_recipe, **{part: leave})
    with pytest.raises(RecipeError, match="SystemExit: 0"):
        build_network(keras, recipe, SHAPE, 4) if part == "build" else made_by(recipe, part, list)


@pytest.mark.parametrize(
    ("part", "made", "expected"),
    [
        ("optimizer", None, r"optimizer\(\) .* must return .*Optimizer\. Received NoneType"),
        ("augmentation", 3, r"augmentation\(\) .* must return .*Layer or None\. Received int"),
        ("callbacks", None, r"callbacks\(\) .* must return builtins\.list\. Received NoneType"),
    ],
)
def test_a_part_of_another_kind_is_a_sentence(tiny_recipe, small_digits, part, made, expected):
    from edgekit.training.session import train

    recipe = replace(tiny_recipe, **{part: lambda *_: made})
    with pytest.raises(RecipeError, match=expected):
        train(recipe, small_digits, out=Path("never-made"))
    assert not Path("never-made").exists()


def test_logits_are_refused(keras, tiny_recipe):
    def build(shape, classes):
        pixels = keras.Input(shape)
        return keras.Model(pixels, keras.layers.Dense(classes)(keras.layers.Flatten()(pixels)))

    recipe = with_build(tiny_recipe, build)
    with pytest.raises(RecipeError, match="End it with a softmax"):
        check_answers(recipe, build_network(keras, recipe, SHAPE, 4), np.full((2, *SHAPE), 200, np.uint8))


def test_a_lambda_layer_is_refused_before_training(keras, tiny_recipe):
    def build(shape, classes):
        pixels = keras.Input(shape)
        scaled = keras.layers.Lambda(lambda x: x / 255)(pixels)
        return keras.Model(pixels, keras.layers.Dense(classes, "softmax")(keras.layers.Flatten()(scaled)))

    recipe = with_build(tiny_recipe, build)
    with pytest.raises(RecipeError, match="no Lambda"):
        check_can_be_loaded(keras, recipe, build_network(keras, recipe, SHAPE, 4))


def test_augmentation_is_for_training_only_and_no_part_of_the_network(keras, tiny_recipe):
    network = build_network(keras, tiny_recipe, SHAPE, 4)
    count = network.count_params()

    class Blackout(keras.layers.Layer):
        def call(self, images, training=False):
            return images * 0

    model = training_model(keras, network, Blackout())
    images = np.random.default_rng(0).integers(0, 256, (3, *SHAPE)).astype(np.uint8)
    answers = keras.ops.convert_to_numpy(model(images, training=False))
    np.testing.assert_array_equal(answers, keras.ops.convert_to_numpy(network(images.astype("float32"))))
    blind = keras.ops.convert_to_numpy(model(images, training=True))
    assert not np.allclose(answers, blind)
    assert network.count_params() == count
