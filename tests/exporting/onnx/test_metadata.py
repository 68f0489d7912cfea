"""Properties of `.onnx` files, as onnx and ONNX Runtime read them."""

import json
from dataclasses import replace

import onnx
from support.tiny_models import onnx_model

from edgekit.datasets.images.rule import ImageRule
from edgekit.exporting.description import Authorship, FileDescription
from edgekit.exporting.onnx.metadata import with_metadata

DESCRIPTION = FileDescription(
    name="tiny",
    class_names=('quote " and \\', "Zürich"),
    height=16,
    width=24,
    num_channels=3,
    precision="float32",
    output="logits",
    dataset="gradients",
    reference_sha256="cd" * 32,
    made_with="edgekit",
    authorship=Authorship(),
)


def test_properties_are_read_by_onnx_and_the_graph_is_the_same() -> None:
    plain = onnx_model()
    described = onnx.load_from_string(with_metadata(plain.SerializeToString(), DESCRIPTION, layout="nchw"))
    onnx.checker.check_model(described)
    assert described.graph == plain.graph
    properties = {each.key: each.value for each in described.metadata_props}
    assert json.loads(properties["edgekit.class_names"]) == list(DESCRIPTION.class_names)
    assert properties["edgekit.layout"] == "nchw"
    assert properties["edgekit.image_size"] == "16x24"
    assert properties["edgekit.output"] == "logits"
    assert "edgekit.author" not in properties
    assert "edgekit.resize" not in properties


def test_the_resize_rule_of_the_training_is_said() -> None:
    description = replace(DESCRIPTION, resize=str(ImageRule(resize="crop")))
    described = onnx.load_from_string(with_metadata(onnx_model().SerializeToString(), description, layout="nhwc"))
    properties = {each.key: each.value for each in described.metadata_props}
    assert properties["edgekit.resize"] == str(ImageRule(resize="crop"))
    assert properties["edgekit.resize"] in properties["edgekit.description"]


def test_onnx_runtime_gives_them_to_an_app() -> None:
    import onnxruntime

    content = with_metadata(onnx_model().SerializeToString(), replace(DESCRIPTION, name="named"), layout="nhwc")
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    assert session.get_modelmeta().custom_metadata_map["edgekit.name"] == "named"
