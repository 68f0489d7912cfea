"""Train Keras image classifiers, export them for devices, and check that every file behaves like the float model.

Each command is a function of the same name: `train(...)`, `export(...)`, `verify(...)`. Names are loaded when used.
"""

import importlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edgekit.api.bench import bench
    from edgekit.api.bundle import bundle, check_golden, publish, verify_bundle
    from edgekit.api.comparisons import clients, compare, compare_reports
    from edgekit.api.compress import compress
    from edgekit.api.diagnose import diagnose
    from edgekit.api.export import export
    from edgekit.api.lists import datasets, doctor, inspect, recipes, runtimes
    from edgekit.api.new import new
    from edgekit.api.pages import RunPage, demo_page, report
    from edgekit.api.predict import predict
    from edgekit.api.run import RunReport, run
    from edgekit.api.schemes import compare_schemes, tune
    from edgekit.api.train import train
    from edgekit.api.verify import verify
    from edgekit.artifact import Artifact, Format, Precision, TensorSpec
    from edgekit.bundle.golden.checking import GoldenReport, GoldenRow, GoldenVerdict
    from edgekit.bundle.golden.document import GoldenUnit
    from edgekit.bundle.job import BundleReport
    from edgekit.bundle.verification import BundleCheck
    from edgekit.clients.compiler import NpuShare
    from edgekit.clients.report import ClientCell, ClientOutcome, ClientsReport, FileInClients
    from edgekit.compression import CompressionSettings
    from edgekit.datasets import Dataset, DatasetRequest, Split, load_dataset
    from edgekit.datasets.images.form import ImageForm
    from edgekit.datasets.images.rule import ImageRule
    from edgekit.datasets.sources import SourceStatus
    from edgekit.execution.availability import RuntimeStatus
    from edgekit.execution.prediction import Prediction, PredictReport
    from edgekit.exporting.checking.check import CheckResult
    from edgekit.exporting.description import Authorship
    from edgekit.exporting.formats import ExportOptions, OnnxOptions, TFLiteOptions
    from edgekit.exporting.keras.batchnorm_folding import Folding
    from edgekit.exporting.onnx.targets import OrtTarget
    from edgekit.exporting.report import ExportedFile, ExportReport, FailedFile
    from edgekit.exporting.schemes import SchemeComparison, SchemeResult
    from edgekit.exporting.tflite.float_islands import Island
    from edgekit.foundation.backends import BackendStatus
    from edgekit.foundation.errors import (
        ArtifactError,
        BundleError,
        CalibrationError,
        ClientError,
        CompressionError,
        DatasetError,
        EdgekitError,
        ExportError,
        MissingExtraError,
        PluginError,
        PluginWarning,
        PublishError,
        RecipeError,
        RunFolderError,
        RuntimeUnavailableError,
        TrainingError,
        UnknownNameError,
        UsageError,
        VerificationError,
    )
    from edgekit.foundation.machine import Gpu, Machine
    from edgekit.foundation.progress import Progress
    from edgekit.input_range import InputRange
    from edgekit.inspection.info import Arena, FileKernels, Kernel, ModelInfo, OperatorCount, Quantization
    from edgekit.inspection.self_description import SelfDescription
    from edgekit.installation import Ability, Diagnosis, Library
    from edgekit.layer_drift.job import DiagnoseReport
    from edgekit.layer_drift.report import LayerDrift, LayerDriftReport
    from edgekit.metrics.drift import Flips
    from edgekit.metrics.own_noise import OwnNoise
    from edgekit.project.making import Project
    from edgekit.publishing.hub import Published
    from edgekit.publishing.job import PublishReport
    from edgekit.quantization.scheme import CalibrationMethod, Granularity, QuantizationScheme
    from edgekit.recipe import Recipe, RecipeSummary, SizePlan, TrainingSettings, load_recipe
    from edgekit.runs.folder import RunFolder
    from edgekit.runs.summary import RunComparison, RunSummary
    from edgekit.search.budget import Budget
    from edgekit.search.job import TuneReport
    from edgekit.search.trial import Trial
    from edgekit.speed.comparison import Ratio, SpeedChange, SpeedComparison
    from edgekit.speed.report import Latency, SpeedReport, SpeedRow
    from edgekit.tolerance import Tolerance, Tolerances
    from edgekit.training.hardware import Hardware
    from edgekit.verification.measuring.measurement import (
        ClassFlip,
        ClassResult,
        ConfusionCell,
        FlippedImage,
        ListTotal,
        Measurement,
        ReliabilityBin,
    )
    from edgekit.verification.measuring.pairwise import Pair, PairwiseAgreement
    from edgekit.verification.measuring.resize_effect import ResizeCheck, ResizeEffect, ResizeModel, ResizeRow
    from edgekit.verification.verdict.environment import Environment
    from edgekit.verification.verdict.report import (
        CandidateReport,
        DatasetSummary,
        Performance,
        ReferenceSummary,
        Verdict,
        VerificationReport,
    )
    from edgekit.verification.verdict.report_changes import Change, ReportChanges
    from edgekit.verification.verdict.targets import Target
    from edgekit.web_demo.job import DemoPage

