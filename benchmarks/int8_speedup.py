"""How much faster every scheme is than float32, in the same runtime with the same threads; target: 1.8 for int8.

    python benchmarks/int8_speedup.py                              cnn6 with the weights it starts from
    python benchmarks/int8_speedup.py exported/cnn6/model.keras --data cifar10:PATH --threads 2 --batch 16

All files are measured in turns, `--rounds` times, in one process, so that whatever else the machine does falls on
all of them. The table gives the median of each file's time, and the ratio float32 / scheme of the medians and of
the fastest rounds. `same` is the share of test images with the float32 file's top class, which says that the default
is not faster at the cost of accuracy; it means little for untrained weights. `quantize_dynamic` is ONNX Runtime's own,
which edgekit does not use. Only int8 instructions of the processor make int8 fast: the first line names them.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.artifact import Precision
from edgekit.datasets import Dataset, DatasetRequest, load_dataset
from edgekit.execution.scoring import scores_of
from edgekit.exporting.formats import EXPORTERS, ExportOptions, OnnxOptions, TFLiteOptions
from edgekit.exporting.keras.batchnorm_folding import fold_batchnorm
from edgekit.exporting.keras.classifier import as_classifier
from edgekit.foundation.keras_setup import import_keras
from edgekit.foundation.machine import this_machine
from edgekit.quantization import CalibrationSet
from edgekit.quantization.scheme import Granularity, QuantizationScheme
from edgekit.runtimes import RUNTIMES, SessionSettings

RUNTIME_OF = {"tflite": "litert-xnnpack", "onnx": "onnxruntime"}
PER_TENSOR = QuantizationScheme(granularity=Granularity.PER_TENSOR)
SCHEMES: dict[str, dict[str, tuple[Precision, dict[str, Any]]]] = {
    "tflite": {
        "float32": (Precision.FLOAT32, {}),
        "float32, not folded": (Precision.FLOAT32, {"fold": False}),
        "float16": (Precision.FLOAT16, {}),
        "dynamic": (Precision.DYNAMIC, {}),
        "int8 (default)": (Precision.INT8, {}),
        "int8, not folded": (Precision.INT8, {"fold": False}),
        "int8, per tensor": (Precision.INT8, {"scheme": PER_TENSOR}),
        "int16x8": (Precision.INT16X8, {}),
    },
    "onnx": {
        "float32": (Precision.FLOAT32, {}),
        "float32, not folded": (Precision.FLOAT32, {"fold": False}),
        "float16": (Precision.FLOAT16, {}),
        "dynamic": (Precision.DYNAMIC, {}),
        "int8 U8S8 (default)": (Precision.INT8, {}),
        "int8 U8S8, not folded": (Precision.INT8, {"fold": False}),
        "int8 S8S8": (Precision.INT8, {"onnx": OnnxOptions(activations="int8")}),
        "int8 U8S8, per tensor": (Precision.INT8, {"scheme": PER_TENSOR}),
        "int8 U8S8, full range": (Precision.INT8, {"onnx": OnnxOptions(reduce_range=False)}),
        "int8 U8S8, nchw": (Precision.INT8, {"onnx": OnnxOptions(layout="nchw")}),
    },
}


@dataclass(kw_only=True, eq=False)
class Candidate:
    """One file that is measured.

    Attributes:
        format: "tflite" or "onnx".
        scheme: Its name in the table.
        path: The file.
        kilobytes: Its size.
        seconds: Time an image in each round.
        session: The open file.
        scores: Of the test images.
    """

    format: str
    scheme: str
    path: Path
    kilobytes: float = 0.0
    seconds: list[float] = field(default_factory=list)
    session: Any = None
    scores: Any = None


def main() -> None:
    """Export, measure, print."""
    arguments = parse_arguments()
    keras = import_keras("this benchmark", backend="tensorflow")
    dataset = load_dataset(arguments.data, DatasetRequest())
    model = keras.models.load_model(arguments.model) if arguments.model else untrained(arguments.recipe, dataset)
    machine = this_machine()
    print(f"{machine.cpu}; {', '.join(machine.features)}; {arguments.threads} threads, batch {arguments.batch}")
    with tempfile.TemporaryDirectory() as folder:
        found = list(exported(model, dataset, Path(folder), arguments))
        measure(found, dataset, arguments)
    for artifact_format in SCHEMES:
        if rows := [each for each in found if each.format == artifact_format]:
            print_table(rows)


def untrained(recipe: str, dataset: Dataset) -> Any:
    """The recipe's network with batch normalizations that do something: their speed is that of a trained one."""
    from edgekit.recipe import load_recipe

    keras = import_keras("this benchmark")
    keras.utils.set_random_seed(0)
    model = load_recipe(recipe).build(dataset.image_shape, len(dataset.class_names))
    model(dataset.train.images[:256].astype(np.float32), training=True)
    return model


