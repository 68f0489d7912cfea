"""A finished run made without training anew, copies of it, and the network and images that all formats share."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from support.exporting_fixtures import calibration, digits, images, model, reference

from edgekit.runs.folder import RunFolder

__all__ = ["calibration", "digits", "images", "model", "new_run", "pristine_run", "reference"]


@pytest.fixture(scope="session")
def pristine_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `edgekit train` leaves, as far as an export needs it."""
    from support import keras_models

    dataset, path = keras_models.digits(), tmp_path_factory.mktemp("pristine") / "run"
    run = RunFolder.create(
        path,
        {
            "recipe": "tutorial",
            "settings": {"seed": 0, "validation_fraction": 0.1},
            "dataset": {
                "name": dataset.name,
                "sha256": dataset.sha256,
                "image_shape": list(dataset.image_shape),
                "class_names": list(dataset.class_names),
            },
        },
    )
    keras_models.trained().save(run.model_path)
    run.record(run.model_path)
    return path


@pytest.fixture
def new_run(pristine_run: Path, tmp_path: Path) -> Callable[[], RunFolder]:
    """Makes a copy that a test may change."""
    return lambda: RunFolder(Path(shutil.copytree(pristine_run, tmp_path / "run")))
