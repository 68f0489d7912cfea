"""Layers, models and functions of the user's own come from a file that the user names, and from nowhere else."""

import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from edgekit.exporting.keras.loading.custom_objects import custom_objects_of
from edgekit.exporting.keras.loading.model_file import load_keras_model
from edgekit.exporting.keras.preparing.outputs import as_functional
from edgekit.foundation.errors import ExportError, UsageError

GATE = """
import keras

@keras.saving.register_keras_serializable({package})
class Gate(keras.layers.Layer):
    def call(self, inputs):
        return inputs * keras.ops.sigmoid(inputs)

def twice(x):
    return 2 * x
"""
PLAIN_GATE = GATE.replace("@keras.saving.register_keras_serializable({package})", "")
OWN_MODEL = """
import keras

class Net(keras.Model):
    def __init__(self, units=4, **options):
        super().__init__(**options)
        self.units = units
        self.convolution = keras.layers.Conv2D(4, 3, activation="relu")
        self.dense = keras.layers.Dense(units, activation="softmax")

    def call(self, pixels, training=False):
        return self.dense(keras.ops.mean(self.convolution(pixels / 255), axis=(1, 2)))

    def get_config(self):
        return {**super().get_config(), "units": self.units}
"""
IMAGES = np.random.default_rng(0).uniform(0, 255, (4, 16, 16, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def keras() -> Any:
    from support.keras_models import import_keras

    return import_keras("the tests", backend="tensorflow")


def written(folder: Path, text: str, name: str = "mine.py") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def saved(keras: Any, folder: Path, suffix: str, package: str = "") -> tuple[Path, Any]:
    """A model with a layer that only the file GATE has, and its answers."""
    keras.utils.set_random_seed(0)
    source = written(folder, GATE.format(package=package), "author.py")
    with custom_objects_of(source) as custom:
        layers = [keras.layers.Conv2D(4, 3, activation=custom.objects["twice"]), custom.objects["Gate"]()]
        model = keras.Sequential([keras.Input((16, 16, 3)), *layers, keras.layers.Flatten(), keras.layers.Dense(3)])
        path = folder / f"model{suffix}"
        model.save(path)
        return path, np.asarray(model(IMAGES))


@pytest.mark.parametrize("package", ["", '"mine"'])
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("text", [GATE, PLAIN_GATE])
def test_a_file_that_the_user_names_brings_the_layers(
    keras: Any, tmp_path: Path, suffix: str, package: str, text: str
) -> None:
    path, answers = saved(keras, tmp_path, suffix, package)
    with pytest.raises(
        ExportError, match=r"needs '(Gate|twice)', which is not part of Keras\. .*--custom-objects FILE"
    ):
        load_keras_model(path)
    with custom_objects_of(written(tmp_path, text.format(package=package))) as custom:
        assert np.allclose(load_keras_model(path, custom)(IMAGES), answers, atol=1e-6)


def test_what_a_file_registers_is_forgotten_afterwards(keras: Any, tmp_path: Path) -> None:
    before = dict(keras.saving.get_custom_objects())
    with custom_objects_of(written(tmp_path, GATE.format(package=""))):
        assert "Custom>Gate" in keras.saving.get_custom_objects()
    assert keras.saving.get_custom_objects() == before


def test_a_file_is_executed_only_because_it_is_named(keras: Any, tmp_path: Path) -> None:
    path, _ = saved(keras, tmp_path, ".keras")
    marker = tmp_path / "was-run"
    text = f"import pathlib; pathlib.Path({str(marker)!r}).touch()\n{GATE.format(package='')}"
    for name in ("model.py", "custom_objects.py", "author.py"):
        written(tmp_path, text, name)
    with pytest.raises(ExportError):
        load_keras_model(path)
    assert not marker.exists()


def test_a_module_that_a_model_names_is_not_imported(keras: Any, tmp_path: Path, monkeypatch: Any) -> None:
    path, _ = saved(keras, tmp_path, ".keras")
    marker = tmp_path / "was-run"
    written(tmp_path, f"import pathlib; pathlib.Path({str(marker)!r}).touch()\n{GATE.format(package='')}", "planted.py")
    monkeypatch.syspath_prepend(str(tmp_path))
    other = tmp_path / "named.keras"
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(other, "w") as after:
        for name in before.namelist():
            after.writestr(name, before.read(name).replace(b'"module": null', b'"module": "planted"'))
    with pytest.raises(ExportError, match=r"needs '(Gate|twice)'"):
        load_keras_model(other)
    assert not marker.exists()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("none.py", None, "There is no Python file .*none.py"),
        ("mine.txt", "x = 1", "There is no Python file"),
        ("broken.py", "class Gate(", "does not run: SyntaxError"),
        ("fails.py", "raise ValueError('no GPU')", "does not run: ValueError: no GPU"),
        ("leaves.py", "import sys; sys.exit(3)", "does not run: SystemExit"),
        ("empty.py", "import keras\nx = 1", "defines no class and no function"),
    ],
)
def test_a_file_that_is_of_no_use_is_a_sentence(tmp_path: Path, name: str, text: str | None, message: str) -> None:
    path = tmp_path / name
    if text is not None:
        path.write_text(text)
    with pytest.raises(UsageError, match=message), custom_objects_of(path):
        pass


