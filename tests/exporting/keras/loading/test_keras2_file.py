"""Files that Keras 2 wrote, with what Keras 3 cannot read, become Keras 3 models with the same answers."""

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgekit.exporting.keras.loading.keras2_config import in_keras3_words
from edgekit.exporting.keras.loading.keras2_file import load_as_keras3
from edgekit.exporting.keras.loading.model_file import load_keras_model
from edgekit.exporting.keras.loading.tf_keras_model import load_legacy_model, strange_module
from edgekit.foundation.errors import ExportError

SIDE = 16


@pytest.fixture(scope="module")
def keras2() -> Any:
    from support.keras_models import import_keras

    import_keras("the tests", backend="tensorflow")
    import tf_keras

    return tf_keras


def network(keras2: Any, *, last: Any = None) -> Any:
    """Operations by TensorFlow's names, dropped arguments, a name with a slash, a network inside, an axis as a list."""
    keras2.utils.set_random_seed(0)
    layers, pixels = keras2.layers, keras2.Input((SIDE, SIDE, 3))
    inner = keras2.Sequential(
        [
            layers.SeparableConv2D(8, 3, padding="same", input_shape=(SIDE, SIDE, 3)),
            layers.BatchNormalization(name="inner/norm", gamma_initializer="random_uniform"),
        ]
    )
    x = layers.LeakyReLU(0.3)(inner(pixels / 127.5 - 1.0))
    y = layers.Conv2DTranspose(8, 1)(layers.DepthwiseConv2D(3, padding="same")(x))
    x = keras2.layers.GlobalAveragePooling2D()(3.0 * (x * y + x) - y)
    x = layers.Dense(5, activation="softmax")(x)
    return keras2.Model(pixels, x if last is None else last(x))


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
def test_the_network_answers_as_it_did(keras2: Any, tmp_path: Path, suffix: str) -> None:
    original, path = network(keras2), tmp_path / f"old{suffix}"
    original.save(path)
    images = np.random.default_rng(1).uniform(0, 255, (8, SIDE, SIDE, 3)).astype(np.float32)
    model = load_keras_model(path)
    assert np.abs(np.asarray(model(images)) - np.asarray(original(images))).max() < 1e-5
    assert {layer.__module__.partition(".")[0] for layer in model.layers} == {"keras"}


def test_mixed_precision_stays_mixed(keras2: Any, tmp_path: Path) -> None:
    path, layers = tmp_path / "old.keras", keras2.layers
    half = keras2.Sequential([layers.Flatten(dtype="mixed_float16", input_shape=(4, 4, 3)), layers.Dense(3)])
    half.save(path)
    assert [layer.compute_dtype for layer in load_keras_model(path).layers] == ["float16", "float32"]


def test_an_operation_without_a_layer_is_named(keras2: Any, tmp_path: Path) -> None:
    path = tmp_path / "old.h5"
    import tensorflow as tf

    network(keras2, last=tf.math.cumsum).save(path)
    with pytest.raises(ExportError, match=r"TensorFlow's math\.cumsum, written by Keras 2"):
        load_keras_model(path)


