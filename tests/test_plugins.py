"""Packages that bring a runtime, a data set, a recipe and a quantizer: installed, listed and used, broken ones too."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from support.files.plugin_packages import Environment, write_wheel
from support.helpers import ROOT
from support.linear_run import make_run

DATASET = """
import numpy as np
import edgekit
from edgekit.datasets import Split

print("noise on stdout, which is for results")

def load(request):
    generator = np.random.default_rng(request.seed)
    def split(n):
        labels = np.arange(n, dtype=np.int64) % 2
        images = generator.integers(0, 100, (n, 8, 8, 3)) + 100 * labels[:, None, None, None]
        return Split(images=images.astype(np.uint8), labels=labels)
    return edgekit.Dataset(
        name="dark-or-bright", class_names=("dark", "bright"), train=split(64), validation=split(16), test=split(32)
    )
"""

RECIPE = """
import keras
from edgekit import Recipe, TrainingSettings

def build(input_shape, num_classes):
    pixels = keras.Input(input_shape)
    values = keras.layers.Rescaling(1 / 255)(pixels)
    values = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3, activation="relu")(values))
    return keras.Model(pixels, keras.layers.Dense(num_classes, activation="softmax")(values))

RECIPE = Recipe(
    name="four-filters",
    summary="One convolution of four filters.",
    settings=TrainingSettings(epochs=1, batch_size=16),
    build=build,
    optimizer=lambda num_steps: keras.optimizers.Adam(0.01),
)
"""

QUANTIZER = """
from edgekit.artifact import Precision
from edgekit.exporting.tflite.quantizers.tensorflow import TensorFlowQuantizer

class Plain(TensorFlowQuantizer):
    choices = {Precision.INT8: frozenset()}

class Empty(Plain):
    def quantize(self, request):
        return b"no flatbuffer"
"""

BROKEN = """
class NoRuntime:
    name = "no-runtime"

from edgekit.runtimes import Runtime
from edgekit.artifact import Format

class Unfinished(Runtime):
    name = "unfinished"

class Raises(Runtime):
    name = "raises"
    format = Format.ONNX
    package = "onnx"

    @classmethod
    def import_library(cls):
        raise ValueError("not today")

    @classmethod
    def open(cls, path, settings):
        raise ValueError("not today either")

def load(request):
    raise KeyError("no images")
