"""The built-in recipes are what their tables say, and what their issue asks for."""

import json
import re

import numpy as np
import pytest
from support.models.multiply_adds import count_multiply_adds

from edgekit.foundation.errors import RecipeError
from edgekit.foundation.keras_setup import import_keras
from edgekit.recipe import builtin_recipe_files, list_recipes, load_recipe, recipes_folder
from edgekit.training.network.building import build_network, made_by

NAMES = sorted(builtin_recipe_files())


@pytest.fixture(scope="module", params=NAMES)
def recipe(request):
    import_keras()
    return load_recipe(request.param)


@pytest.fixture(scope="module")
def network(recipe):
    return recipe.build((32, 32, 3), 10)


VARIANTS_OF_CNN6 = {"cnn6_augmented", "cnn6_early_stopping", "cnn6_sgd", "cnn6_unscaled"}
"""Recipes that train its network, and so have its name in the model."""


def test_there_are_the_recipes_and_what_was_rejected():
    recipes = {each.name: each.is_variant for each in list_recipes()}
    assert [name for name, is_variant in recipes.items() if not is_variant] == ["cnn6", "resnet8", "vgg_augmented"]
    assert {name for name, is_variant in recipes.items() if is_variant} == {
        "cnn3_relu",
        "cnn5_relu",
        "vgg_baseline",
        *VARIANTS_OF_CNN6,
    }


def test_results_are_those_of_the_network(recipe, network):
    results = json.loads((recipes_folder() / "results.json").read_text())[recipe.name]
    assert results["summary"] == recipe.summary
    assert results["num_parameters"] == network.count_params()
    assert results["multiply_adds"] == count_multiply_adds(network)


def test_the_table_for_people_says_the_same(recipe, network):
    text = (recipes_folder() / "README.md").read_text()
    row = next(line for line in text.splitlines() if line.startswith(f"| `{recipe.name}`"))
    assert f"| {network.count_params():,} |" in row
    assert f"| {count_multiply_adds(network) / 1e6:.1f} million |" in row


def test_name_is_the_name_of_the_file_and_the_header_says_the_parameters(recipe, network):
    assert recipe.name == recipe.file.stem
    assert network.name == ("cnn6" if recipe.name in VARIANTS_OF_CNN6 else recipe.name)
    header = recipe.file.read_text().split('"""')[1]
    assert f"{network.count_params():,} parameters" in header
    assert re.search(rf"edgekit train {recipe.name} --data cifar10", header)


def test_raw_pixels_in_probabilities_out(network):
    images = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3)).astype("float32")
    scores = np.asarray(network(images, training=False))
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-5)
    assert scores.std() > 0


@pytest.mark.parametrize(("side", "num_classes"), [(48, 2), (64, 3)])
def test_other_sizes_and_numbers_of_classes(recipe, side, num_classes):
    keras = import_keras()
    network = build_network(keras, recipe, (side, side, 3), num_classes)
    scores = np.asarray(network(np.full((1, side, side, 3), 200.0, "float32"), training=False))
    assert scores.shape == (1, num_classes)
    assert scores.sum() == pytest.approx(1, abs=1e-5)


def test_images_too_small_for_the_poolings_are_a_sentence(recipe):
    keras = import_keras()
    if recipe.name == "resnet8":  # has no pooling that could fail
        assert build_network(keras, recipe, (4, 4, 3), 2).output_shape == (None, 2)
        return
    with pytest.raises(RecipeError, match=rf"4 x 4 pixels are too small for recipe '{recipe.name}'.*--image-size 32"):
        build_network(keras, recipe, (4, 4, 3), 2)


def test_optimizer_augmentation_and_callbacks_are_of_the_right_kind(recipe):
    keras = import_keras()
    assert isinstance(made_by(recipe, "optimizer", keras.optimizers.Optimizer, 100), keras.optimizers.Optimizer)
    assert all(isinstance(each, keras.callbacks.Callback) for each in made_by(recipe, "callbacks", list))
    augmentation = made_by(recipe, "augmentation", (keras.Layer, type(None)))
    if augmentation is not None:
        images = np.random.default_rng(0).integers(0, 256, (8, 20, 24, 3)).astype("float32")
        changed = np.asarray(augmentation(images, training=True))
        assert changed.shape == images.shape
        assert not np.array_equal(changed, images)
        assert changed.min() >= 0
        assert changed.max() <= 255.001
        np.testing.assert_array_equal(np.asarray(augmentation(images, training=False)), images)


def test_every_listed_recipe_has_its_numbers():
    for summary in list_recipes():
        assert summary.summary
        assert summary.num_parameters
        assert summary.multiply_adds
        assert summary.measured["command"].startswith(f"edgekit train {summary.name} ")


def test_cnn6_is_the_network_of_its_issue():
    keras = import_keras()
    network = load_recipe("cnn6").build((32, 32, 3), 10)
    assert network.count_params() == 1_345_066
    assert sum(int(np.prod(variable.shape)) for variable in network.trainable_variables) == 1_343_146
    convolutions = [layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D)]
    assert [layer.filters for layer in convolutions] == [32, 32, 64, 64, 128, 128]
    assert all(layer.padding == "same" and layer.kernel_size == (3, 3) for layer in convolutions)
    dropouts = [layer.rate for layer in network.layers if isinstance(layer, keras.layers.Dropout)]
    assert dropouts == [0.2, 0.3, 0.4, 0.4]
    leaks = [layer.negative_slope for layer in network.layers if isinstance(layer, keras.layers.LeakyReLU)]
    assert leaks == pytest.approx([0.1] * 7)