def test_another_answer_is_refused(keras2: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "old.h5"
    network(keras2).save(path)

    def wrong(configuration: Any) -> Any:
        words = in_keras3_words(configuration)
        for layer in words["config"]["layers"]:
            if layer["class_name"] == "Rescaling":
                layer["config"]["offset"] += 0.1
        return words

    monkeypatch.setattr("edgekit.exporting.keras.loading.keras2_file.in_keras3_words", wrong)
    with pytest.raises(ExportError, match="gives different scores in Keras 3"):
        load_as_keras3(path)


@pytest.mark.parametrize("suffix", [".h5", ".keras", ".KERAS"])
def test_a_file_that_names_a_module_of_python_is_refused_before_it_is_imported(
    keras2: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    note = tmp_path / "CODE_RAN"
    (tmp_path / "stranger.py").write_text(f"open({str(note)!r}, 'w').close()\nclass Layer: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    path = tmp_path / f"old{suffix.lower()}"
    network(keras2).save(path)

    def planted(node: Any) -> Any:
        if isinstance(node, list):
            return [planted(each) for each in node]
        if not isinstance(node, dict):
            return node
        made = {key: planted(value) for key, value in node.items()}
        is_layer = made.get("class_name") == "LeakyReLU"
        return made | ({"module": "stranger", "registered_name": None, "build_config": {}} if is_layer else {})

    _rewrite(path, planted)
    path = path.rename(tmp_path / f"new{suffix}")
    for load in (load_keras_model, load_as_keras3, load_legacy_model):
        with pytest.raises(
            ExportError, match=r"carries code \('LeakyReLU' of the Python module 'stranger'\)|needs 'LeakyReLU'"
        ):
            load(path)
    assert not note.exists()


def test_what_keras_would_read_is_what_is_checked(keras2: Any, tmp_path: Path) -> None:
    """A Lambda in an HDF5 file with a harmless archive appended: zip archives are found by their end."""
    path, harmless = tmp_path / "both.h5", tmp_path / "harmless.keras"
    layers = keras2.layers
    keras2.Sequential([layers.Lambda(lambda x: x, input_shape=(4, 4, 3)), layers.Flatten()]).save(path)
    keras2.Sequential([layers.Flatten(input_shape=(4, 4, 3))]).save(harmless)
    path.write_bytes(path.read_bytes() + harmless.read_bytes())
    assert zipfile.is_zipfile(path)
    with pytest.raises(ExportError, match=r"carries code \(Lambda\)"):
        load_legacy_model(path)


@pytest.mark.parametrize(
    ("module", "is_harmless"),
    [
        ("keras", True),
        ("keras.layers", True),
        ("tf_keras.src.layers.core.dense", True),
        ("keras.src.engine.functional", True),
        ("builtins", True),
        ("keras.api._v2.keras.layers", True),
        ("keras.utils", False),
        ("tf_keras.src.export.export_lib", False),
        ("keras.layers.x y", False),
        ("kerasx", False),
        ("os", False),
        ("", False),
        (3, False),
    ],
)
def test_only_modules_of_layers_and_what_they_are_given_are_let_in(module: Any, is_harmless: bool) -> None:
    assert (strange_module({"class_name": "Dense", "config": {}, "module": module}) == "") is is_harmless


def _rewrite(path: Path, change: Any) -> None:
    """Replace the configuration in a file of Keras 2."""
    import h5py

    if path.suffix == ".h5":
        with h5py.File(path, "r+") as file:
            file.attrs["model_config"] = json.dumps(change(json.loads(file.attrs["model_config"])))
        return
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    entries["config.json"] = json.dumps(change(json.loads(entries["config.json"]))).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
@pytest.mark.parametrize("kind", ["pruned", "clustered"])
def test_wrappers_of_tensorflow_model_optimization_are_stripped(tmp_path: Path, kind: str, suffix: str) -> None:
    from edgekit.foundation.model_optimization import import_libraries

    libraries = import_libraries("A test")
    layers, tfmot = libraries.keras2.layers, libraries.tfmot
    plain = libraries.keras2.Sequential(
        [
            libraries.keras2.Input((8, 8, 3)),
            layers.Conv2D(4, 3, activation="relu", name="conv"),
            layers.Flatten(name="flat"),
            layers.Dense(3, activation="softmax", name="scores"),
        ]
    )
    if kind == "pruned":
        wrapped = tfmot.sparsity.keras.prune_low_magnitude(plain)
    else:
        start = tfmot.clustering.keras.CentroidInitialization.LINEAR
        wrapped = tfmot.clustering.keras.cluster_weights(plain, number_of_clusters=4, cluster_centroids_init=start)
    images = np.random.default_rng(0).uniform(0, 1, (4, 8, 8, 3)).astype(np.float32)
    expected = np.asarray(wrapped(images))
    wrapped.save(tmp_path / f"model{suffix}")
    model = load_keras_model(tmp_path / f"model{suffix}")
    assert [layer.name for layer in model.layers] == ["conv", "flat", "scores"]
    assert np.abs(np.asarray(model(images)) - expected).max() < 1e-6
