"""The example of README.md, made again: photographs as PNG files, a trained network as `mine.keras`, three commands.

    python benchmarks/readme_example.py --data cifar10:PATH [--out FOLDER]

The photographs are the first 200 training and 100 test images per class of the 40,000 / 10,000 fold of CIFAR-10; the
network is exported/resnet8/model.keras. What the commands print is what the README shows (times are other ones).
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

import edgekit

ROOT = Path(__file__).resolve().parents[1]
NUM_PHOTOS = {"train": 200, "test": 100}
"""Photographs per class."""

COMMANDS = (
    "edgekit export mine.keras --data folder:photos --int8 --format tflite --out exported/mine",
    "edgekit verify exported/mine",
    "edgekit predict exported/mine photo.png",
)


def write_photos(dataset: edgekit.Dataset, folder: Path) -> None:
    """One folder per split and class, with the first images of each."""
    for name, count in NUM_PHOTOS.items():
        split: edgekit.Split = getattr(dataset, name)
        for label, class_name in enumerate(dataset.class_names):
            photos = folder / name / class_name
            photos.mkdir(parents=True, exist_ok=True)
            for number, place in enumerate(np.flatnonzero(split.labels == label)[:count]):
                Image.fromarray(split.images[place]).save(photos / f"{number:03}.png")


def write_belongings(data: str, folder: Path) -> None:
    """Write what the README calls the reader's own: photographs, `mine.keras` and `photo.png`."""
    folder.mkdir(parents=True)
    write_photos(edgekit.load_dataset(data), folder / "photos")
    shutil.copy(ROOT / "exported" / "resnet8" / "model.keras", folder / "mine.keras")
    shutil.copy(folder / "photos" / "test" / "cat" / "000.png", folder / "photo.png")


def main() -> None:
    """Write the folder and run the commands in it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="cifar10:PATH, the fold")
    parser.add_argument("--out", type=Path, default=Path("readme-example"), help="a new folder")
    arguments = parser.parse_args()
    folder: Path = arguments.out
    write_belongings(arguments.data, folder)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for command in COMMANDS:
        print(f"$ {command}", flush=True)
        subprocess.run(command.split(), cwd=folder, env={**os.environ, "PATH": path}, check=False)


if __name__ == "__main__":
    main()