__version__ = "0.1.0"

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
"""ONNX Runtime 1.31 and later tell their maker about each model that they run, unless they are told not to before
they are first imported."""

__all__ = [
    "Ability",
    "Arena",
    "Artifact",
    "ArtifactError",
    "Authorship",
    "BackendStatus",
    "Budget",
    "BundleCheck",
    "BundleError",
    "BundleReport",
    "CalibrationError",
    "CalibrationMethod",
    "CandidateReport",
    "Change",
    "CheckResult",
    "ClassFlip",
    "ClassResult",
    "ClientCell",
    "ClientError",
    "ClientOutcome",
    "ClientsReport",
    "CompressionError",
    "CompressionSettings",
    "ConfusionCell",
    "Dataset",
    "DatasetError",
    "DatasetRequest",
    "DatasetSummary",
    "DemoPage",
    "DiagnoseReport",
    "Diagnosis",
    "EdgekitError",
    "Environment",
    "ExportError",
    "ExportOptions",
    "ExportReport",
    "ExportedFile",
    "FailedFile",
    "FileInClients",
    "FileKernels",
    "FlippedImage",
    "Flips",
    "Folding",
    "Format",
    "GoldenReport",
    "GoldenRow",
    "GoldenUnit",
    "GoldenVerdict",
    "Gpu",
    "Granularity",
    "Hardware",
    "ImageForm",
    "ImageRule",
    "InputRange",
    "Island",
    "Kernel",
    "Latency",
    "LayerDrift",
    "LayerDriftReport",
    "Library",
    "ListTotal",
    "Machine",
    "Measurement",
    "MissingExtraError",
    "ModelInfo",
    "NpuShare",
    "OnnxOptions",
    "OperatorCount",
    "OrtTarget",
    "OwnNoise",
    "Pair",
    "PairwiseAgreement",
    "Performance",
    "PluginError",
    "PluginWarning",
    "Precision",
    "PredictReport",
    "Prediction",
    "Progress",
    "Project",
    "PublishError",
    "PublishReport",
    "Published",
    "Quantization",
    "QuantizationScheme",
    "Ratio",
    "Recipe",
    "RecipeError",
    "RecipeSummary",
    "ReferenceSummary",
    "ReliabilityBin",
    "ReportChanges",
    "ResizeCheck",
    "ResizeEffect",
    "ResizeModel",
    "ResizeRow",
    "RunComparison",
    "RunFolder",
    "RunFolderError",
    "RunPage",
    "RunReport",
    "RunSummary",
    "RuntimeStatus",
    "RuntimeUnavailableError",
    "SchemeComparison",
    "SchemeResult",
    "SelfDescription",
    "SizePlan",
    "SourceStatus",
    "SpeedChange",
    "SpeedComparison",
    "SpeedReport",
    "SpeedRow",
    "Split",
    "TFLiteOptions",
    "Target",
    "TensorSpec",
    "Tolerance",
    "Tolerances",
    "TrainingError",
    "TrainingSettings",
    "Trial",
    "TuneReport",
    "UnknownNameError",
    "UsageError",
    "Verdict",
    "VerificationError",
    "VerificationReport",
    "bench",
    "bundle",
    "check_golden",
    "clients",
    "compare",
    "compare_reports",
    "compare_schemes",
    "compress",
    "datasets",
    "demo_page",
    "diagnose",
    "doctor",
    "export",
    "inspect",
    "load_dataset",
    "load_recipe",
    "new",
    "predict",
    "publish",
    "recipes",
    "report",
    "run",
    "runtimes",
    "train",
    "tune",
    "verify",
    "verify_bundle",
]

