"""Images a second of edgekit's worker against a bare loop around the runtime's own invoke call.

    python benchmarks/verify_throughput.py exported/resnet8 --data cifar10:PATH
    python benchmarks/verify_throughput.py model-int8.tflite --num-images 2000 --rounds 5

For each artifact and each runtime that reads it, the bare loop is first tried at every batch and number of
threads, a second each, and keeps its best. Then bare loop and edgekit's `execute` are run in turn, each in a
fresh process, on the same images. The table gives the medians, the ratio (target: 0.95 at least) and the
worker's peak memory (target: 300 MB at most). The bare loop has its inputs ready in memory; edgekit's time
holds everything from reading the pixels to writing the scores.
"""

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.datasets import DatasetRequest, load_dataset
from edgekit.execution.isolation import execute
from edgekit.foundation.machine import num_usable_cpus, this_machine
from edgekit.runtimes import RUNTIMES, Execution

BATCHES = (1, 4, 16, 64, 256)
SLOW_IMAGES = 100
"""Images for LiteRT's reference kernels."""


def main() -> None:
    """Measure every artifact in every runtime and print the table."""
    arguments = parse_arguments()
    print(f"{this_machine().cpu}, {num_usable_cpus()} processors, median of {arguments.rounds} rounds")
    header = ("artifact", "runtime", "images", "bare/s", "threads x batch", "edgekit/s", "settings", "ratio", "peak MB")
    print("{:22} {:24} {:>6} {:>8} {:>15} {:>9} {:>16} {:>6} {:>8}".format(*header))
    with tempfile.TemporaryDirectory() as folder:
        images = Path(folder) / "images.npy"
        dataset = load_dataset(arguments.data, DatasetRequest(test_only=True))
        np.save(images, dataset.test.images[: arguments.num_images])
        for artifact, runtime in itertools.product(artifacts_of(arguments.targets), arguments.runtime or RUNTIMES):
            if RUNTIMES.load(runtime).format.value == artifact.suffix.removeprefix("."):
                compare(artifact, runtime, images, arguments.rounds)


def compare(artifact: Path, runtime: str, images: Path, rounds: int) -> None:
    """Measure one artifact in one runtime, bare and by edgekit in turns, and print its row."""
    num_images = SLOW_IMAGES if runtime == "litert-reference" else len(np.load(images, mmap_mode="r"))
    threads, batch = best_bare_settings(artifact, runtime, images)
    bare, ours = [], []
    for _ in range(rounds):
        bare.append(run_bare(artifact, runtime, images, num_images, threads, batch))
        result = execute(runtime, artifact, images, num_images=num_images)
        if not isinstance(result, Execution):
            print(f"{artifact.name:22} {runtime:24} failed: {result.reason}")
            return
        ours.append(result)
    bare_rate = statistics.median(bare)
    our_rate = statistics.median(result.images_per_second for result in ours)
    used = ours[-1].settings
    settings = f"{used.num_sessions} x {used.num_threads} x {used.batch_size}"
    peak = max(result.peak_rss_bytes for result in ours) / 1e6
    print(
        f"{artifact.name:22} {runtime:24} {num_images:6} {bare_rate:8.0f} {f'{threads} x {batch}':>15} "
        f"{our_rate:9.0f} {settings:>16} {our_rate / bare_rate:6.2f} {peak:8.0f}",
        flush=True,
    )


def best_bare_settings(artifact: Path, runtime: str, images: Path) -> tuple[int, int]:
    """(threads, batch) at which the bare loop is fastest, each tried for about a second in a fresh process."""
    batches = (1,) if runtime == "litert-reference" else BATCHES
    threads = sorted({1, num_usable_cpus()})
    rates = {
        settings: run_bare(artifact, runtime, images, None, *settings)
        for settings in itertools.product(threads, batches)
    }
    return max(rates, key=lambda settings: rates[settings])


