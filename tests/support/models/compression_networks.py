"""Runs and networks for the tests of compression."""

from pathlib import Path
from typing import Any

import numpy as np

from edgekit.datasets import Dataset
from edgekit.exporting.keras.scores import KerasScorer
from edgekit.input_range import RAW
from edgekit.runs.folder import RunFolder
from edgekit.runs.reference import Reference
from support import keras_models


def few_digits() -> Dataset:
    """320 training, 100 validation and 200 test images of the digits."""
    return keras_models.first_images(keras_models.digits(), name="digits", train=320, validation=100, test=200)


def make_run(path: Path, network: Any, dataset: Dataset, **entries: Any) -> RunFolder:
    """What `edgekit train` leaves, as far as compression needs it."""
    settings = {"seed": 0, "validation_fraction": 0.1}
    run = RunFolder.create(path, {"recipe": "mine", "settings": settings, "dataset": dataset.to_dict(), **entries})
    network.save(run.model_path)
    Reference(
        scores=KerasScorer(network, RAW)(dataset.test.images),
        labels=dataset.test.labels,
        dataset_sha256=dataset.sha256,
        class_names=dataset.class_names,
    ).save(run.reference_path)
    run.record(run.model_path, run.reference_path)
    return run


def shaken(network: Any, seed: int = 0) -> Any:
    """The same network with random weights and batch statistics, so that no layer is the identity."""
    rng = np.random.default_rng(seed)
    for weight in network.weights:
        shape = tuple(weight.shape)
        spread = 1 / np.sqrt(max(1, np.prod(shape[:-1]))) if len(shape) > 1 else 0.3
        values = rng.normal(0, spread, shape)
        if weight.name in ("gamma", "moving_variance"):
            values = np.abs(values) + 0.7
        weight.assign(values.astype(np.float32))
    return network
