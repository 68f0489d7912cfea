"""ONNX Runtime on other hardware than the CPU, one runtime per execution provider.

A session whose provider cannot start falls back to the CPU and says so in a log only. Here that is an error: a row
named after a GPU must not hold the CPU's scores.
"""

from pathlib import Path
from typing import ClassVar

from edgekit.foundation.errors import MissingKernelError
from edgekit.runtimes.base import Availability, Session, SessionSettings
from edgekit.runtimes.onnxruntime import OnnxRuntime, OnnxRuntimeSession


class _Provider(OnnxRuntime):
    is_usual = False
    provider: ClassVar[str]
    advice: ClassVar[str]

    @classmethod
    def availability(cls) -> Availability:
        """Whether this build of ONNX Runtime has the provider; a device is only looked for when a file is opened."""
        found = super().availability()
        if found.reason:
            return found
        import onnxruntime

        if cls.provider in onnxruntime.get_available_providers():
            return found
        return Availability(version=found.version, reason=f"ONNX Runtime here has no {cls.provider}: {cls.advice}")

    @classmethod
    def open(cls, path: Path, settings: SessionSettings) -> Session:
        """Load with the provider; raises MissingKernelError if the session has fallen back to the CPU."""
        session = OnnxRuntimeSession(path, cls.optimization, settings, cls.provider)
        if cls.provider not in session.providers:
            raise MissingKernelError(
                f"ONNX Runtime does not run {path.name} with {cls.provider}: no device or library for it was found "
                f"here, and it fell back to the CPU."
            )
        used = " and ".join(session.providers)
        session.remark = " ".join(filter(None, [session.remark, f"ONNX Runtime runs it with {used}."]))
        return session


class OnnxRuntimeCuda(_Provider):
    """NVIDIA GPUs."""

    name = "onnxruntime-cuda"
    provider = "CUDAExecutionProvider"
    advice = "pip install onnxruntime-gpu in place of onnxruntime, on a machine with an NVIDIA GPU"


class OnnxRuntimeCoreML(_Provider):
    """Apple's Core ML."""

    name = "onnxruntime-coreml"
    provider = "CoreMLExecutionProvider"
    advice = "it comes with pip install onnxruntime on macOS"


class OnnxRuntimeQnn(_Provider):
    """Qualcomm's NPUs."""

    name = "onnxruntime-qnn"
    provider = "QNNExecutionProvider"
    advice = "pip install onnxruntime-qnn in place of onnxruntime, on a machine with a Qualcomm NPU"
