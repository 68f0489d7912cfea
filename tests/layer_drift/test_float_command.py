"""The command that leaves layers in float makes the file again as it was made, but for these."""

from edgekit.artifact import Format, Precision
from edgekit.layer_drift.float_command import float_command

PLAIN = {"io": "uint8", "batch": 1, "output": "probabilities", "quantizer": "tensorflow", "float_layers": []}


def test_a_file_by_default_needs_the_layers_alone() -> None:
    command = float_command("exported/net", Format.TFLITE, Precision.INT8, PLAIN, ["conv2d_1", "scores"])
    assert command == "edgekit export exported/net --int8 --format tflite --float-layers conv2d_1,scores"


def test_what_the_file_was_made_with_is_said_again() -> None:
    entry = {
        **PLAIN,
        "quantizer": "ai-edge",
        "calibration_method": "percentile",
        "percentile": 99.9,
        "batch": "dynamic",
        "granularity": "per-tensor",
        "float_head": True,
        "float_layers": ["scores"],
    }
    assert float_command("my run", Format.TFLITE, Precision.INT8, entry, ["conv2d", "scores"]) == (
        "edgekit export 'my run' --int8 --format tflite --quantizer ai-edge --calibration percentile --percentile 99.9 "
        "--batch dynamic --per-tensor --float-head --float-layers scores,conv2d"
    )
    assert "--onnx-activations int8 --full-range" in str(
        float_command("net", Format.ONNX, Precision.INT8, {"activations": "int8", "reduce_range": False}, ["conv2d"])
    )


def test_there_is_none_for_other_precisions_or_no_layer() -> None:
    assert float_command("net", Format.TFLITE, Precision.FLOAT16, PLAIN, ["conv2d"]) is None
    assert float_command("net", Format.TFLITE, Precision.INT8, PLAIN, []) is None
