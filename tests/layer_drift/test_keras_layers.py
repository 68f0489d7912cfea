"""Tensors are called as the Keras layers that they come from, by the configuration in a `.keras` file alone."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from support.helpers import ROOT
from support.reports.layer_reports import report_of

from edgekit.layer_drift.keras_layers import KerasLayers


def layer(name: str, kind: str, **config: Any) -> dict[str, Any]:
    return {"class_name": kind, "config": {"name": name, **config}}


def write(path: Path, *layers: dict[str, Any]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps({"config": {"name": "net", "layers": layers}}))
    return path


@pytest.fixture
def keras_layers(tmp_path: Path) -> KerasLayers:
    block = layer("block", "Functional", layers=[layer("conv2d_7", "Conv2D"), layer("scaled", "Rescaling")])
    wrapped = layer("each", "TimeDistributed", layer=layer("inner", "Dense"))
    found = KerasLayers.in_file(
        write(
            tmp_path / "m.keras",
            layer("conv2d", "Conv2D"),
            layer("batch_normalization", "BatchNormalization"),
            layer("re_lu", "ReLU"),
            block,
            wrapped,
        )
    )
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("tensor", "layers"),
    [
        (
            "edgekit_1/net_1/re_lu_1/Relu;edgekit_1/net_1/batch_normalization_1/batchnorm/add_1;"
            "edgekit_1/net_1/conv2d_1/convolution",
            ("conv2d", "re_lu", "batch_normalization"),
        ),
        ("net_1/re_lu_1/Relu", ("re_lu",)),
        ("edgekit_1/net_1/block_1/conv2d_7_1/BiasAdd", ("conv2d_7",)),
        ("edgekit_1/net_1/each_1/inner_1/MatMul", ("inner",)),
        ("Conv_3", ()),
        ("StatefulPartitionedCall_1:0", ()),
    ],
)
def test_the_layer_that_multiplies_comes_first(tensor: str, layers: tuple[str, ...], keras_layers: KerasLayers) -> None:
    [drift] = report_of(tensor).layers
    assert keras_layers.named(drift).keras_layers == layers


def test_a_real_file() -> None:
    found = KerasLayers.in_file(ROOT / "exported" / "resnet8" / "model.keras")
    assert found is not None
    [drift] = report_of("edgekit_1/resnet8_1/re_lu_1_2/Relu;edgekit_1/resnet8_1/conv2d_1_2/convolution").layers
    assert found.named(drift).keras_layers == ("conv2d_1", "re_lu_1")
    output = report_of("StatefulPartitionedCall_1:0").layers[0]
    assert [each.keras_layers for each in found.all_named((output, drift, output))] == [
        (),
        ("conv2d_1", "re_lu_1"),
        ("scores",),
    ]


@pytest.mark.parametrize("content", [b"", b"no archive", None])
def test_of_what_holds_no_configuration_nothing_is_known(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "m.keras"
    if content is not None:
        path.write_bytes(content)
    assert KerasLayers.in_file(path) is None
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "[]")
    assert KerasLayers.in_file(path) is None
