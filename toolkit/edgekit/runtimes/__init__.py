"""The runtimes, which execute artifacts. Other packages add theirs in the entry points "edgekit.runtimes"."""

from collections.abc import Mapping, Sequence

from edgekit.artifact import Format
from edgekit.foundation.callable_package import make_callable
from edgekit.foundation.plugins import PluginGroup
from edgekit.foundation.registry import Registry
from edgekit.runtimes.base import (
    Availability,
    Execution,
    ExecutionFailure,
    Runtime,
    Session,
    SessionSettings,
    problem_of,
)

__all__ = [
    "DEFAULT_RUNTIMES",
    "RUNTIMES",
    "Availability",
    "Execution",
    "ExecutionFailure",
    "Runtime",
    "Session",
    "SessionSettings",
    "chosen_runtimes",
]

RUNTIMES: Registry[type[Runtime]] = Registry(
    "runtime",
    {
        "litert-xnnpack": ("edgekit.runtimes.litert:LiteRTXnnpack", "LiteRT with XNNPACK, what phones run by default"),
        "litert-builtin": ("edgekit.runtimes.litert:LiteRTBuiltin", "LiteRT with its builtin optimized kernels"),
        "litert-reference": ("edgekit.runtimes.litert:LiteRTReference", "LiteRT's slow reference kernels"),
        "onnxruntime": ("edgekit.runtimes.onnxruntime:OnnxRuntime", "ONNX Runtime on the CPU, all optimizations"),
        "onnxruntime-unoptimized": (
            "edgekit.runtimes.onnxruntime:OnnxRuntimeUnoptimized",
            "ONNX Runtime on the CPU, the graph as it is in the file",
        ),
        "litert-compiled": ("edgekit.runtimes.litert_compiled:LiteRTCompiled", "LiteRT's CompiledModel API on the CPU"),
        "litert-gpu": ("edgekit.runtimes.litert_compiled:LiteRTGpu", "LiteRT's GPU accelerator"),
        "onnxruntime-cuda": (
            "edgekit.runtimes.onnxruntime_providers:OnnxRuntimeCuda",
            "ONNX Runtime on an NVIDIA GPU",
        ),
        "onnxruntime-coreml": (
            "edgekit.runtimes.onnxruntime_providers:OnnxRuntimeCoreML",
            "ONNX Runtime with Core ML, on a Mac",
        ),
        "onnxruntime-qnn": (
            "edgekit.runtimes.onnxruntime_providers:OnnxRuntimeQnn",
            "ONNX Runtime on a Qualcomm NPU",
        ),
        "openvino": ("edgekit.runtimes.openvino:OpenVINO", "OpenVINO on the CPU, in the precision it chooses"),
        "openvino-f32": (
            "edgekit.runtimes.openvino:OpenVINOFloat32",
            "OpenVINO on the CPU, in float32",
        ),
        "tflite-micro": ("edgekit.runtimes.tflite_micro:TFLiteMicro", "LiteRT for Microcontrollers, on a sample"),
    },
    PluginGroup(name="edgekit.runtimes", problem=problem_of),
)

DEFAULT_RUNTIMES: Mapping[Format, str] = {Format.TFLITE: "litert-xnnpack", Format.ONNX: "onnxruntime"}
"""What runs a format unless another runtime is named: what phones run by default."""


def chosen_runtimes(names: Sequence[str]) -> dict[str, type[Runtime]]:
    """Name -> class of the runtimes of these names; of none: of the usual ones.

    Raises:
        UnknownNameError: There is no such runtime.
        PluginError: Another package brings a runtime that was named, and it cannot be used.
    """
    if names:
        return {name: RUNTIMES.load(name) for name in names}
    return {name: runtime for name, runtime in RUNTIMES.load_all() if runtime.is_usual}


make_callable(__name__, "edgekit.api.lists:runtimes")
