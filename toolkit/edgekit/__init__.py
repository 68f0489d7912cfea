"""Train Keras image classifiers, export them for devices, prove that what ships is what you trained.

The whole job from Python: `train(...)`, `export(...)`, `verify(...)`. Names are loaded when used.
"""

import importlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edgekit.compression import CompressionSettings, compress
    from edgekit.datasets import Dataset, DatasetRequest, load_dataset
    from edgekit.exporting.formats import ExportOptions, TFLiteOptions
    from edgekit.exporting.session import export
    from edgekit.layer_drift import DriftRequest, diagnose_request
    from edgekit.quantization.scheme import QuantizationScheme
    from edgekit.recipe import Recipe, TrainingSettings, load_recipe
    from edgekit.training.hardware import Hardware
    from edgekit.training.session import train
    from edgekit.verification.job import verify

__version__ = "0.1.0"

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
"""ONNX Runtime 1.31 and later tell their maker about each model that they run, unless they are told not to before
they are first imported."""

__all__ = [
    "CompressionSettings",
    "Dataset",
    "DatasetRequest",
    "DriftRequest",
    "ExportOptions",
    "Hardware",
    "QuantizationScheme",
    "Recipe",
    "TFLiteOptions",
    "TrainingSettings",
    "compress",
    "diagnose_request",
    "export",
    "load_dataset",
    "load_recipe",
    "train",
    "verify",
]

_HOMES = {
    "ExportOptions": "edgekit.exporting.formats",
    "QuantizationScheme": "edgekit.quantization.scheme",
    "TFLiteOptions": "edgekit.exporting.formats",
    "CompressionSettings": "edgekit.compression",
    "Dataset": "edgekit.datasets",
    "DatasetRequest": "edgekit.datasets",
    "DriftRequest": "edgekit.layer_drift",
    "Hardware": "edgekit.training.hardware",
    "Recipe": "edgekit.recipe",
    "TrainingSettings": "edgekit.recipe",
    "compress": "edgekit.compression",
    "diagnose_request": "edgekit.layer_drift",
    "export": "edgekit.exporting.session",
    "load_dataset": "edgekit.datasets",
    "load_recipe": "edgekit.recipe",
    "train": "edgekit.training.session",
    "verify": "edgekit.verification.job",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'edgekit' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOMES[name]), name)
