"""What is said of files that a runtime's library refuses."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest
from onnx import helper
from support.tiny_models import onnx_model

from edgekit.foundation.errors import ArtifactError
from edgekit.inspection.load_errors import in_one_sentence
from edgekit.runtimes import RUNTIMES, SessionSettings


def refusal(runtime: str, path: Path) -> str:
    with pytest.raises(ArtifactError) as error:
        RUNTIMES.load(runtime).open(path, SessionSettings())
    return str(error.value)


@pytest.mark.parametrize("runtime", ["litert-xnnpack", "litert-builtin", "litert-reference"])
def test_operators_of_tensorflow_are_named(runtime: str, tflite_models: dict[str, Path]) -> None:
    said = refusal(runtime, tflite_models["flex"])
    assert "TensorFlow's own operators (Flex), which this runtime does not have: FlexErf." in said


def test_custom_operators_of_onnx_are_named(tmp_path: Path) -> None:
    model = onnx_model()
    model.graph.node[-1].domain, model.graph.node[-1].op_type = "com.example", "Magic"
    model.opset_import.append(helper.make_opsetid("com.example", 1))
    path = tmp_path / "m.onnx"
    path.write_bytes(model.SerializeToString())
    assert "custom operators, which only its author's runtime has: com.example.Magic." in refusal("onnxruntime", path)


def test_custom_operators_of_tflite_are_named(tmp_path: Path, tflite_models: dict[str, Path]) -> None:
    path = tmp_path / "m.tflite"
    path.write_bytes(tflite_models["flex"].read_bytes().replace(b"FlexErf", b"MagiErf"))
    for runtime in ("litert-xnnpack", "litert-reference"):
        assert "custom operators, which only its author's runtime has: MagiErf." in refusal(runtime, path)


@pytest.mark.parametrize("runtime", ["litert-xnnpack", "litert-builtin"])
def test_names_that_are_no_text_are_a_refusal(runtime: str, tmp_path: Path, tflite_models: dict[str, Path]) -> None:
    content = tflite_models["float32"].read_bytes()
    name = RUNTIMES.load(runtime).open(tflite_models["float32"], SessionSettings()).input_spec.name.encode()
    path = tmp_path / "m.tflite"
    path.write_bytes(content.replace(name + b"\0", b"\xff" * len(name) + b"\0"))
    assert "cannot load" in refusal(runtime, path)


@pytest.mark.parametrize(("runtime", "suffix"), [("litert-builtin", ".tflite"), ("onnxruntime", ".onnx")])
def test_of_a_file_that_is_no_such_model_it_is_said_what_it_is(
    runtime: str, suffix: str, tmp_path: Path, tflite_models: dict[str, Path]
) -> None:
    contents = {".tflite": tflite_models["float32"].read_bytes(), ".onnx": onnx_model().SerializeToString()}
    other = ".onnx" if suffix == ".tflite" else ".tflite"
    path = tmp_path / f"m{suffix}"
    path.write_bytes(contents[other])
    assert f"Rename it to m{other}, or export the model again." in refusal(runtime, path)
    path.write_bytes(contents[suffix][: len(contents[suffix]) // 2])
    assert "truncated or damaged" in refusal(runtime, path)
    path.write_text("I am a text, not a model at all.")
    assert f"Expected a {suffix} model; this is plain text." in refusal(runtime, path)


@pytest.mark.skipif(sys.platform != "linux", reason="only there may a path hold any bytes")
def test_a_path_that_is_no_text_is_a_sentence(tmp_path: Path, tflite_models: dict[str, Path]) -> None:
    folder = tmp_path / os.fsdecode(b"bad\xff")
    folder.mkdir()
    (folder / "m.onnx").write_bytes(onnx_model().SerializeToString())
    (folder / "m.tflite").write_bytes(tflite_models["float32"].read_bytes())
    for runtime, name in (("litert-xnnpack", "m.tflite"), ("onnxruntime", "m.onnx")):
        assert "its path holds bytes that are not text here" in refusal(runtime, folder / name)


def test_outputs_that_are_no_tensors_are_refused(tmp_path: Path) -> None:
    model = onnx_model()
    model.graph.node.append(helper.make_node("SequenceConstruct", ["scores"], ["list"]))
    model.graph.output[0].CopyFrom(helper.make_tensor_sequence_value_info("list", 1, None))
    path = tmp_path / "m.onnx"
    path.write_bytes(model.SerializeToString())
    assert "'list' is of type seq(tensor(float))" in refusal("onnxruntime", path)


def test_an_output_of_a_million_numbers_an_image_is_refused_before_it_fills_the_disk(tmp_path: Path) -> None:
    from edgekit.execution.isolation import execute

    path = tmp_path / "m.onnx"
    path.write_bytes(onnx_model(num_classes=100_000).SerializeToString())
    np.save(tmp_path / "images.npy", np.zeros((2, 16, 16, 3), np.uint8))
    result = execute("onnxruntime", path, tmp_path / "images.npy")
    assert "100,000 numbers per image. Expected the scores of at most 65,536 classes" in str(result)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (
            "[ONNXRuntimeError] : 7 : INVALID_PROTOBUF : Load model from /a/b.onnx failed:Protobuf parsing failed.",
            "Protobuf parsing failed.",
        ),
        (
            "in delegateunsupported type.Node number 3 (X) failed",
            "in delegate; unsupported type; Node number 3 (X) failed",
        ),
        ("first\n  second\n", "first second"),
        ("", "RuntimeError"),
        ("x" * 2000, "x" * 500),
    ],
)
def test_messages_become_one_sentence(raw: str, said: str) -> None:
    assert in_one_sentence(RuntimeError(raw)) == said
