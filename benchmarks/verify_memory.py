"""Memory of a whole `edgekit verify` on many images against few: the command and all its workers.

    python benchmarks/verify_memory.py [--few 10000 --many 1000000 --side 32] [--folder DIR] [--jobs 2] [--case logits]

A run with a small linear classifier in ONNX is verified on an uncompressed .npz, which edgekit maps; the many images
are the few, again and again. Cases: the plain one. `sequential`: in random order and to the end, because the file
counts as float32. `logits`: the same files as another tool would make them, without softmax and with the classes the
other way round. Memory is what the system calls VmHWM: of the command, and of those workers together that lived at the
same time and held most. Target: 1.2 at most. Needs the disk for N x side x side x 3 bytes.
"""

import argparse
import io
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.datasets import DatasetRequest, load_dataset
from edgekit.runs.folder import RunFolder
from edgekit.runs.reference import Reference

CASES = ("plain", "sequential", "logits")
NUM_CLASSES = 10
PIECE = 10_000


def main() -> None:
    """Verify on few images and on many, and print both peaks and their ratio."""
    arguments = parse_arguments()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        peaks = []
        for count in (arguments.few, arguments.many):
            run, data = make_case(Path(folder) / str(count), count, arguments.side)
            command, workers, seconds = measure(run, data, arguments.jobs, arguments.case)
            peaks.append(command + workers)
            print(f"{count:10,} images: {(command + workers) / 2**20:7.1f} MiB", end=" ", flush=True)
            print(f"(command {command / 2**20:.1f}, workers {workers / 2**20:.1f}) in {seconds:.1f} s", flush=True)
            data.unlink()
    print(f"ratio {peaks[1] / peaks[0]:.2f}")


def make_case(folder: Path, count: int, side: int) -> tuple[Path, Path]:
    """A run folder, and the .npz that it is verified on."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (PIECE, side, side, 3), np.uint8)
    weights = rng.normal(0, 1 / side / 255, (side * side * 3, NUM_CLASSES)).astype(np.float32)
    logits = pixels.reshape(PIECE, -1).astype(np.float32) @ weights
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    scores = (exponentials / exponentials.sum(axis=1, keepdims=True)).astype(np.float32)
    places = np.arange(count) % PIECE
    labels = (scores.argmax(axis=1) + (np.arange(PIECE) % 5 == 0)) % NUM_CLASSES
    data = folder / "images.npz"
    write_npz(data, pixels, labels[places].astype(np.uint8))
    dataset = load_dataset(f"npz:{data}", DatasetRequest(test_only=True))
    entry = {"name": "npz", "sha256": dataset.sha256, "image_shape": [side, side, 3]}
    run = RunFolder.create(folder / "run", {"dataset": entry})
    Reference(
        scores=scores[places],
        labels=dataset.test.labels,
        dataset_sha256=dataset.sha256,
        class_names=dataset.class_names,
    ).save(run.reference_path)
    models = [folder / "run" / "onnx" / f"model-{name}.onnx" for name in ("float32", "int8")]
    for model in models:
        model.parent.mkdir(exist_ok=True)
        model.write_bytes(linear_onnx(weights, side))
        (folder / model.name).write_bytes(linear_onnx(weights[:, ::-1], side, softmax=False))
    (folder / "labels.txt").write_text("\n".join(dataset.class_names[::-1]))
    run.record(run.reference_path, *models)
    return run.path, data


def write_npz(path: Path, pixels: Any, labels: Any) -> None:
    """`pixels` again and again as x_test, one for each of `labels`, which are y_test; without compression."""
    with zipfile.ZipFile(path, "w", allowZip64=True) as archive:
        with archive.open("y_test.npy", "w") as member:
            np.lib.format.write_array(member, labels)
        with archive.open("x_test.npy", "w", force_zip64=True) as member:
            header = io.BytesIO()
            shape = (len(labels), *pixels.shape[1:])
            np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": shape})
            member.write(header.getvalue())
            for start in range(0, len(labels), len(pixels)):
                member.write(pixels[: len(labels) - start].tobytes())


def linear_onnx(weights: Any, side: int, *, softmax: bool = True) -> bytes:
    """Raw pixels float32 (batch, side, side, 3) -> probabilities, or logits."""
    from onnx import TensorProto, helper, numpy_helper

    graph = helper.make_graph(
        [
            helper.make_node("Reshape", ["images", "shape"], ["flat"]),
            helper.make_node("MatMul", ["flat", "weights"], ["logits"]),
            helper.make_node("Softmax" if softmax else "Identity", ["logits"], ["scores"]),
        ],
        "linear",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["batch", side, side, 3])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", weights.shape[1]])],
        [
            numpy_helper.from_array(np.array([0, side * side * 3]), "shape"),
            numpy_helper.from_array(weights.copy(), "weights"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())


def measure(run: Path, data: Path, jobs: int, case: str = "plain") -> tuple[int, int, float]:
    """(peak of the command, largest sum of the peaks of workers that live together, seconds), in bytes."""
    start = time.perf_counter()
    elsewhere = [
        *map(str, run.parent.glob("*.onnx")),
        "--reference",
        str(run),
        "--labels",
        str(run.parent / "labels.txt"),
    ]
    verified = {
        "plain": [str(run)],
        "sequential": [str(run), "--sequential", "--precision", "float32"],
        "logits": elsewhere,
    }
    command = subprocess.Popen(
        [sys.executable, "-m", "edgekit", "verify", *verified[case], "--data", f"npz:{data}", "--jobs", str(jobs)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    own = together = 0
    while command.poll() is None:
        own = max(own, peak_of(command.pid))
        children = [path.read_text() for path in Path(f"/proc/{command.pid}/task").glob("*/children")]
        workers = [int(pid) for text in children for pid in text.split() if is_worker(int(pid))]
        together = max(together, sum(map(peak_of, workers)))
        time.sleep(0.02)
    output = command.stdout.read() if command.stdout else ""
    if command.returncode not in (0, 3):
        raise SystemExit(f"verify failed:\n{output}")
    return own, together, time.perf_counter() - start


def is_worker(pid: int) -> bool:
    """Whether a child has become a worker: before that it still shows the memory of the command."""
    try:
        return b"edgekit.execution.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def peak_of(pid: int) -> int:
    """VmHWM of a process in bytes; 0 where it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--few", type=int, default=10_000, help="images of the first run (default 10,000)")
    parser.add_argument("--many", type=int, default=1_000_000, help="images of the second (default 1,000,000)")
    parser.add_argument("--side", type=int, default=32, help="height and width of an image (default 32)")
    parser.add_argument("--jobs", type=int, default=2, help="candidates at the same time (default 2)")
    parser.add_argument("--case", choices=CASES, default="plain", help="what is verified (default plain)")
    parser.add_argument("--folder", type=Path, help="where the images are written (default the temporary folder)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
