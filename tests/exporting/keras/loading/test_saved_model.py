"""SavedModel folders of Keras 3, of Keras 2 and of plain TensorFlow, and what is refused of them."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgekit.exporting.keras.loading.saved_model import is_saved_model, load_saved_model, sha256_of_folder
from edgekit.exporting.keras.preparing.outputs import output_names
from edgekit.foundation.errors import ExportError

SIDE = 16
IMAGES = np.random.default_rng(0).uniform(0, 255, (4, SIDE, SIDE, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def tf() -> Any:
    from support.keras_models import import_keras

    import_keras("the tests", backend="tensorflow")
    import tensorflow

    return tensorflow


@pytest.fixture(scope="module")
def of_keras3(tf: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    import keras

    keras.utils.set_random_seed(0)
    pixels = keras.Input((SIDE, SIDE, 3))
    features = keras.layers.Flatten()(keras.layers.Conv2D(4, 3, activation="relu")(pixels))
    model = keras.Model(pixels, {"scores": keras.layers.Dense(5, activation="softmax")(features), "features": features})
    path = tmp_path_factory.mktemp("keras3") / "exported"
    model.export(path, verbose=False)
    return path, np.asarray(model(IMAGES)["scores"])


def module(tf: Any, compute: Any, shape: tuple[int | None, ...] = (None, SIDE, SIDE, 3), dtype: Any = None) -> Any:
    """A tf.Module whose __call__ is `compute(weights, pixels)`."""

    class Module(tf.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.weights = tf.Variable(tf.ones((3, 5)))

        @tf.function(input_signature=[tf.TensorSpec(shape, dtype or tf.float32)])
        def __call__(self, pixels):  # type: ignore[no-untyped-def]
            return compute(self.weights, pixels)

    return Module()


def linear(tf: Any) -> Any:
    return lambda weights, pixels: tf.nn.softmax(tf.reduce_mean(tf.cast(pixels, tf.float32), (1, 2)) @ weights)


def test_a_model_that_keras_exported_gives_its_outputs_by_name(of_keras3: tuple[Path, Any]) -> None:
    path, answers = of_keras3
    assert is_saved_model(path)
    model = load_saved_model(path)
    assert model.input_shape == (None, SIDE, SIDE, 3)
    assert sorted(output_names(model)) == ["features", "scores"]
    assert np.allclose(model(IMAGES)["scores"], answers, atol=1e-6)


def test_a_model_that_keras_2_saved_gives_its_answers(tf: Any, tmp_path: Path) -> None:
    import tf_keras

    layers, pixels = tf_keras.layers, tf_keras.Input((SIDE, SIDE, 3))
    x = layers.BatchNormalization()(layers.Conv2D(4, 3)(layers.RandomFlip()(pixels / 255.0)))
    old = tf_keras.Model(pixels, layers.Dense(5, activation="softmax")(layers.Flatten()(x)))
    old.save(tmp_path / "old")
    model = load_saved_model(tmp_path / "old")
    assert np.allclose(next(iter(model(IMAGES).values())), old(IMAGES, training=False), atol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "uint8"])
def test_a_module_of_tensorflow_alone_is_called(tf: Any, tmp_path: Path, dtype: str) -> None:
    made = module(tf, linear(tf), dtype=getattr(tf, dtype))
    tf.saved_model.save(made, str(tmp_path / "module"))
    model = load_saved_model(tmp_path / "module")
    answers = made(tf.constant(IMAGES.astype(dtype)))
    given = next(iter(model(np.floor(IMAGES) if dtype == "uint8" else IMAGES).values()))
    assert np.allclose(given, answers, atol=1e-6)


@pytest.mark.parametrize("kind", ["read", "write", "python", "branch"])
def test_a_program_that_does_more_than_compute_is_refused_and_not_run(tf: Any, tmp_path: Path, kind: str) -> None:
    marker, secret = tmp_path / "was-run", tmp_path / "secret.txt"
    secret.write_text("7")

    def touch(pixels: Any) -> Any:
        marker.touch()
        return pixels

    def compute(weights: Any, pixels: Any) -> Any:
        if kind == "read":
            pixels += tf.strings.to_number(tf.io.read_file(str(secret)))
        elif kind == "write":
            with tf.control_dependencies([tf.io.write_file(str(marker), "x")]):
                pixels = tf.identity(pixels)
        elif kind == "python":
            pixels = tf.ensure_shape(tf.numpy_function(touch, [pixels], tf.float32), (None, SIDE, SIDE, 3))
        else:
            pixels = tf.cond(
                tf.reduce_sum(pixels) > 0,
                lambda: pixels + tf.strings.to_number(tf.io.read_file(str(secret))),
                lambda: pixels,
            )
        return linear(tf)(weights, pixels)

    tf.saved_model.save(module(tf, compute), str(tmp_path / "program"))
    marker.unlink(missing_ok=True)
    with pytest.raises(ExportError, match=r"carries the operation (ReadFile|WriteFile|PyFunc|EagerPyFunc) .*not run"):
        load_saved_model(tmp_path / "program")
    assert not marker.exists()


def test_what_is_no_such_model_is_a_sentence(tf: Any, of_keras3: tuple[Path, Any], tmp_path: Path) -> None:
    damaged = Path(shutil.copytree(of_keras3[0], tmp_path / "damaged"))
    (damaged / "saved_model.pb").write_bytes(b"\xff" * 100)
    with pytest.raises(ExportError, match="is not the program of a SavedModel, or damaged"):
        load_saved_model(damaged)
    (damaged / "saved_model.pb").write_bytes(b"")
    with pytest.raises(ExportError, match="SavedModel of TensorFlow 1"):
        load_saved_model(damaged)
    incomplete = Path(shutil.copytree(of_keras3[0], tmp_path / "incomplete"))
    shutil.rmtree(incomplete / "variables")
    with pytest.raises(ExportError, match="cannot be loaded as a SavedModel; it may be incomplete"):
        load_saved_model(incomplete)
    for name, shape in (("fixed", (1, SIDE, SIDE, 3)), ("flat", (None, 48))):
        compute = lambda weights, pixels: tf.reshape(pixels, (-1, 3)) @ weights  # noqa: E731
        tf.saved_model.save(module(tf, compute, shape), str(tmp_path / name))
        with pytest.raises(ExportError, match=rf"takes float32 \({shape[0]}, .*Expected one input of images"):
            load_saved_model(tmp_path / name)
    tf.saved_model.save(tf.Module(), str(tmp_path / "nothing"))
    with pytest.raises(ExportError, match=r"no endpoint that could be called: its signatures are none"):
        load_saved_model(tmp_path / "nothing")


def test_a_link_out_of_the_folder_is_refused(of_keras3: tuple[Path, Any], tmp_path: Path) -> None:
    linked = Path(shutil.copytree(of_keras3[0], tmp_path / "linked"))
    (tmp_path / "elsewhere.txt").write_text("secret")
    (linked / "assets").mkdir(exist_ok=True)
    (linked / "assets" / "vocabulary.txt").symlink_to(tmp_path / "elsewhere.txt")
    with pytest.raises(ExportError, match=r"is a link to a file outside"):
        load_saved_model(linked)


def test_the_digest_is_of_all_names_and_bytes(of_keras3: tuple[Path, Any], tmp_path: Path) -> None:
    copy = Path(shutil.copytree(of_keras3[0], tmp_path / "copy"))
    assert sha256_of_folder(copy) == sha256_of_folder(of_keras3[0])
    (copy / "more.txt").write_text("")
    assert sha256_of_folder(copy) != sha256_of_folder(of_keras3[0])