def run_bare(artifact: Path, runtime: str, images: Path, num_images: int | None, threads: int, batch: int) -> float:
    """Images a second of the bare loop in a fresh process; `num_images` None: for about a second."""
    job = json.dumps([str(artifact), runtime, str(images), num_images, threads, batch])
    done = subprocess.run(
        [sys.executable, __file__, "--bare", job],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    return float(done.stdout.split()[-1])


def bare_loop(path: str, runtime: str, images: str, num_images: int | None, threads: int, batch: int) -> None:
    """Print images per second of set input, invoke, get output; 0 where the file cannot take the batch."""
    try:
        invoke, dtype, channels_first = (bare_litert if "litert" in runtime else bare_onnx)(
            path, runtime, threads, batch
        )
    except (RuntimeError, ValueError):
        print(0.0)
        return
    pixels = np.load(images)[:num_images]
    pixels = pixels.transpose(0, 3, 1, 2) if channels_first else pixels
    pixels = (pixels.astype(np.int16) - 128).astype(np.int8) if dtype == np.int8 else pixels.astype(dtype)
    batches = [np.ascontiguousarray(pixels[at : at + batch]) for at in range(0, len(pixels) - batch + 1, batch)]
    invoke(batches[0])
    start, count = time.perf_counter(), 0
    for inputs in batches if num_images else itertools.cycle(batches):
        invoke(inputs)
        count += batch
        if num_images is None and time.perf_counter() > start + 1:
            break
    print(count / (time.perf_counter() - start))


def bare_litert(path: str, runtime: str, threads: int, batch: int) -> Any:
    """(invoke, input type, channels first) of a LiteRT interpreter."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    kernels = {
        "litert-xnnpack": OpResolverType.AUTO,
        "litert-builtin": OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        "litert-reference": OpResolverType.BUILTIN_REF,
    }
    interpreter = Interpreter(path, num_threads=threads, experimental_op_resolver_type=kernels[runtime])
    [pixels], [scores] = interpreter.get_input_details(), interpreter.get_output_details()
    interpreter.resize_tensor_input(pixels["index"], (batch, *pixels["shape"][1:]))
    interpreter.allocate_tensors()

    def invoke(inputs: Any) -> None:
        interpreter.set_tensor(pixels["index"], inputs)
        interpreter.invoke()
        interpreter.get_tensor(scores["index"])

    return invoke, pixels["dtype"], False


def bare_onnx(path: str, runtime: str, threads: int, batch: int) -> Any:
    """(invoke, input type, channels first) of an ONNX Runtime session."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    if runtime == "onnxruntime-unoptimized":
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    [pixels] = session.get_inputs()
    if isinstance(pixels.shape[0], int) and pixels.shape[0] != batch:
        raise ValueError(f"the batch is fixed to {pixels.shape[0]}")
    types = {"tensor(float)": np.float32, "tensor(uint8)": np.uint8}
    return lambda inputs: session.run(None, {pixels.name: inputs}), types[pixels.type], pixels.shape[1] == 3


def artifacts_of(targets: list[Path]) -> list[Path]:
    """The model files among `targets`, and those in the run folders among them."""
    folders = [sorted([*target.glob("tflite/*.tflite"), *target.glob("onnx/*.onnx")]) for target in targets]
    return [path for target, inside in zip(targets, folders, strict=True) for path in (inside or [target])]


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="+", type=Path, metavar="RUN|ARTIFACT", help="run folders or model files")
    parser.add_argument("--data", default="digits", help="data set whose test images are used (default digits)")
    parser.add_argument("--num-images", type=int, help="only the first so many images")
    parser.add_argument("--rounds", type=int, default=3, help="how often each side is run (default 3)")
    parser.add_argument("--runtime", action="append", choices=list(RUNTIMES), help="only this one; may be repeated")
    return parser.parse_args()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--bare"]:
        bare_loop(*json.loads(sys.argv[2]))
    else:
        main()
