"""A whole `edgekit verify` of cnn6, float32 and int8, against what people do today: a loop image by image.

    python benchmarks/verify_against_loop.py --data cifar10:PATH [--run exported/cnn6] [--rounds 3]

Without a run, cnn6 is exported once with the weights that it has before training, to DIR/cnn6. The loop is one
process for each file: LiteRT's interpreter with its default kernels on one thread, an image at a time from an .npy
file. It ends with the share of images on which it agrees with the reference. edgekit's side is the whole command,
from its start to its report, its search for the fastest settings included unless --keep-settings is given. Both sides
run in turn; the table gives the seconds of each round and the ratio of the medians. Target: 1.5 at least.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from edgekit.datasets import DatasetRequest, load_dataset
from edgekit.foundation.machine import num_usable_cpus, this_machine

PRECISIONS = ("float32", "int8")

LOOP = """
import json, sys
import numpy as np
from ai_edge_litert.interpreter import Interpreter
model, images, labels = sys.argv[1:]
interpreter = Interpreter(model, num_threads=1)
interpreter.allocate_tensors()
[pixels], [scores] = interpreter.get_input_details(), interpreter.get_output_details()
right = 0
for image, label in zip(np.load(images), np.load(labels)):
    interpreter.set_tensor(pixels["index"], image[None].astype(pixels["dtype"]))
    interpreter.invoke()
    right += int(interpreter.get_tensor(scores["index"])[0].argmax() == label)
print(right / len(np.load(labels)))
"""


def main() -> None:
    """Run both sides in turn and print the table."""
    arguments = parse_arguments()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run = arguments.run or export_untrained(folder / "cnn6", arguments.data)
        test = load_dataset(arguments.data, DatasetRequest(test_only=True)).test
        np.save(folder / "images.npy", test.images)
        np.save(folder / "labels.npy", test.labels)
        print(f"{this_machine().cpu}, {num_usable_cpus()} processors, {len(test):,} images, float32 and int8")
        loops, ours = [], []
        for _ in range(arguments.rounds):
            loops.append(sum(seconds_of_loop(run / "tflite" / f"model-{one}.tflite", folder) for one in PRECISIONS))
            ours.append(seconds_of_verify(run, arguments.data, folder, arguments.keep_settings))
            print(
                f"loop {loops[-1]:7.1f} s   edgekit verify {ours[-1]:7.1f} s   ratio {loops[-1] / ours[-1]:.2f}",
                flush=True,
            )
        print(f"ratio of the medians, n = {arguments.rounds}: {statistics.median(loops) / statistics.median(ours):.2f}")


def export_untrained(run: Path, data: str) -> Path:
    """cnn6 as it is before its training, exported by edgekit."""
    import keras

    from edgekit.recipe import load_recipe

    keras.utils.set_random_seed(0)
    path = run.parent / "cnn6.keras"
    load_recipe("cnn6").build((32, 32, 3), 10).save(path)
    chosen = [f"--{precision}" for precision in PRECISIONS]
    command = ["export", str(path), *chosen, "--format", "tflite", "--data", data, "--input-range", "0..255"]
    edgekit(*command, "--out", str(run))
    return run


def seconds_of_loop(model: Path, folder: Path) -> float:
    """The loop over all images, in a process of its own."""
    start = time.perf_counter()
    images, labels = folder / "images.npy", folder / "labels.npy"
    subprocess.run([sys.executable, "-c", LOOP, model, images, labels], check=True, capture_output=True)
    return time.perf_counter() - start


def seconds_of_verify(run: Path, data: str, folder: Path, keep_settings: bool) -> float:
    """The whole command, on the same files and images."""
    chosen = [option for precision in PRECISIONS for option in ("--precision", precision)]
    command = ["verify", str(run), "--data", data, "--runtime", "litert-xnnpack", *chosen, "--json"]
    start = time.perf_counter()
    output = edgekit(*command, *([] if keep_settings else ["--retune"]), cache=folder / "cache")
    seconds = time.perf_counter() - start
    rows = json.loads(output)["candidates"]
    if any(row["num_images"] is None for row in rows):
        raise SystemExit("\n".join(reason for row in rows for reason in row["reasons"]))
    return seconds


def edgekit(*arguments: str, cache: Path | None = None) -> str:
    """What the command prints on stdout."""
    environment = {**os.environ, **({"EDGEKIT_CACHE": str(cache)} if cache else {})}
    done = subprocess.run(
        [sys.executable, "-m", "edgekit", *arguments], capture_output=True, text=True, check=False, env=environment
    )
    if done.returncode not in (0, 3):
        raise SystemExit(done.stderr)
    return done.stdout


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="cifar10", help="data set of 32 x 32 pixels (default cifar10)")
    parser.add_argument(
        "--run", type=Path, help="a run with float32 and int8 .tflite files, instead of an untrained one"
    )
    parser.add_argument("--rounds", type=int, default=3, help="how often each side is run (default 3)")
    parser.add_argument("--keep-settings", action="store_true", help="let later rounds use the settings of the first")
    return parser.parse_args()


if __name__ == "__main__":
    main()
