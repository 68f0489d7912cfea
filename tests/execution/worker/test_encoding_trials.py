"""Pixels as external models expect them: other ranges, BGR, bytes as they are."""

from pathlib import Path

import numpy as np
import pytest
from support.tiny_models import onnx_model, onnx_scores, some_images

from edgekit.artifact import TensorSpec
from edgekit.execution.isolation import execute, try_encodings
from edgekit.execution.pixels import encoder_for
from edgekit.foundation.errors import ArtifactError, UsageError
from edgekit.input_range import InputEncoding
from edgekit.runtimes import ExecutionFailure

PIXELS = np.array([[0, 51, 255], [200, 100, 10]], np.uint8).reshape(1, 1, 2, 3)


def encoded(dtype: str, text: str, channels: str = "rgb", scale: float | None = None, zero_point: int | None = None):
    spec = TensorSpec(name="t", shape=(1, None, None, 3), dtype=dtype, scale=scale, zero_point=zero_point)
    result = encoder_for(spec, (1, 2, 3), InputEncoding.parse(text, channels))(PIXELS)
    assert result.dtype == dtype
    assert result.flags.c_contiguous
    return result.reshape(2, 3)


def test_a_range_is_one_multiplication_and_one_addition() -> None:
    assert np.allclose(encoded("float32", "0..1")[0], [0, 0.2, 1])
    assert np.allclose(encoded("float32", "-1..1")[0], [-1, -0.6, 1])
    assert encoded("float16", "0..1").dtype == np.float16


def test_means_and_deviations_stand_in_rgb_order_whatever_the_model_wants() -> None:
    wanted = (PIXELS.reshape(2, 3) / 255 - [0.1, 0.2, 0.3]) / [1, 2, 4]
    text = "mean=0.1/0.2/0.3,std=1/2/4"
    assert np.allclose(encoded("float32", text), wanted, atol=1e-6)
    assert np.allclose(encoded("float32", text, "bgr"), wanted[:, ::-1], atol=1e-6)


def test_channels_first_keeps_means_with_their_channels() -> None:
    spec = TensorSpec(name="t", shape=(1, 3, 1, 2), dtype="float32")
    encoding = InputEncoding.parse("mean=0.1/0.2/0.3,std=1/2/4", "bgr")
    result = encoder_for(spec, (1, 2, 3), encoding)(PIXELS)
    wanted = ((PIXELS / 255 - [0.1, 0.2, 0.3]) / [1, 2, 4])[..., ::-1].transpose(0, 3, 1, 2)
    assert np.allclose(result, wanted, atol=1e-6)
    assert result.flags.c_contiguous


def test_bgr_alone_exchanges_bytes() -> None:
    assert encoded("uint8", "0..255", "bgr")[0].tolist() == [255, 51, 0]
    assert encoded("float32", "0..255", "bgr")[1].tolist() == [10, 100, 200]


def test_the_quantization_of_the_file_comes_after_the_range() -> None:
    assert encoded("int8", "-1..1", scale=2 / 255, zero_point=-1)[0].tolist() == [-128, -77, 127]
    assert encoded("uint8", "0..1", scale=1 / 255, zero_point=0)[0].tolist() == [0, 51, 255]
    assert encoded("int8", "-128..127")[0].tolist() == [-128, -77, 127]


def test_bytes_go_in_as_they_are() -> None:
    assert encoded("int8", "bytes", scale=0.5, zero_point=3)[1].tolist() == [-56, 100, 10]
    assert encoded("uint8", "bytes", scale=0.5, zero_point=3)[1].tolist() == [200, 100, 10]
    with pytest.raises(ArtifactError, match="Expected uint8 or int8"):
        encoded("float32", "bytes")


def test_there_are_two_orders_of_channels() -> None:
    with pytest.raises(UsageError, match="rgb or bgr"):
        InputEncoding.parse("0..1", "grb")


def test_a_worker_runs_in_the_range_and_tries_several(tmp_path: Path) -> None:
    images = some_images(20)
    np.save(tmp_path / "images.npy", images)
    (tmp_path / "model.onnx").write_bytes(onnx_model().SerializeToString())
    ways = [InputEncoding.parse(text) for text in ("0..255", "bytes", "0..1")]
    result = execute("onnxruntime", tmp_path / "model.onnx", tmp_path / "images.npy", encoding=ways[2])
    assert not isinstance(result, ExecutionFailure)
    assert np.allclose(result.scores, onnx_scores(images) / 255, atol=1e-5)
    trials = try_encodings("onnxruntime", tmp_path / "model.onnx", tmp_path / "images.npy", ways)
    assert not isinstance(trials, ExecutionFailure)
    assert trials.shape == (3, 20, 5)
    assert np.allclose(trials[0], onnx_scores(images), atol=1e-3)
    assert np.isnan(trials[1]).all()
    assert np.allclose(trials[2], result.scores, atol=1e-5)
    failure = try_encodings("onnxruntime", tmp_path / "model.onnx", tmp_path / "images.npy", ways[1:2])
    assert isinstance(failure, ExecutionFailure)
    assert "uint8 or int8" in failure.reason
