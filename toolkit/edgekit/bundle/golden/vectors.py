"""Measured golden images -> the files of the bundle, golden.json, and what generated code needs to know of them."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edgekit.artifact import TensorSpec
from edgekit.bundle.golden.choice import Reason
from edgekit.bundle.golden.document import (
    EXPECTED,
    IMAGES,
    INPUTS,
    NAME,
    SCHEMA_VERSION,
    GoldenDocument,
    GoldenUnit,
    ModelEntry,
    RuntimeEntry,
    TensorEntry,
)
from edgekit.bundle.golden.images import GoldenImage
from edgekit.bundle.golden.measuring import FACTOR, SMALLEST, MeasuredFile
from edgekit.bundle.model import GoldenVectors, key_of
from edgekit.foundation.grammar import counted, listed

if TYPE_CHECKING:
    from numpy.typing import NDArray

HOW = (
    f"Integer outputs must be equal bit by bit in the runtime that gave them. Other kernels round differently, and may "
    f"differ by as many steps as were measured on these images. Float outputs may differ by "
    f"{FACTOR:g} times the largest difference that was measured between runtimes, and by {SMALLEST:g} at least."
)


@dataclass(frozen=True, kw_only=True)
class GoldenFiles:
    """What goes into the bundle.

    Attributes:
        files: Path in the bundle -> content.
        vectors: Model file -> its vectors.
        choice: Which images there are, in a sentence or two.
        image_shape: (height, width, channels) of what the models see.
    """

    files: Mapping[str, bytes]
    vectors: Mapping[str, GoldenVectors]
    choice: str
    image_shape: tuple[int, int, int]


def golden_files(measured: Mapping[str, MeasuredFile], images: Sequence[GoldenImage], num_classes: int) -> GoldenFiles:
    """The files of all models; those that take the same tensors share them.

    Args:
        measured: Model file -> what was measured.
        images: The images, in their order.
        num_classes: Of the run.
    """
    choice = _choice(images, num_classes)
    names = [f"{IMAGES}/{number:02}.png" for number in range(len(images))]
    files = {name: image.png for name, image in zip(names, images, strict=True)}
    folders: dict[bytes, list[str]] = {}
    vectors, entries = {}, []
    for file, each in measured.items():
        inputs = _shared_inputs(each, folders, files)
        expected = f"{EXPECTED}/{key_of(file)}.bin"
        files[expected] = _little_endian(each.tensors.outputs)
        top = tuple(each.tensors.scores.argmax(axis=1).tolist())
        vectors[file] = GoldenVectors(
            images=tuple(names),
            inputs=tuple(inputs),
            expected=expected,
            top_classes=top,
            runtime=each.tensors.runtime,
            tolerance=each.tolerance,
            other_tolerances={other.runtime: (each.tolerance_of(other), other.num_images) for other in each.others},
        )
        entries.append(_entry(file, each, vectors[file]))
    document: GoldenDocument = {
        "schema_version": SCHEMA_VERSION,
        "how": HOW,
        "choice": choice,
        "images": [
            {"file": name, "reason": each.reason.value, "index": each.index, "label": each.label}
            for name, each in zip(names, images, strict=True)
        ],
        "models": entries,
    }
    files[NAME] = (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()
    height, width, channels = images[0].pixels.shape
    return GoldenFiles(
        files=files, vectors=vectors, choice=choice, image_shape=(int(height), int(width), int(channels))
    )


_WORDS = {
    Reason.FLIPPED: "that an exported file classifies differently from the float model",
    Reason.HARDEST: "hardest for the float model",
    Reason.CLASS: "of a class that had none yet",
    Reason.EASIEST: "easiest for the float model",
}


def _choice(images: Sequence[GoldenImage], num_classes: int) -> str:
    """Which images these are: "32 test images: 8 hardest for the float model, …. Every class has one."."""
    if all(each.reason is Reason.SYNTHETIC for each in images):
        return f"{counted(len(images), 'image')} that are synthetic and show no class."
    counts = Counter(each.reason for each in images)
    kinds = listed([f"{counts[reason]} {words}" for reason, words in _WORDS.items() if counts[reason]])
    num_shown = len({each.label for each in images})
    shown = f"{num_shown:,} of {num_classes:,} classes have one" if num_shown < num_classes else "Every class has one"
    return f"{counted(len(images), 'test image')}: {kinds}. {shown}."


def _shared_inputs(each: MeasuredFile, folders: dict[bytes, list[str]], files: dict[str, bytes]) -> list[str]:
    """The files of the input tensors, written once for all models that take the same."""
    inputs = each.tensors.inputs
    content = _little_endian(inputs)
    if content not in folders:
        folder = f"{INPUTS}/{inputs.dtype.name}-{'x'.join(map(str, inputs.shape[1:]))}"
        taken = {path.rpartition("/")[0] for paths in folders.values() for path in paths}
        folder = folder if folder not in taken else f"{folder}-{len(folders) + 1}"
        folders[content] = [f"{folder}/{number:02}.bin" for number in range(len(inputs))]
        files |= {path: _little_endian(tensor) for path, tensor in zip(folders[content], inputs, strict=True)}
    return folders[content]


def _little_endian(values: "NDArray[Any]") -> bytes:
    return values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes()


def _entry(file: str, each: MeasuredFile, vectors: GoldenVectors) -> ModelEntry:
    tensors = each.tensors
    others: list[RuntimeEntry] = [
        {
            "runtime": other.runtime,
            "num_images": other.num_images,
            "max_difference": other.max_difference,
            "tolerance": each.tolerance_of(other),
        }
        for other in each.others
    ]
    return {
        "file": file,
        "runtime": tensors.runtime,
        "runtime_version": tensors.runtime_version,
        "input": _tensor(tensors.input, tensors.inputs),
        "output": _tensor(tensors.output, tensors.outputs),
        "inputs": list(vectors.inputs),
        "expected": vectors.expected,
        "top_classes": list(vectors.top_classes),
        "unit": GoldenUnit.STEPS if each.is_exact else GoldenUnit.SCORE,
        "tolerance": each.tolerance,
        "other_runtimes": others,
    }


def _tensor(spec: TensorSpec, values: "NDArray[Any]") -> TensorEntry:
    return {
        "name": spec.name,
        "shape": [int(size) for size in values.shape[1:]],
        "dtype": values.dtype.name,
        "scale": spec.scale,
        "zero_point": spec.zero_point,
    }