"""

BROKEN_ENTRY_POINTS = {
    "edgekit.runtimes": {
        "does-not-import": "no_module_of_that_name:Runtime",
        "no-attribute": "edgekit_broken:Nothing",
        "no-runtime": "edgekit_broken:NoRuntime",
        "unfinished": "edgekit_broken:Unfinished",
        "raises": "edgekit_broken:Raises",
        "onnxruntime": "edgekit_broken:Raises",
        "a b": "edgekit_broken:Raises",
    },
    "edgekit.datasets": {"no-images": "edgekit_broken:load", "number": "edgekit_broken:__name__", "digits": "x:y"},
    "edgekit.recipes": {"no-recipe": "edgekit_broken:load", "resnet8": "edgekit_broken:load"},
    "edgekit.quantizers": {"no-quantizer": "edgekit_broken:load", "both": "edgekit_broken:load"},
}

pytestmark = pytest.mark.slow

GROUPS = {
    "edgekit-onnx-reference": {"edgekit.runtimes": {"onnx-reference": "edgekit_onnx_reference:OnnxReference"}},
    "edgekit-noise": {"edgekit.datasets": {"dark-or-bright": "edgekit_noise:load"}},
    "edgekit-four-filters": {"edgekit.recipes": {"four-filters": "edgekit_four_filters:RECIPE"}},
    "edgekit-plain": {"edgekit.quantizers": {"plain": "edgekit_plain:Plain", "empty": "edgekit_plain:Empty"}},
}


def runtime_of_the_architecture() -> str:
    """The complete runtime that ARCHITECTURE.md shows."""
    text = (ROOT / "ARCHITECTURE.md").read_text()
    return re.search(r"### Write a runtime.*?```python\n(.*?)```", text, re.DOTALL).group(1)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with one package of each kind."""
    folder = tmp_path_factory.mktemp("plugins")
    codes = [runtime_of_the_architecture(), DATASET, RECIPE, QUANTIZER]
    made = Environment(folder / "env")
    made.install(*(write_wheel(folder, name, code, GROUPS[name]) for name, code in zip(GROUPS, codes, strict=True)))
    return made


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with a package of which nothing works, and one whose entry points cannot be read."""
    folder = tmp_path_factory.mktemp("broken")
    made = Environment(folder / "env")
    unreadable = write_wheel(folder, "edgekit-unreadable", "", {"edgekit.runtimes": {"fine": "edgekit_unreadable:x"}})
    made.install(write_wheel(folder, "edgekit-broken", BROKEN, BROKEN_ENTRY_POINTS), unreadable)
    entry_points = next((folder / "env").rglob("edgekit_unreadable-1.0.dist-info/entry_points.txt"))
    entry_points.write_text("[edgekit.runtimes]\nno equals sign\n")
    return made


@pytest.fixture(scope="module")
def trained(environment: Environment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that the plugged-in recipe made of the plugged-in data set."""
    folder = tmp_path_factory.mktemp("trained")
    done = environment.edgekit("train", "four-filters", "--data", "dark-or-bright", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "exported" / "four-filters"


def listed(done: "subprocess.CompletedProcess[str]") -> dict[str, dict[str, object]]:
    assert done.returncode == 0, done.stderr
    (rows,) = json.loads(done.stdout).values()
    return {row["name"]: row for row in rows}


def words_of(text: str) -> str:
    return " ".join(text.split())


def test_the_runtime_of_the_architecture_is_short() -> None:
    lines = [line for line in runtime_of_the_architecture().splitlines() if line.strip()]
    assert len(lines) <= 40


@pytest.mark.parametrize(
    ("command", "name", "package"),
    [
        ("runtimes", "onnx-reference", "edgekit-onnx-reference 1.0"),
        ("datasets", "dark-or-bright", "edgekit-noise 1.0"),
        ("recipes", "four-filters", "edgekit-four-filters 1.0"),
    ],
)
def test_lists_name_the_package_of_a_plugin(
    environment: Environment, tmp_path: Path, command: str, name: str, package: str
) -> None:
    rows = listed(environment.edgekit(command, "--json", cwd=tmp_path))
    assert rows[name]["origin"] == package
    assert {row["origin"] for other, row in rows.items() if other != name} == {None}
    done = environment.edgekit(command, cwd=tmp_path)
    assert f"package {package}" in words_of(done.stdout)
    assert max(map(len, done.stdout.splitlines())) <= 100


def test_the_help_of_export_names_quantizers_of_other_packages(environment: Environment, tmp_path: Path) -> None:
    done = environment.edgekit("export", "--help", cwd=tmp_path)
    assert "Of other packages: empty (edgekit-plain 1.0), plain (edgekit-plain 1.0)." in words_of(done.stdout)


def test_a_plugged_in_runtime_verifies(environment: Environment, tmp_path: Path) -> None:
    make_run(tmp_path / "run")
    done = environment.edgekit("verify", "run", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    candidates = {each["runtime"]: each for each in json.loads(done.stdout)["candidates"]}
    assert set(candidates) == {"onnxruntime", "onnxruntime-unoptimized", "onnx-reference"}
    assert candidates["onnx-reference"]["verdict"] == "pass"
    assert candidates["onnx-reference"]["num_images"] == candidates["onnxruntime"]["num_images"]

    done = environment.edgekit("verify", "run", "--runtime", "onnx-reference", "--json", cwd=tmp_path)
    assert [each["runtime"] for each in json.loads(done.stdout)["candidates"]] == ["onnx-reference"]


def test_a_plugged_in_recipe_trains_on_a_plugged_in_data_set(trained: Path) -> None:
    manifest = json.loads((trained / "manifest.json").read_text())
    assert manifest["recipe"] == "four-filters"
    assert manifest["dataset"]["name"] == "dark-or-bright"
    assert manifest["identity"]["SHA-256 of the recipe file"] is not None


def test_a_plugged_in_quantizer_makes_a_file_of_its_own(environment: Environment, trained: Path) -> None:
    done = environment.edgekit(
        "export", trained, "--int8", "--format", "tflite", "--quantizer", "plain", "--calibration-images", "32",
        cwd=trained,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (trained / "tflite" / "model-plain-int8.tflite").is_file()
    exports = json.loads((trained / "manifest.json").read_text())["exports"]
    assert exports["tflite/model-plain-int8.tflite"]["quantizer"] == "plain"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--quantizer", "plain", "--dynamic"], "--quantizer is not supported for tflite plain dynamic"),
        (["--quantizer", "plain", "--int8", "--per-tensor"], "--per-tensor is not supported for tflite plain-per"),
        (["--quantizer", "empty", "--int8"], "must give the bytes of a .tflite file. Received 13 bytes"),
        (["--quantizer", "plane", "--int8"], "Did you mean 'plain'?"),
    ],
)
def test_what_a_plugged_in_quantizer_cannot_do_is_a_sentence(
    environment: Environment, trained: Path, options: list[str], words: str
) -> None:
    done = environment.edgekit(
        "export", trained, "--format", "tflite", "--calibration-images", "32", *options, cwd=trained
    )
    assert done.returncode in (1, 2)
    assert words in words_of(done.stderr)
    assert "Traceback" not in done.stderr


def test_broken_runtimes_are_warnings_and_the_list_goes_on(broken: Environment, tmp_path: Path) -> None:
    done = broken.edgekit("runtimes", "--json", cwd=tmp_path)
    rows = listed(done)
    assert rows["onnxruntime"]["available"]
    assert rows["onnxruntime"]["origin"] is None
    assert rows["raises"]["reason"] == "ValueError: not today"
    assert {"does-not-import", "no-attribute", "no-runtime", "unfinished", "a b"}.isdisjoint(rows)
    warnings = [line for line in done.stderr.splitlines() if line.startswith("Warning: ")]
    assert len(warnings) == len(done.stderr.splitlines()) == 7
    expected = {
        "'does-not-import'": "ModuleNotFoundError: No module named 'no_module_of_that_name'",
        "'no-attribute'": "AttributeError: module 'edgekit_broken' has no attribute 'Nothing'",
        "'no-runtime'": "it is not a subclass of edgekit.runtimes.Runtime (received the class NoRuntime)",
        "'unfinished'": "it does not define import_library and open",
        "'onnxruntime'": "edgekit itself has a runtime of that name, which is used",
        "'a b'": "a name may hold letters, digits, '-' and '_' alone",
        "edgekit_unreadable-1.0.dist-info": "Reinstall or remove that package.",
    }
    for name, words in expected.items():
        (line,) = [line for line in warnings if name in line]
        assert words in line
        assert "edgekit-broken 1.0" in line or "unreadable" in line
    assert sum("pip uninstall edgekit-broken" in line for line in warnings) == 6


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("datasets", ["'number'", "'digits'"]),
        ("recipes", ["'no-recipe'", "'resnet8'"]),
    ],
)
def test_other_broken_plugins_are_warnings_too(
    broken: Environment, tmp_path: Path, command: str, words: list[str]
) -> None:
    done = broken.edgekit(command, "--json", cwd=tmp_path)
    rows = listed(done)
    assert {"digits", "resnet8"} & set(rows)
    assert all(row["origin"] is None for name, row in rows.items() if name != "no-images")
    for word in words:
        assert sum(word in line for line in done.stderr.splitlines() if line.startswith("Warning: ")) == 1


