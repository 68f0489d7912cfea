"""What a recipe does to its training images leaves no trace in the .keras file nor in any exported graph."""

import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgekit.artifact import Precision
from edgekit.datasets import Dataset, Split, load_dataset
from edgekit.exporting.session import export
from edgekit.foundation.keras_setup import import_keras
from edgekit.inspection.model_file import inspect_file
from edgekit.recipe import load_recipe
from edgekit.runs.folder import RunFolder
from edgekit.training.session import train

SIDE = 16
"""Pixels; the smallest side that the network's four poolings allow is enough."""

OPERATORS = {
    "tflite": {"CONV_2D", "FULLY_CONNECTED", "MAX_POOL_2D", "MEAN", "SOFTMAX", "MUL", "ADD"},
    "onnx": {"Conv", "Gemm", "MatMul", "Add", "Mul", "MaxPool", "Relu", "GlobalAveragePool", "ReduceMean", "Softmax",
             "Transpose", "Reshape", "Squeeze", "Flatten"},
}  # fmt: skip
"""What the network itself is made of; anything else came from somewhere else."""

TRACES = (b"random", b"flip", b"rotation", b"zoom", b"ImageProjectiveTransform", b"Flex")


def traces_in(path: Path) -> list[bytes]:
    """Words of augmentation in a file's bytes; of a .keras file, in what is packed in it."""
    content = path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            content = b"\n".join(packed.read(name) for name in packed.namelist() if name.endswith(".json"))
    return [word for word in TRACES if word.lower() in content.lower()]


def halved(split: Split, count: int) -> Split:
    return Split(images=np.ascontiguousarray(split.images[:count, ::2, ::2]), labels=split.labels[:count])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """vgg_augmented, trained for one step on digits and exported."""
    import_keras("the tests", backend="tensorflow")
    digits = load_dataset("digits")
    dataset = Dataset(
        name="small",
        class_names=digits.class_names,
        train=halved(digits.train, 64),
        validation=halved(digits.validation, 40),
        test=halved(digits.test, 40),
    )
    recipe = load_recipe("vgg_augmented")
    out = tmp_path_factory.mktemp("runs") / "vgg"
    run = train(recipe, dataset, settings=replace(recipe.settings, epochs=1), out=out)
    export(run, precisions=[Precision.FLOAT32], dataset=dataset)
    return RunFolder(out)


def test_the_graphs_hold_only_the_operators_of_the_network(run: RunFolder) -> None:
    artifacts = run.artifacts()
    assert {artifact.format.value for artifact in artifacts} == {"tflite", "onnx"}
    for artifact in artifacts:
        names = {operator.name for operator in inspect_file(artifact.path).operators}
        assert names <= OPERATORS[artifact.format.value]
        assert traces_in(artifact.path) == []


def test_the_keras_file_holds_only_the_layers_of_the_network(run: RunFolder) -> None:
    keras = import_keras()
    assert traces_in(run.model_path) == []
    network = load_recipe("vgg_augmented").build((SIDE, SIDE, 3), 10)
    saved = keras.saving.load_model(run.model_path, compile=False)
    assert [type(layer) for layer in saved.layers] == [type(layer) for layer in network.layers]
    assert len(saved.variables) == len(network.variables)


def test_this_would_be_found(tmp_path: Path) -> None:
    keras = import_keras()
    pixels = keras.Input((SIDE, SIDE, 3))
    inside = keras.Model(pixels, load_recipe("vgg_augmented").augmentation()(pixels))
    inside.save(tmp_path / "inside.keras")
    assert {b"random", b"flip", b"rotation", b"zoom"} <= set(traces_in(tmp_path / "inside.keras"))
