"""`.ort` files, ONNX Runtime's own form of an ONNX model, made by ONNX Runtime itself."""

from pathlib import Path

import numpy as np
import pytest
from support.tiny_models import onnx_model

from edgekit.foundation.errors import ArtifactError
from edgekit.inspection.model_file import inspect_file
from edgekit.runtimes import RUNTIMES, SessionSettings


@pytest.fixture
def ort_file(onnx_file: Path, tmp_path: Path) -> Path:
    import onnxruntime

    path = tmp_path / "means.ort"
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.optimized_model_filepath = str(path)
    options.add_session_config_entry("session.save_model_format", "ORT")
    onnxruntime.InferenceSession(str(onnx_file), options, providers=["CPUExecutionProvider"])
    return path


def test_it_is_described_as_the_onnx_model_that_it_was(ort_file: Path, onnx_file: Path) -> None:
    info, original = inspect_file(ort_file), inspect_file(onnx_file)
    assert info.format == "onnx"
    assert info.inputs == original.inputs
    assert info.outputs == original.outputs
    assert {(one.name, one.count) for one in info.operators} == {(one.name, one.count) for one in original.operators}
    assert info.quantization.verdict == original.quantization.verdict
    assert info.metadata["opset"] == original.metadata["opset"]


@pytest.mark.parametrize("runtime", ["onnxruntime", "onnxruntime-unoptimized"])
def test_it_runs(runtime: str, ort_file: Path, onnx_file: Path) -> None:
    sessions = [RUNTIMES.load(runtime).open(path, SessionSettings()) for path in (ort_file, onnx_file)]
    shape = [size or 1 for size in sessions[0].input_spec.shape]
    pixels = np.random.default_rng(0).integers(0, 256, shape).astype(sessions[0].input_spec.dtype)
    ours, expected = (session.invoke(pixels) for session in sessions)
    np.testing.assert_array_equal(ours, expected)


def test_a_damaged_one_and_one_of_another_name_are_refused(ort_file: Path, tmp_path: Path) -> None:
    content = ort_file.read_bytes()
    short = tmp_path / "short.ort"
    short.write_bytes(content[: len(content) // 2])
    with pytest.raises(ArtifactError, match="truncated or damaged"):
        inspect_file(short)
    renamed = tmp_path / "means.onnx"
    renamed.write_bytes(content)
    with pytest.raises(ArtifactError, match=r"named \.onnx, but it holds an ONNX Runtime model \(\.ort\).*means\.ort"):
        inspect_file(renamed)
    plain = tmp_path / "plain.ort"
    plain.write_bytes(onnx_model().SerializeToString())
    with pytest.raises(ArtifactError, match=r"named \.ort, but it holds an ONNX model.*plain\.onnx"):
        inspect_file(plain)


def test_mutated_files_are_read_or_refused_but_never_harm(ort_file: Path, tmp_path: Path) -> None:
    rng, path = np.random.default_rng(5), tmp_path / "mutated.ort"
    for _ in range(200):
        content = bytearray(ort_file.read_bytes())
        for position in rng.integers(8, len(content), 20):
            content[position] = rng.choice([0, 1, 127, 128, 255])
        path.write_bytes(content)
        try:
            inspect_file(path)
        except ArtifactError:
            continue