def test_a_verification_goes_on_beside_broken_runtimes(broken: Environment, tmp_path: Path) -> None:
    make_run(tmp_path / "run")
    done = broken.edgekit("verify", "run", "--json", cwd=tmp_path)
    verdicts = {each["runtime"]: each["verdict"] for each in json.loads(done.stdout)["candidates"]}
    assert verdicts["onnxruntime"] == "pass"
    assert verdicts["raises"] == "not-compared"
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["verify", "run", "--runtime", "no-runtime"], "it is not a subclass of edgekit.runtimes.Runtime"),
        (["datasets", "no-images"], "could not be loaded: KeyError: 'no images'"),
        (["datasets", "number"], "it is not a function from an edgekit.DatasetRequest to an edgekit.Dataset"),
        (["train", "no-recipe"], "it is not an edgekit.Recipe (received function)"),
        (["export", "run", "--int8", "--quantizer", "no-quantizer"], "not a class with a method quantize(request)"),
    ],
)
def test_a_broken_plugin_that_is_named_is_an_error_in_one_sentence(
    broken: Environment, tmp_path: Path, arguments: list[str], words: str
) -> None:
    make_run(tmp_path / "run")
    done = broken.edgekit(*arguments, cwd=tmp_path)
    assert done.returncode == 1
    assert words in done.stderr
    assert "edgekit-broken 1.0" in done.stderr
    assert "Traceback" not in done.stderr
