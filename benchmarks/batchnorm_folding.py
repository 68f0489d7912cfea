"""How far folding batch normalization moves the scores of a whole test set, and the operators it saves.

    python benchmarks/batchnorm_folding.py exported/cnn6 --data cifar10:PATH
    python benchmarks/batchnorm_folding.py mine.keras --data folder:photos --input-range 0..1

Target: no score of any test image moves by more than 1e-5, no prediction changes, and the operators that are said
to be saved are gone from the float32 files.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.artifact import Precision
from edgekit.datasets import DatasetRequest, load_dataset
from edgekit.exporting.formats import EXPORTERS, ExportOptions
from edgekit.exporting.keras.batchnorm_folding import fold_batchnorm
from edgekit.exporting.keras.classifier import as_classifier
from edgekit.exporting.keras.scores import KerasScorer
from edgekit.exporting.source import check_source, load_source
from edgekit.input_range import RAW, InputRange
from edgekit.inspection.model_file import inspect_file


def main() -> None:
    """Fold, compare, count, print."""
    arguments = parse_arguments()
    source = load_source(check_source(arguments.model))
    dataset = load_dataset(arguments.data, DatasetRequest(image_size=source.image_size, test_only=True))
    given = InputRange.parse(arguments.input_range) if arguments.input_range else source.known_input_range
    model, _ = as_classifier(source.model, dataset.image_shape, len(dataset.class_names))
    folding = fold_batchnorm(model)
    print(folding.summary or "No batch normalization to fold.")
    images = dataset.test.images
    reference, candidate = (KerasScorer(each, given or RAW)(images) for each in (model, folding.model))
    changed = int((reference.argmax(1) != candidate.argmax(1)).sum())
    print(f"{len(images):,} test images of {dataset.name}: a score moves by at most "
          f"{np.abs(reference - candidate).max():.2g}, {changed} predictions change")  # fmt: skip
    for artifact_format in EXPORTERS:
        before, after = (num_operators(each, artifact_format, given) for each in (model, folding.model))
        print(f"{artifact_format} float32: {before} operators, {after} folded")


def num_operators(model: Any, artifact_format: str, input_range: InputRange | None) -> int:
    """How many operators a float32 file of `model` holds."""
    exporter = EXPORTERS.load(artifact_format)(model, ExportOptions(input_range=input_range))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"model.{artifact_format}"
        path.write_bytes(exporter.convert(Precision.FLOAT32, None))
        return sum(each.count for each in inspect_file(path).operators)


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="a run folder or a Keras file")
    parser.add_argument("--data", required=True)
    parser.add_argument("--input-range", metavar="RANGE")
    return parser.parse_args()


if __name__ == "__main__":
    main()
