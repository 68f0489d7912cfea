"""Which clients there are, what each reads, and the pinned packages that it needs. Imports none of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from edgekit.artifact import Format
from edgekit.foundation.errors import UnknownNameError

STATIC = "onnxruntime-mobile"
"""The client that is only looked up; see `onnxruntime_mobile.py`."""

NUMPY = "numpy==2.4.6"
"""What every adapter needs in the environment of its client."""


@dataclass(frozen=True, kw_only=True)
class Client:
    """One client.

    Attributes:
        name: On the command line and in the table.
        summary: One line about it.
        formats: What it reads.
        target: Its adapter, "module:class"; a subclass of `Runtime`, or of `Compiler`.
        package: The distribution that brings it.
        pins: What pip installs into its environment, exact versions; empty: edgekit itself brings it.
        needs_dependencies: Whether pip installs what the packages ask for too.
        npm: The npm packages that it runs in a browser.
    """

    name: str
    summary: str
    formats: tuple[Format, ...]
    target: str
    package: str
    pins: tuple[str, ...] = ()
    needs_dependencies: bool = True
    npm: tuple[str, ...] = ()

    @property
    def install_command(self) -> str:
        """What makes its environment."""
        return f"edgekit clients --install {self.name}"


_TFLITE, _ONNX = (Format.TFLITE,), (Format.ONNX,)
_ADAPTERS = "edgekit.clients.adapters"
_BROWSER_PINS = ("playwright==1.65.2", NUMPY)

_CLIENTS = (
    Client(
        name="litert-xnnpack",
        summary="LiteRT with XNNPACK, what phones run by default",
        formats=_TFLITE,
        target="edgekit.runtimes.litert:LiteRTXnnpack",
        package="ai-edge-litert",
    ),
    Client(
        name="litert-builtin",
        summary="LiteRT with its builtin optimized kernels",
        formats=_TFLITE,
        target="edgekit.runtimes.litert:LiteRTBuiltin",
        package="ai-edge-litert",
    ),
    Client(
        name="litert-compiled",
        summary="LiteRT's CompiledModel API on the CPU",
        formats=_TFLITE,
        target="edgekit.runtimes.litert_compiled:LiteRTCompiled",
        package="ai-edge-litert",
    ),
    Client(
        name="tflite-micro",
        summary="LiteRT for Microcontrollers",
        formats=_TFLITE,
        target="edgekit.runtimes.tflite_micro:TFLiteMicro",
        package="tflite-micro",
        pins=("tflite-micro==0.dev20261023182759", NUMPY),
    ),
    Client(
        name="mediapipe",
        summary="MediaPipe Tasks ImageClassifier",
        formats=_TFLITE,
        target=f"{_ADAPTERS}.mediapipe:MediaPipe",
        package="mediapipe",
        pins=("mediapipe==1.2.3", NUMPY),
    ),
    Client(
        name="litert-js",
        summary="LiteRT.js (WebAssembly) in headless Chromium",
        formats=_TFLITE,
        target=f"{_ADAPTERS}.browser:LiteRTJs",
        package="playwright",
        pins=_BROWSER_PINS,
        npm=("@litertjs/core",),
    ),
    Client(
        name="vela",
        summary="Vela, Arm's compiler for Ethos-U",
        formats=_TFLITE,
        target=f"{_ADAPTERS}.vela:Vela",
        package="ethos-u-vela",
        pins=("ethos-u-vela==5.2.0", NUMPY),
    ),
    Client(
        name="onnxruntime",
        summary="ONNX Runtime on the CPU",
        formats=_ONNX,
        target="edgekit.runtimes.onnxruntime:OnnxRuntime",
        package="onnxruntime",
    ),
    Client(
        name=STATIC,
        summary="the reduced package for phones, until 1.18; a static check",
        formats=_ONNX,
        target="",
        package="onnxruntime-mobile",
    ),
    Client(
        name="onnxruntime-web",
        summary="onnxruntime-web (WebAssembly) in headless Chromium",
        formats=_ONNX,
        target=f"{_ADAPTERS}.browser:OnnxRuntimeWeb",
        package="playwright",
        pins=_BROWSER_PINS,
        npm=("onnxruntime-web",),
    ),
    Client(
        name="tract",
        summary="tract, a runtime in Rust",
        formats=_ONNX,
        target=f"{_ADAPTERS}.tract:Tract",
        package="tract",
        pins=("tract==0.23.9", NUMPY),
    ),
    Client(
        name="ncnn",
        summary="ncnn, through pnnx",
        formats=_ONNX,
        target=f"{_ADAPTERS}.ncnn:Ncnn",
        package="ncnn",
        pins=("ncnn==1.0.20261020", "pnnx==20261020", NUMPY),
        needs_dependencies=False,
    ),
    Client(
        name="openvino",
        summary="OpenVINO on the CPU, in the precision it chooses",
        formats=(*_TFLITE, *_ONNX),
        target="edgekit.runtimes.openvino:OpenVINO",
        package="openvino",
        pins=("openvino==2026.4.1", NUMPY),
    ),
    Client(
        name="openvino-f32",
        summary="OpenVINO on the CPU, told to use float32",
        formats=(*_TFLITE, *_ONNX),
        target="edgekit.runtimes.openvino:OpenVINOFloat32",
        package="openvino",
        pins=("openvino==2026.4.1", NUMPY),
    ),
    Client(
        name="mnn",
        summary="MNN, through its converter",
        formats=(*_TFLITE, *_ONNX),
        target=f"{_ADAPTERS}.mnn:Mnn",
        package="mnn",
        pins=("mnn==3.6.1", NUMPY),
    ),
)

CLIENTS: Mapping[str, Client] = {client.name: client for client in _CLIENTS}
"""Name -> client, in the order of the table."""

READERS_OF = {
    Format.TFLITE: "litert-xnnpack",
    Format.ONNX: "onnxruntime",
}
"""Format -> the client that the others are compared with, on the same file."""


def client_named(name: str) -> Client:
    """The client of that name; raises UnknownNameError with the closest one."""
    if name not in CLIENTS:
        raise UnknownNameError("client", name, CLIENTS)
    return CLIENTS[name]
