"""What edgekit's adapter of a runtime costs over the loop that a user of the library would write.

    python benchmarks/adapter_cost.py [--run exported/resnet8] [--rounds 15] [--seconds 0.1]

For each runtime and each file that it loads: the library's own calls on one image after the other, and the same images
through `Session.invoke` of edgekit's adapter, in turn. The ratio is the adapter's fastest round over the loop's fastest
round: what else the machine does only makes a round slower. Target: at most 1.05.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.artifact import format_of
from edgekit.foundation.errors import ArtifactError
from edgekit.runtimes import RUNTIMES, SessionSettings

Call = Callable[[np.ndarray], Any]


def litert(resolver: str) -> Callable[[Path], Call]:
    """Opens a file in LiteRT with one set of kernels."""

    def opened(path: Path) -> Call:
        from ai_edge_litert.interpreter import Interpreter, OpResolverType

        model = Interpreter(str(path), num_threads=1, experimental_op_resolver_type=OpResolverType[resolver])
        model.allocate_tensors()
        given, taken = model.get_input_details()[0]["index"], model.get_output_details()[0]["index"]

        def call(batch: np.ndarray) -> Any:
            model.set_tensor(given, batch)
            model.invoke()
            return model.get_tensor(taken)

        return call

    return opened


def compiled(path: Path) -> Call:
    """Open a file in LiteRT's CompiledModel."""
    from ai_edge_litert.compiled_model import CompiledModel, CpuOptions, HardwareAccelerator, Options

    options = Options(hardware_accelerators=HardwareAccelerator.CPU, cpu_options=CpuOptions(num_threads=1))
    model = CompiledModel.from_file(str(path), options=options)
    inputs, outputs = model.create_input_buffers(0), model.create_output_buffers(0)
    details = outputs[0].get_tensor_details()
    count, dtype = int(np.prod(details["shape"])), np.dtype(details["dtype"])

    def call(batch: np.ndarray) -> Any:
        inputs[0].write(batch)
        model.run_by_index(0, inputs, outputs)
        return outputs[0].read(count, dtype)

    return call


def openvino(properties: dict[str, str]) -> Callable[[Path], Call]:
    """Opens a file in OpenVINO."""

    def opened(path: Path) -> Call:
        import openvino as ov

        core = ov.Core()
        model = core.read_model(str(path))
        model.reshape([1, *[each.get_length() for each in list(model.input().partial_shape)[1:]]])
        threads = {"PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": "1", "INFERENCE_NUM_THREADS": "1"}
        request = core.compile_model(model, "CPU", threads | properties).create_infer_request()
        given, taken = request.get_input_tensor().data, request.get_output_tensor().data

        def call(batch: np.ndarray) -> Any:
            given[:] = batch
            request.infer()
            return taken

        return call

    return opened


def micro(path: Path) -> Call:
    """Open a file in LiteRT for Microcontrollers."""
    from tflite_micro.python.tflite_micro import runtime

    model = runtime.Interpreter.from_bytes(path.read_bytes(), arena_size=2**22)

    def call(batch: np.ndarray) -> Any:
        model.set_input(batch, 0)
        model.invoke()
        return model.get_output(0)

    return call


def onnxruntime(level: str) -> Callable[[Path], Call]:
    """Opens a file in ONNX Runtime."""

    def opened(path: Path) -> Call:
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.graph_optimization_level = getattr(ort.GraphOptimizationLevel, level)
        session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        given, taken = session.get_inputs()[0].name, [session.get_outputs()[0].name]
        return lambda batch: session.run(taken, {given: batch})[0]

    return opened


LOOPS: dict[str, Callable[[Path], Call]] = {
    "litert-xnnpack": litert("AUTO"),
    "litert-builtin": litert("BUILTIN_WITHOUT_DEFAULT_DELEGATES"),
    "litert-reference": litert("BUILTIN_REF"),
    "litert-compiled": compiled,
    "onnxruntime": onnxruntime("ORT_ENABLE_ALL"),
    "onnxruntime-unoptimized": onnxruntime("ORT_DISABLE_ALL"),
    "openvino": openvino({}),
    "openvino-f32": openvino({"INFERENCE_PRECISION_HINT": "f32"}),
    "tflite-micro": micro,
}


def seconds_per_image(call: Call, batch: np.ndarray, seconds: float) -> float:
    """Processor time of one call, over about `seconds` of it."""
    start, count = time.process_time(), 0
    while count == 0 or time.process_time() < start + seconds:
        call(batch)
        count += 1
    return (time.process_time() - start) / count


def main() -> None:
    """Print one row per file and runtime."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--run", type=Path, default=Path("exported/resnet8"))
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=0.1)
    arguments = parser.parse_args()
    print(f"{'file':24} {'runtime':24} {'loop, us':>10} {'adapter, us':>12} {'ratio':>7}")
    worst = 0.0
    for path in sorted([*arguments.run.glob("tflite/*.tflite"), *arguments.run.glob("onnx/*.onnx")]):
        for name, loop in LOOPS.items():
            runtime = RUNTIMES.load(name)
            if not (runtime.reads(format_of(path)) and runtime.availability().is_available):
                continue
            try:
                session = runtime.open(path, SessionSettings())
            except ArtifactError:
                continue
            shape = [size or 1 for size in session.input_spec.shape]
            batch = np.random.default_rng(0).integers(0, 256, shape).astype(session.input_spec.dtype)
            calls = (loop(path), session.invoke)
            rounds = [
                [seconds_per_image(call, batch, arguments.seconds) for call in calls] for _ in range(arguments.rounds)
            ]
            own, adapter = (min(each) for each in zip(*rounds, strict=True))
            worst = max(worst, adapter / own)
            print(f"{path.name:24} {name:24} {own * 1e6:10.1f} {adapter * 1e6:12.1f} {adapter / own:7.3f}")
    print(f"largest ratio: {worst:.3f}")


if __name__ == "__main__":
    main()
