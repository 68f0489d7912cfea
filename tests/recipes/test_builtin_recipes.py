"""The built-in recipes are what their tables say, and what their issue asks for."""

import json
import re

import numpy as np
import pytest

from edgekit.keras_setup import import_keras
from edgekit.recipe import builtin_recipe_files, list_recipes, load_recipe, recipes_folder
from edgekit.training.counting import count_multiply_adds

NAMES = sorted(builtin_recipe_files())


@pytest.fixture(scope="module", params=NAMES)
def recipe(request):
    import_keras()
    return load_recipe(request.param)


@pytest.fixture(scope="module")
def network(recipe):
    return recipe.build((32, 32, 3), 10)


def test_there_are_the_two_recipes():
    assert {"resnet8", "cnn6"} <= set(NAMES)


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
    assert recipe.name == recipe.file.stem == network.name
    header = recipe.file.read_text().split('"""')[1]
    assert f"{network.count_params():,} parameters" in header
    assert re.search(rf"edgekit train {recipe.name} --data cifar10", header)


def test_raw_pixels_in_probabilities_out(network):
    images = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3)).astype("float32")
    scores = np.asarray(network(images, training=False))
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-5)
    assert scores.std() > 0


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