def test_cnn6_trains_as_its_issue_says():
    keras = import_keras()
    recipe = load_recipe("cnn6")
    optimizer = recipe.optimizer(1000)
    assert type(optimizer) is keras.optimizers.Adam
    assert float(optimizer.learning_rate) == pytest.approx(0.001)
    settings = recipe.settings
    assert (settings.epochs, settings.batch_size, settings.validation_fraction) == (40, 128, 0.1)
    assert recipe.loss == "sparse_categorical_crossentropy"  # of class numbers: the same as categorical of one-hot
    assert recipe.augmentation() is None
    assert recipe.callbacks() == []


def layers_of(network, kind):
    return [layer for layer in network.layers if isinstance(layer, kind)]


def test_vgg_augmented_is_the_network_of_its_issue():
    keras = import_keras()
    layers = keras.layers
    network = load_recipe("vgg_augmented").build((32, 32, 3), 10)
    convolutions = layers_of(network, layers.Conv2D)
    assert [layer.filters for layer in convolutions] == [32, 32, 64, 64, 128, 128, 256, 256]
    assert all(layer.padding == "same" and layer.kernel_size == (3, 3) for layer in convolutions)
    assert [layer.rate for layer in layers_of(network, layers.Dropout)] == [0.2, 0.3, 0.4, 0.5, 0.35]
    assert [layer.units for layer in layers_of(network, layers.Dense)] == [256, 10]
    kinds = [type(layer).__name__ for layer in network.layers]
    block = [*["Conv2D", "BatchNormalization", "ReLU"] * 2, "MaxPooling2D", "Dropout"]
    end = ["GlobalAveragePooling2D", "Dense", "BatchNormalization", "ReLU", "Dropout", "Dense"]
    assert kinds == ["InputLayer", "Rescaling", *block * 4, *end]


def test_vgg_augmented_trains_as_its_issue_says():
    keras = import_keras()
    recipe = load_recipe("vgg_augmented")
    optimizer = recipe.optimizer(1000)
    assert type(optimizer) is keras.optimizers.AdamW
    assert optimizer.weight_decay == pytest.approx(0.003)
    settings = recipe.settings
    assert (settings.epochs, settings.batch_size, settings.validation_fraction) == (100, 64, 0.2)
    assert settings.seed == 0
    plateau, stopping = recipe.callbacks()
    assert (plateau.monitor, plateau.patience, plateau.factor, plateau.min_lr) == ("val_loss", 5, 0.5, 1e-5)
    assert (stopping.monitor, stopping.patience, stopping.restore_best_weights) == ("val_loss", 10, True)
    flip, rotation, zoom = recipe.augmentation().layers
    assert flip.mode == "horizontal"
    assert rotation.factor == (-0.1, 0.1)
    assert zoom.height_factor == 0.15
    assert (rotation.fill_mode, zoom.fill_mode) == ("reflect", "reflect")


def test_the_crop_that_vgg_augmented_leaves_out_would_change_nothing():
    images = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3)).astype("float32")
    cropped = import_keras().layers.RandomCrop(32, 32)(images, training=True)
    np.testing.assert_array_equal(np.asarray(cropped), images)


def test_unscaled_is_cnn6_but_for_its_scaling():
    import_keras()
    scaled, unscaled = (load_recipe(name).build((32, 32, 3), 10) for name in ("cnn6", "cnn6_unscaled"))
    unscaled.set_weights(scaled.get_weights())
    images = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3)).astype("float32")
    np.testing.assert_allclose(np.asarray(unscaled(images / 255)), np.asarray(scaled(images)), atol=1e-5)
    assert [type(layer) for layer in unscaled.layers] == [type(layer) for layer in scaled.layers]


def test_what_a_variant_is_based_on_is_known():
    import_keras()
    assert load_recipe("cnn6_sgd").based_on == (load_recipe("cnn6").file,)
    assert load_recipe("cnn6").based_on == ()


def test_resnet8_takes_crops_and_whole_images_with_the_same_weights():
    import_keras()
    recipe = load_recipe("resnet8")
    whole, crops = recipe.build((32, 32, 3), 10), recipe.build((None, None, 3), 10)
    crops.set_weights(whole.get_weights())
    images = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3)).astype("float32")
    np.testing.assert_allclose(np.asarray(whole(images)), np.asarray(crops(images)), atol=1e-6)
    assert crops(images[:, :24, :24]).shape == (2, 10)
    assert [layer.momentum for layer in whole.layers if "batch_norm" in layer.name] == [0.9] * 7


def test_resnet8_warms_up_and_comes_down_and_decays_kernels_only():
    import_keras()
    recipe = load_recipe("resnet8")
    optimizer = recipe.optimizer(1000)
    rate = optimizer._learning_rate
    values = [float(rate(step)) for step in (0, 99, 100, 550, 999)]
    assert values == pytest.approx([0.001, 0.1, 0.1, 0.05, 0.1 / 900])
    assert max(float(rate(step)) for step in range(1000)) == pytest.approx(0.1)
    network = recipe.build((32, 32, 3), 10)
    optimizer.build(network.trainable_variables)
    decayed = {v.name for v in network.trainable_variables if optimizer._use_weight_decay(v)}
    assert decayed == {"kernel"}
