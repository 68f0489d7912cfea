from dataclasses import replace

import pytest

from edgekit.foundation.errors import RecipeError, UnknownNameError
from edgekit.recipe import Recipe, TrainingSettings, builtin_recipe_files, load_recipe, name_of_recipe

RECIPE = """
from edgekit.recipe import Recipe, TrainingSettings
RECIPE = Recipe(name="mine", summary="", settings=TrainingSettings(epochs=1), build=print, optimizer=print)
"""


def test_a_file_of_ones_own_is_loaded(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(RECIPE)
    recipe = load_recipe(str(path))
    assert isinstance(recipe, Recipe)
    assert recipe.file == path
    assert recipe.augmentation() is None
    assert recipe.callbacks() == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("RECIPE = 3", "Received int"),
        ("x = 1", "Received NoneType"),
        ("import nothing_of_that_name", "does not run: ModuleNotFoundError"),
        ("def f(:", "does not run: SyntaxError"),
        ("raise KeyError('x')", "does not run: KeyError"),
        ("import sys; sys.exit(0)", "does not run: SystemExit: 0"),
        ("def f(): f()\nf()", "does not run: RecursionError"),
        (RECIPE.replace("epochs=1", "epochs=0"), "is not valid: Epochs and batch size"),
    ],
)
def test_a_broken_file_is_a_sentence(tmp_path, text, words):
    path = tmp_path / "mine.py"
    path.write_text(text)
    with pytest.raises(RecipeError, match=words):
        load_recipe(str(path))


def test_missing_files_and_unknown_names():
    with pytest.raises(RecipeError, match=r"no recipe file nowhere\.py"):
        name_of_recipe("nowhere.py")
    with pytest.raises(UnknownNameError, match="Did you mean 'resnet8'"):
        name_of_recipe("resnet")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"epochs": 0}, "at least 1"),
        ({"epochs": 1, "batch_size": 0}, "at least 1"),
        ({"epochs": 1, "seed": -1}, "seed must lie between"),
        ({"epochs": 1, "seed": 2**32}, "seed must lie between"),
        ({"epochs": 1, "padding": -1}, "negative"),
        ({"epochs": 1, "validation_fraction": 0}, "between 0 and 1"),
        ({"epochs": 5, "image_sizes": ((1, 24),)}, "start at epoch 0"),
        ({"epochs": 5, "image_sizes": ((0, 24), (0, 32))}, "rise"),
        ({"epochs": 5, "image_sizes": ((0, 24), (5, 32))}, "below 5 epochs"),
    ],
)
def test_impossible_settings_are_refused(values, words):
    with pytest.raises(RecipeError, match=words):
        TrainingSettings(**values)


@pytest.mark.parametrize(
    ("epochs", "sizes"),
    [
        (140, ((0, 24), (110, 32))),
        (70, ((0, 24), (55, 32))),
        (10, ((0, 24), (7, 32))),
        (2, ((0, 24), (1, 32))),
        (1, ((0, 32),)),
    ],
)
def test_phases_move_with_the_epochs_and_end_at_the_last_size(epochs, sizes):
    settings = TrainingSettings(epochs=70, image_sizes=((0, 24), (55, 32)), seed=4).with_epochs(epochs)
    assert (settings.epochs, settings.image_sizes, settings.seed) == (epochs, sizes, 4)
    assert replace(TrainingSettings(epochs=70, image_sizes=((0, 24), (55, 32)), seed=4), epochs=epochs) == settings


def test_replaced_epochs_do_what_the_option_does_wherever_the_settings_come_from():
    settings = TrainingSettings(epochs=70, image_sizes=((0, 24), (55, 32)))
    short = replace(settings, epochs=1)
    assert replace(short, epochs=70) == settings
    assert replace(short, epochs=2, seed=3) == replace(settings.with_epochs(2), seed=3)
    for name in builtin_recipe_files():
        recipe = load_recipe(name)
        assert replace(recipe.settings, epochs=1) == recipe.settings.with_epochs(1)
        assert replace(recipe, settings=replace(recipe.settings, epochs=1)).settings.epochs == 1


def test_new_phases_are_taken_as_they_are():
    settings = TrainingSettings(epochs=70, image_sizes=((0, 24), (55, 32)))
    assert replace(settings, epochs=10, image_sizes=((0, 16), (5, 32))).image_sizes == ((0, 16), (5, 32))
    assert replace(settings, epochs=10, image_sizes=()).image_sizes == ()
    with pytest.raises(RecipeError, match="below 4 epochs"):
        replace(settings, epochs=4, image_sizes=((0, 16), (5, 32)))


def test_the_manifest_holds_what_a_user_may_set_and_nothing_else():
    settings = replace(TrainingSettings(epochs=70, image_sizes=((0, 24), (55, 32))), epochs=10)
    assert settings.to_dict() == {
        "epochs": 10,
        "batch_size": 128,
        "seed": 0,
        "validation_fraction": 0.1,
        "image_sizes": ((0, 24), (7, 32)),
        "padding": 0,
    }
