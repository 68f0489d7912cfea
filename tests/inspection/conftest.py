"""Model files for the tests of the inspection."""

from pathlib import Path

import pytest
from support.tiny_models import onnx_model, write_tflite_models


@pytest.fixture(scope="session")
def tflite_models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_tflite_models(tmp_path_factory.mktemp("tflite"))


@pytest.fixture(scope="session")
def onnx_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("onnx") / "means.onnx"
    path.write_bytes(onnx_model().SerializeToString())
    return path
