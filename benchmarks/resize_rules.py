"""What it costs a trained model if the app resizes by another rule: `verify --resize-check` on photographs of CIFAR-10.

    python benchmarks/resize_rules.py --data cifar10:PATH [--train 20000] [--epochs 10] [--size 16] [--markdown FILE]

The photographs of 32 x 32 pixels are cut to their middle 24 rows and stored as PNG, one folder per class, so that
stretching, cropping and padding differ. Then resnet8 is trained on them, resized by each of --rules in turn. Its
float32 file and its int8 file are verified under every other rule on all test images.
"""

import argparse
import tempfile
from pathlib import Path

from PIL import Image

import edgekit
from edgekit.datasets import Split, load_dataset
from edgekit.foundation.machine import this_machine
from edgekit.rendering.resize_words import conclusion, headings, rows
from edgekit.verification.measuring.resize_effect import ResizeCheck

CUT = slice(4, 28)
"""The rows that are kept."""


def write_split(folder: Path, split: Split, class_names: tuple[str, ...], num_images: int) -> None:
    """The first so many photographs, cut."""
    for number in range(min(num_images, len(split))):
        name = class_names[split.labels[number]]
        (folder / name).mkdir(parents=True, exist_ok=True)
        Image.fromarray(split.images[number, CUT]).save(folder / name / f"{number:05}.png")


def check_of(root: Path, rule: str, chosen: argparse.Namespace, folder: Path) -> ResizeCheck:
    """Train with `rule`, export, verify under the others."""
    run = edgekit.train(
        "resnet8",
        f"folder:{root}",
        image_size=chosen.size,
        resize=rule,
        epochs=chosen.epochs,
        out=folder / rule,
        progress=True,
    )
    assert run is not None  # there is one machine
    data = f"folder:{root}"
    edgekit.export(run.path, precisions="float32,int8", formats="tflite", data=data, progress=True)
    report = edgekit.verify(
        run.path, data=data, runtimes="litert-xnnpack", precisions="int8", resize_check=True, progress=True
    )
    assert report.resize_check is not None
    return report.resize_check


def lines_of(check: ResizeCheck) -> list[str]:
    """A Markdown table and its sentence."""
    first, *numbers = headings(check)
    heading = [first, *(f"{model} {name}" for model, name in zip(["float32"] * 3 + ["int8"] * 3, numbers, strict=True))]
    table = [heading, ["---", *["---:"] * len(numbers)], *rows(check)]
    return [f"## Trained with {check.options}", "", *(f"| {' | '.join(row)} |" for row in table), "", conclusion(check)]


def main() -> None:
    """Make the photographs, train, verify, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="cifar10", help="cifar10 or cifar10:PATH (default: cifar10)")
    parser.add_argument("--train", type=int, default=20000, help="training images (default 20000)")
    parser.add_argument("--epochs", type=int, default=10, help="passes over them (default 10)")
    parser.add_argument("--size", type=int, default=16, help="side of the network's images (default 16)")
    parser.add_argument("--rules", default="squash,keras", help="rules to train with (default squash,keras)")
    parser.add_argument("--markdown", type=Path, help="write the tables into this file too")
    chosen = parser.parse_args()
    dataset = load_dataset(chosen.data)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "photographs"
        write_split(root / "train", dataset.train, dataset.class_names, chosen.train)
        write_split(root / "test", dataset.test, dataset.class_names, len(dataset.test))
        checks = [check_of(root, rule, chosen, Path(name)) for rule in chosen.rules.split(",")]
    machine = this_machine()
    text = [
        "# What another resize rule costs",
        "",
        f"resnet8 at {chosen.size} x {chosen.size} pixels, trained for {chosen.epochs} epochs on {chosen.train:,} "
        f"photographs of CIFAR-10, cut to 24 x 32 pixels (height x width); n = {checks[0].num_images:,} test images "
        f"under every rule. One training per rule, seed 0. Measured on {machine.cpu}, {machine.num_cpus} cores, by "
        f"`python benchmarks/resize_rules.py`. Points: accuracy under the other rule minus accuracy under the rule of "
        f"the training; flips: predictions that change. float32 and int8 are `.tflite` files in litert-xnnpack.",
    ]
    for check in checks:
        text += ["", *lines_of(check)]
    print("\n".join(text))
    if chosen.markdown:
        chosen.markdown.write_text("\n".join(text) + "\n")


if __name__ == "__main__":
    main()