def test_a_file_that_lacks_a_class_says_what_it_has(keras: Any, tmp_path: Path) -> None:
    path, _ = saved(keras, tmp_path, ".h5")
    other = written(tmp_path, "def twice(x):\n    return 2 * x\n")
    with (
        custom_objects_of(other) as custom,
        pytest.raises(ExportError, match=r"needs 'Gate'.*mine\.py does not define it, but twice\. Add it"),
    ):
        load_keras_model(path, custom)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_bytecode_stays_refused_and_a_named_function_does_not(keras: Any, tmp_path: Path, suffix: str) -> None:
    source = written(tmp_path, GATE.format(package=""))
    with custom_objects_of(source) as custom:
        for function in (lambda x: 2 * x, custom.objects["twice"]):
            pixels = keras.Input((16, 16, 3))
            scores = keras.layers.Lambda(function, output_shape=(16, 16, 3))(pixels)
            keras.Model(pixels, scores).save(tmp_path / f"{function.__name__.strip('<>')}{suffix}")
        with pytest.raises(ExportError, match=r"carries Python code.*mine\.py does not change that.*safe mode"):
            load_keras_model(tmp_path / f"lambda{suffix}", custom)
        loaded = load_keras_model(tmp_path / f"twice{suffix}", custom)
        assert np.array_equal(loaded(IMAGES), 2 * IMAGES)
    with pytest.raises(ExportError, match=r"needs 'twice'|carries Python code"):
        load_keras_model(tmp_path / f"twice{suffix}")


def test_a_model_that_is_a_class_of_its_own_becomes_a_graph_of_its_layers(keras: Any, tmp_path: Path) -> None:
    source, path = written(tmp_path, OWN_MODEL), tmp_path / "net.keras"
    with custom_objects_of(source) as custom:
        model = custom.objects["Net"](units=5)
        answers = np.asarray(model(IMAGES))
        model.save(path)
    with pytest.raises(ExportError, match=r"needs 'Net', which is not part of Keras"):
        load_keras_model(path)
    with custom_objects_of(source) as custom:
        loaded = as_functional(load_keras_model(path, custom), (16, 16, 3))
    assert np.allclose(loaded(IMAGES), answers, atol=1e-6)
    assert {"Conv2D", "Dense"} <= {type(layer).__name__ for layer in loaded.layers}


def test_a_model_whose_call_does_more_than_call_layers_is_one_layer(keras: Any) -> None:
    class Scaled(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.dense = keras.layers.Dense(3)
            self.scale = self.add_weight(shape=(), initializer="ones")

        def call(self, pixels: Any) -> Any:
            return self.scale * self.dense(keras.ops.mean(pixels, axis=(1, 2)))

    model = Scaled()
    answers = np.asarray(model(IMAGES))
    graph = as_functional(model, (16, 16, 3))
    assert np.allclose(graph(IMAGES), answers, atol=1e-6)
    assert [type(layer).__name__ for layer in graph.layers] == ["InputLayer", "Scaled"]
    with pytest.raises(ExportError, match=r"\(Scaled\) cannot be called with images of 16 x 16 x 1: .*data set"):
        as_functional(model, (16, 16, 1))


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, keras: Any) -> Iterator[ModuleType]:
    """A library called keras_hub with one registered layer, as long as the test lasts."""
    registered = keras.saving.get_custom_objects()
    before = dict(registered)
    module = ModuleType("keras_hub")

    @keras.saving.register_keras_serializable("keras_hub")
    class Block(keras.layers.Layer):  # type: ignore[misc]
        def call(self, inputs: Any) -> Any:
            return inputs + 1

    module.Block = Block  # type: ignore[attr-defined]
    Block.__module__ = "keras_hub"
    monkeypatch.setitem(sys.modules, "keras_hub", module)
    yield module
    registered.clear()
    registered.update(before)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_classes_of_keras_hub_load_where_it_is_installed_and_it_is_named_where_not(
    keras: Any, hub: Any, tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"hub{suffix}"
    keras.Sequential([keras.Input((16, 16, 3)), hub.Block()]).save(path)
    assert np.array_equal(load_keras_model(path)(IMAGES), IMAGES + 1)
    keras.saving.get_custom_objects().pop("keras_hub>Block")
    monkeypatch.delitem(sys.modules, "keras_hub")
    with pytest.raises(ExportError, match=r"needs 'Block' of keras_hub, which is not installed.*pip install keras-hub"):
        load_keras_model(path)
