"""Model files and images for the tests of the runtimes."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from edgekit.foundation.registry import Entry
from edgekit.runtimes import RUNTIMES
from support.tiny_models import onnx_model, some_images, write_tflite_models

PLANTED = (
    "Answers",
    "Broken",
    "Busy",
    "Aborts",
    "Crashes",
    "ExitsEarly",
    "Garbage",
    "Greedy",
    "Hangs",
    "IgnoresTermination",
    "MeasuresLong",
    "NotANumber",
    "OutOfMemory",
    "Reuses",
    "Slow",
    "Talks",
)


@pytest.fixture(scope="session")
def tflite_models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_tflite_models(tmp_path_factory.mktemp("tflite"))


@pytest.fixture(scope="session")
def onnx_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("onnx") / "means.onnx"
    path.write_bytes(onnx_model().SerializeToString())
    return path


@pytest.fixture(scope="session")
def images() -> NDArray[np.uint8]:
    return some_images(10)


@pytest.fixture
def images_npy(tmp_path: Path, images: NDArray[np.uint8]) -> Path:
    path = tmp_path / "images.npy"
    np.save(path, images)
    return path


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runtimes of planted_runtimes.py, under their class names, also in worker processes."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    for name in PLANTED:
        entry = Entry(target=f"support.planted_runtimes:{name}", summary="for tests")
        monkeypatch.setitem(RUNTIMES._entries, name, entry)
