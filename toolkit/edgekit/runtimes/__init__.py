"""What executes artifacts; one runtime per file. Other packages add theirs in the entry points "edgekit.runtimes"."""

from collections.abc import Mapping

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
    },
    PluginGroup(name="edgekit.runtimes", problem=problem_of),
)

DEFAULT_RUNTIMES: Mapping[Format, str] = {Format.TFLITE: "litert-xnnpack", Format.ONNX: "onnxruntime"}
"""What runs a format unless another runtime is named: what phones run by default."""

make_callable(__name__, "edgekit.api.lists:runtimes")