_NAMES = {
    "edgekit.api.bench": "bench",
    "edgekit.api.bundle": "check_golden publish verify_bundle",
    "edgekit.api.comparisons": "compare compare_reports",
    "edgekit.api.compress": "compress",
    "edgekit.api.diagnose": "diagnose",
    "edgekit.api.export": "export",
    "edgekit.api.lists": "doctor inspect recipes",
    "edgekit.api.predict": "predict",
    "edgekit.api.new": "new",
    "edgekit.api.pages": "RunPage demo_page report",
    "edgekit.api.run": "RunReport run",
    "edgekit.api.schemes": "compare_schemes tune",
    "edgekit.api.train": "train",
    "edgekit.api.verify": "verify",
    "edgekit.artifact": "Artifact Format Precision TensorSpec",
    "edgekit.bundle.golden.checking": "GoldenReport GoldenRow GoldenVerdict",
    "edgekit.bundle.golden.document": "GoldenUnit",
    "edgekit.bundle.job": "BundleReport",
    "edgekit.bundle.verification": "BundleCheck",
    "edgekit.clients.compiler": "NpuShare",
    "edgekit.clients.report": "ClientCell ClientOutcome ClientsReport FileInClients",
    "edgekit.compression": "CompressionSettings",
    "edgekit.datasets": "Dataset DatasetRequest Split load_dataset",
    "edgekit.datasets.images.form": "ImageForm",
    "edgekit.datasets.images.rule": "ImageRule",
    "edgekit.datasets.sources": "SourceStatus",
    "edgekit.execution.availability": "RuntimeStatus",
    "edgekit.execution.prediction": "Prediction PredictReport",
    "edgekit.exporting.checking.check": "CheckResult",
    "edgekit.exporting.description": "Authorship",
    "edgekit.exporting.formats": "ExportOptions OnnxOptions TFLiteOptions",
    "edgekit.exporting.keras.batchnorm_folding": "Folding",
    "edgekit.exporting.onnx.targets": "OrtTarget",
    "edgekit.exporting.report": "ExportedFile ExportReport FailedFile",
    "edgekit.exporting.schemes": "SchemeComparison SchemeResult",
    "edgekit.exporting.tflite.float_islands": "Island",
    "edgekit.foundation.backends": "BackendStatus",
    "edgekit.foundation.machine": "Gpu Machine",
    "edgekit.foundation.progress": "Progress",
    "edgekit.input_range": "InputRange",
    "edgekit.inspection.self_description": "SelfDescription",
    "edgekit.inspection.info": "Arena FileKernels Kernel ModelInfo OperatorCount Quantization",
    "edgekit.metrics.own_noise": "OwnNoise",
    "edgekit.installation": "Ability Diagnosis Library",
    "edgekit.layer_drift.job": "DiagnoseReport",
    "edgekit.layer_drift.report": "LayerDrift LayerDriftReport",
    "edgekit.metrics.drift": "Flips",
    "edgekit.project.making": "Project",
    "edgekit.publishing.hub": "Published",
    "edgekit.publishing.job": "PublishReport",
    "edgekit.quantization.scheme": "CalibrationMethod Granularity QuantizationScheme",
    "edgekit.recipe": "Recipe RecipeSummary SizePlan TrainingSettings load_recipe",
    "edgekit.speed.comparison": "Ratio SpeedChange SpeedComparison",
    "edgekit.speed.report": "Latency SpeedReport SpeedRow",
    "edgekit.runs.folder": "RunFolder",
    "edgekit.runs.summary": "RunComparison RunSummary",
    "edgekit.search.budget": "Budget",
    "edgekit.search.job": "TuneReport",
    "edgekit.search.trial": "Trial",
    "edgekit.tolerance": "Tolerance Tolerances",
    "edgekit.training.hardware": "Hardware",
    "edgekit.verification.measuring.measurement": (
        "ClassFlip ClassResult ConfusionCell FlippedImage ListTotal Measurement ReliabilityBin"
    ),
    "edgekit.verification.measuring.pairwise": "Pair PairwiseAgreement",
    "edgekit.verification.measuring.resize_effect": "ResizeCheck ResizeEffect ResizeModel ResizeRow",
    "edgekit.verification.verdict.environment": "Environment",
    "edgekit.verification.verdict.report": (
        "CandidateReport DatasetSummary Performance ReferenceSummary Verdict VerificationReport"
    ),
    "edgekit.verification.verdict.report_changes": "Change ReportChanges",
    "edgekit.verification.verdict.targets": "Target",
    "edgekit.web_demo.job": "DemoPage",
    "edgekit.foundation.errors": (
        "ArtifactError BundleError CalibrationError ClientError CompressionError DatasetError EdgekitError ExportError "
        "MissingExtraError PluginError PluginWarning PublishError RecipeError RunFolderError RuntimeUnavailableError "
        "TrainingError UnknownNameError UsageError VerificationError"
    ),
}
"""Module -> the public names that it defines."""

_CALLABLE_PACKAGES = ("bundle", "clients", "datasets", "runtimes")
"""Public functions that are packages too; see `edgekit.foundation.callable_package`."""


def __getattr__(name: str) -> Any:
    if name in _CALLABLE_PACKAGES:
        return importlib.import_module(f"edgekit.{name}")
    for module, names in _NAMES.items():
        if name in names.split():
            return getattr(importlib.import_module(module), name)
    raise AttributeError(f"module 'edgekit' has no attribute '{name}'")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
