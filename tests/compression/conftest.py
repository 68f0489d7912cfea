"""A finished run on few digits, and the networks of the recipes with weights that make their layers count."""

import pytest
from support import keras_models
from support.models.compression_networks import few_digits, make_run

from edgekit.datasets import Dataset
from edgekit.foundation.model_optimization import Libraries, import_libraries
from edgekit.runs.folder import RunFolder


@pytest.fixture(scope="session")
def libraries() -> Libraries:
    return import_libraries()


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    return few_digits()


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory, dataset: Dataset) -> RunFolder:
    """The tutorial's network (batch normalization after ReLU, dropout, Flatten), trained on the digits."""
    return make_run(tmp_path_factory.mktemp("runs") / "original", keras_models.trained(), dataset)