def exported(model: Any, dataset: Dataset, folder: Path, arguments: argparse.Namespace) -> Iterator[Candidate]:
    """Every scheme as a file."""
    classifier, _ = as_classifier(model, dataset.image_shape, len(dataset.class_names))
    folding = fold_batchnorm(classifier)
    print(folding.summary or "No batch normalization to fold.")
    calibration = CalibrationSet.choose(dataset, arguments.calibration_images)
    for artifact_format in arguments.format or SCHEMES:
        exporters: dict[bool, Any] = {}
        for scheme, (precision, choices) in SCHEMES[artifact_format].items():
            options = ExportOptions(tflite=TFLiteOptions(batch=arguments.batch), **choices)
            chosen = folding.model if options.fold else classifier
            before = exporters.get(options.fold)
            exporter = before.with_options(options) if before else EXPORTERS.load(artifact_format)(chosen, options)
            exporters[options.fold] = exporter
            path = folder / f"{artifact_format}-{scheme}.{artifact_format}"
            path.write_bytes(exporter.convert(precision, calibration))
            yield Candidate(format=artifact_format, scheme=scheme, path=path)
        if artifact_format == "onnx":
            float_path = next(path for path in folder.iterdir() if path.name.startswith("onnx-float32."))
            yield Candidate(format="onnx", scheme="quantize_dynamic", path=by_quantize_dynamic(float_path))


def by_quantize_dynamic(float_path: Path) -> Path:
    """What ONNX Runtime makes of the float32 file; unsigned weights, for its ConvInteger knows no others."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    path = float_path.with_name("quantize-dynamic.onnx")
    quantize_dynamic(float_path, path, weight_type=QuantType.QUInt8)
    return path


def measure(candidates: list[Candidate], dataset: Dataset, arguments: argparse.Namespace) -> None:
    """Fill in scores and times, all candidates in turns."""
    settings = SessionSettings(num_threads=arguments.threads, batch_size=arguments.batch)
    images = dataset.test.images[: arguments.test_images]
    for each in candidates:
        each.kilobytes = each.path.stat().st_size / 1000
        each.session = RUNTIMES.load(RUNTIME_OF[each.format]).open(each.path, settings)
        each.scores = scores_of(each.session, images)
    inputs = {id(each): batch_for(each.session, images, arguments.batch) for each in candidates}
    calls = max(1, arguments.images_a_round // arguments.batch)
    for _ in range(arguments.rounds):
        for each in candidates:
            begin = time.perf_counter()
            for _ in range(calls):
                each.session.invoke(inputs[id(each)])
            each.seconds.append((time.perf_counter() - begin) / calls / arguments.batch)


def batch_for(session: Any, images: Any, size: int) -> Any:
    """One batch as the session wants it."""
    from edgekit.execution.pixels import encoder_for

    return encoder_for(session.input_spec, images.shape[1:])(np.resize(images, (size, *images.shape[1:])))


def print_table(rows: list[Candidate]) -> None:
    """One line a scheme."""
    reference = rows[0]
    print(f"\n{RUNTIME_OF[reference.format]}")
    print(f"{'scheme':24} {'kB':>8} {'µs an image':>12} {'x median':>9} {'x fastest':>9} {'same':>8}")
    for each in rows:
        median = statistics.median(reference.seconds) / statistics.median(each.seconds)
        fastest = min(reference.seconds) / min(each.seconds)
        same = (each.scores.argmax(1) == reference.scores.argmax(1)).mean()
        micro = 1e6 * statistics.median(each.seconds)
        print(f"{each.scheme:24} {each.kilobytes:8,.0f} {micro:12,.0f} {median:9.2f} {fastest:9.2f} {same:8.2%}")


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", type=Path, help="a .keras file; by default a recipe's untrained network")
    parser.add_argument("--recipe", default="cnn6")
    parser.add_argument("--data", default="digits", help="images of the model's size")
    parser.add_argument("--format", action="append", choices=list(SCHEMES))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--images-a-round", type=int, default=8)
    parser.add_argument("--test-images", type=int, default=500)
    parser.add_argument("--calibration-images", type=int, default=100)
    return parser.parse_args()


if __name__ == "__main__":
    main()
