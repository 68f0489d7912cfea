import json
import struct
from pathlib import Path

import numpy as np
import pytest

from edgekit.foundation.errors import ArtifactError
from edgekit.inspection.model_file import inspect_file

CONVOLUTIONS = 8 * 8 * 16 * 27 + 4 * 4 * 16 * 144
"""Multiply-adds of the two convolutions of the tiny models: output numbers times numbers in a filter."""


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("float32", "float32"),
        ("float32-any-batch", "float32"),
        ("float16", "float16 weights"),
        ("dynamic", "int8 weights only (dynamic range)"),
        ("int8", "fully int8"),
        ("int8-signed", "fully int8"),
        ("int8-float-io", "fully int8"),
        ("int8-flat", "fully int8"),
        ("int16x8", "int16 activations, int8 weights"),
    ],
)
def test_the_verdict_on_every_precision(name: str, verdict: str, tflite_models: dict[str, Path]) -> None:
    assert inspect_file(tflite_models[name]).quantization.verdict == verdict


def test_an_int8_file_in_detail(tflite_models: dict[str, Path]) -> None:
    info = inspect_file(tflite_models["int8"])
    assert info.format == "tflite"
    assert info.size_bytes == tflite_models["int8"].stat().st_size
    [pixels], [scores] = info.inputs, info.outputs
    assert (pixels.dtype, pixels.shape, pixels.scale, pixels.zero_point) == ("uint8", (1, 16, 16, 3), 1.0, 0)
    assert (scores.dtype, scores.shape, scores.scale) == ("uint8", (1, 5), 1 / 256)
    counts = {operator.name: operator.count for operator in info.operators}
    assert counts["CONV_2D"] == 2
    assert counts["QUANTIZE"] == info.quantization.num_quantize == 2
    assert info.quantization.num_integer == info.quantization.num_computing > 0
    assert info.quantization.integer_weight_share == 1.0
    assert info.quantization.num_per_channel >= 2
    assert info.quantization.float_operators == {}
    assert info.multiply_adds == CONVOLUTIONS + 16 * 5
    assert info.weights_by_dtype["int8"] >= 432 + 2304 + 80
    assert info.metadata["min_runtime_version"][0].isdigit()


@pytest.mark.parametrize(
    ("name", "dtype"), [("int8", "uint8"), ("int8-signed", "int8"), ("int8-float-io", "int8"), ("int16x8", "int16")]
)
def test_the_integers_that_hold_the_pixels(name: str, dtype: str, tflite_models: dict[str, Path]) -> None:
    stored = inspect_file(tflite_models[name]).stored_input
    assert stored is not None
    assert stored.dtype == dtype
    assert stored.scale == pytest.approx(1.0 if dtype != "int16" else 255 / 32767, rel=0.01)


def test_only_int16x8_files_read_or_write_int16_in_every_operator(tflite_models: dict[str, Path]) -> None:
    assert [name for name, path in tflite_models.items() if inspect_file(path).is_all_int16] == ["int16x8"]


@pytest.mark.parametrize("name", ["float32", "float16", "dynamic"])
def test_pixels_that_stay_float_are_held_by_no_integers(name: str, tflite_models: dict[str, Path]) -> None:
    assert inspect_file(tflite_models[name]).stored_input is None


def test_a_float_file_in_detail(tflite_models: dict[str, Path]) -> None:
    info = inspect_file(tflite_models["float32-any-batch"])
    assert info.inputs[0].shape == (None, 16, 16, 3)
    assert info.inputs[0].scale is None
    assert info.quantization.integer_weight_share == 0
    assert info.quantization.num_integer == 0
    assert info.num_weights >= 432 + 2304 + 80


def test_float_io_is_shown_by_quantize_and_dequantize(tflite_models: dict[str, Path]) -> None:
    quantization = inspect_file(tflite_models["int8-float-io"]).quantization
    assert (quantization.num_quantize, quantization.num_dequantize) == (1, 1)


def test_flex_operators_are_marked(tflite_models: dict[str, Path]) -> None:
    kinds = {operator.name: operator.kind for operator in inspect_file(tflite_models["flex"]).operators}
    assert kinds["FlexErf"] == "flex"


def test_everything_fits_into_json(tflite_models: dict[str, Path]) -> None:
    for path in tflite_models.values():
        document = json.loads(json.dumps(inspect_file(path).to_dict(), allow_nan=False))
        assert document["quantization"]["verdict"]


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.9])
def test_a_truncated_file_says_so(share: float, tmp_path: Path, tflite_models: dict[str, Path]) -> None:
    content = tflite_models["float32"].read_bytes()
    path = tmp_path / "short.tflite"
    path.write_bytes(content[: max(16, int(len(content) * share))])
    with pytest.raises(ArtifactError, match="truncated or damaged"):
        inspect_file(path)


def test_mutated_files_are_read_or_refused_but_never_harm(tmp_path: Path, tflite_models: dict[str, Path]) -> None:
    rng = np.random.default_rng(5)
    path, refused = tmp_path / "mutated.tflite", 0
    for index in range(300):
        content = bytearray(tflite_models["int8" if index % 2 else "dynamic"].read_bytes())
        for position in rng.integers(0, len(content), 40):
            content[position] = rng.choice([0, 1, 127, 128, 255])
        path.write_bytes(content)
        try:
            json.dumps(inspect_file(path).to_dict(), allow_nan=False)
        except ArtifactError:
            refused += 1
    assert refused > 10


def test_a_file_that_claims_four_billion_entries_is_refused_at_once(
    tmp_path: Path, tflite_models: dict[str, Path]
) -> None:
    content = bytearray(tflite_models["float32"].read_bytes())
    path = tmp_path / "bomb.tflite"
    for position in range(8, 2000, 4):
        planted = content.copy()
        planted[position : position + 4] = struct.pack("<I", 0xFFFFFFFF)
        path.write_bytes(planted)
        try:
            inspect_file(path)
        except ArtifactError:
            continue
