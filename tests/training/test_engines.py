"""Every engine goes the same way: the same history as Keras' `fit`, up to the order in which numbers are added."""

from dataclasses import replace

import numpy as np
import pytest

from edgekit.training.engines import choice
from edgekit.training.engines.base import mean_of, parts_of
from edgekit.training.session import train


def curve(run):
    with run.history_path.open() as file:
        return np.loadtxt(file, delimiter=",", skiprows=1)[:, :-1]


@pytest.mark.parametrize("phases", [((0, 16), (3, 32)), ()])
@pytest.mark.parametrize("padding", [0, 2])
def test_the_loop_on_the_device_learns_what_fit_learns(
    phases, padding, tiny_recipe, small_digits, tmp_path, monkeypatch
):
    import keras

    settings = replace(tiny_recipe.settings, image_sizes=phases, padding=padding)
    recipe = replace(
        tiny_recipe, settings=settings, optimizer=lambda _: keras.optimizers.SGD(0.05)
    )  # Adam blows noise up
    looped = train(recipe, small_digits, out=tmp_path / "loop")
    monkeypatch.setattr(choice, "_why_not", lambda lesson, callbacks: "the test wants fit")
    fitted = train(recipe, small_digits, out=tmp_path / "fit")
    np.testing.assert_allclose(curve(looped), curve(fitted), rtol=1e-4, atol=1e-5)
    networks = [keras.saving.load_model(run.model_path, compile=False) for run in (looped, fitted)]
    for one, other in zip(*(network.get_weights() for network in networks), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(("num_images", "num_devices"), [(40, 1), (600, 1), (1003, 4), (3, 4), (2048, 8)])
def test_parts_cover_every_image_once(num_images, num_devices):
    parts = parts_of(num_images, num_devices)
    assert sum(part.num_images for part in parts) == num_images
    assert all(part.batch_size % num_devices == 0 for part in parts if part.is_shared)
    assert [part.first for part in parts] == [0, *np.cumsum([part.num_images for part in parts])[:-1]]


def test_means_are_weighted_by_images():
    assert mean_of([(3, {"loss": 1.0}), (1, {"loss": 5.0})]) == {"loss": 2.0}
