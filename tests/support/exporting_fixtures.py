"""One trained network and calibration images, shared by the tests of all formats."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edgekit.datasets import Dataset
from edgekit.quantization import CalibrationSet


@pytest.fixture(scope="session")
def digits() -> Dataset:
    from support import keras_models

    return keras_models.digits()


@pytest.fixture(scope="session")
def model() -> Any:
    from support import keras_models

    return keras_models.trained()


@pytest.fixture(scope="session")
def calibration(digits: Dataset) -> CalibrationSet:
    return CalibrationSet.choose(digits, 60)


@pytest.fixture(scope="session")
def images(digits: Dataset) -> NDArray[np.uint8]:
    return digits.test.images[:64]


@pytest.fixture(scope="session")
def reference(model: Any, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.asarray(model(images.astype(np.float32), training=False))
