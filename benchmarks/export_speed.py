"""How long an export of all precisions takes, as a ratio to the libraries' own calls for the same files.

    python benchmarks/export_speed.py exported/resnet8 --data cifar10:PATH [--rounds 3] [--format tflite]

Bare calls: for .tflite one SavedModel of the graph, then TFLiteConverter.convert() for each precision; for .onnx
one tf2onnx trace and ONNX Runtime's pre-processing, then quantize_static, quantize_dynamic and float16 conversion.
All with the same calibration images. edgekit: `export()` into a copy of the run, so with folding, checks of every
file against Keras, and writing. Both run in turn in one process, after a first round that is not counted (it loads
the libraries). Target: 1.3 at most. Also counts how often each graph was traced; target: once a format.
"""

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import edgekit.exporting.onnx.exporter as onnx_exporter
import edgekit.exporting.tflite.exporter as tflite_exporter
from edgekit.artifact import Format
from edgekit.datasets import Dataset
from edgekit.exporting.formats import ExportOptions
from edgekit.exporting.job import load_dataset_of
from edgekit.exporting.keras.classifier import as_classifier, exported_graph
from edgekit.exporting.session import export
from edgekit.exporting.source import Source, load_source
from edgekit.foundation.keras_setup import import_tensorflow
from edgekit.foundation.progress import SilentProgress
from edgekit.foundation.quiet import held_back
from edgekit.quantization import CalibrationSet
from edgekit.runs.folder import RunFolder


def bare_tflite(model: Any, calibration: CalibrationSet, folder: Path) -> None:
    """Trace once, then one converter call for each precision."""
    tf = import_tensorflow("the benchmark")
    tflite_exporter._write_saved_model(exported_graph(model, ExportOptions(), 1), folder / "saved", "scores")
    builtins = tf.lite.OpsSet

    def converter() -> Any:
        return tf.lite.TFLiteConverter.from_saved_model(str(folder / "saved"))

    converter().convert()
    float16, dynamic, int8, int16x8 = (converter() for _ in range(4))
    for each in (float16, dynamic, int8, int16x8):
        each.optimizations = [tf.lite.Optimize.DEFAULT]
    float16.target_spec.supported_types = [tf.float16]
    int8.target_spec.supported_ops = [builtins.TFLITE_BUILTINS_INT8]
    int8.inference_input_type = int8.inference_output_type = tf.uint8
    int16x8.target_spec.supported_ops = [builtins.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8]
    for each in (int8, int16x8):
        each.representative_dataset = lambda: ([batch] for batch in calibration.batches(1))
    for each in (float16, dynamic, int8, int16x8):
        each.convert()


def bare_onnx(model: Any, calibration: CalibrationSet, folder: Path) -> None:
    """Trace and pre-process once, then one call for each precision."""
    import onnx
    import tf2onnx
    from keras.src.export.tf2onnx_lib import patch_tf2onnx
    from onnxruntime import quantization
    from onnxruntime.quantization.shape_inference import quant_pre_process
    from onnxruntime.transformers.float16 import convert_float_to_float16

    tf = import_tensorflow("the benchmark")
    patch_tf2onnx()
    graph = exported_graph(model, ExportOptions(), None)
    signature = [tf.TensorSpec(tuple(graph.inputs[0].shape), tf.float32, name="pixels")]
    function = tf.function(lambda pixels: graph(pixels, training=False), input_signature=signature)
    traced, _ = tf2onnx.convert.from_function(function, input_signature=signature, opset=15)
    raw, ready = folder / "raw.onnx", folder / "ready.onnx"
    onnx.save(traced, raw)
    quant_pre_process(raw, ready, skip_symbolic_shape=True)
    onnx.save(convert_float_to_float16(onnx.load(ready), keep_io_types=True), folder / "float16.onnx")
    quantization.quantize_dynamic(ready, folder / "dynamic.onnx")

    class Reader(quantization.CalibrationDataReader):
        def __init__(self) -> None:
            self._batches = calibration.batches(16)

        def get_next(self) -> Any:
            batch = next(self._batches, None)
            return None if batch is None else {"pixels": batch}

    quantization.quantize_static(ready, folder / "int8.onnx", Reader(), per_channel=True)


def seconds(work: Callable[[Path], object]) -> float:
    """Wall time of `work` in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder, held_back():
        start = time.perf_counter()
        work(Path(folder))
        return time.perf_counter() - start


def count_traces(run: Path, dataset: Dataset, formats: list[Format]) -> dict[str, int]:
    """How often one export traces the graph, by format."""
    with (
        tempfile.TemporaryDirectory() as folder,
        held_back(),
        mock.patch.object(
            tflite_exporter, "_write_saved_model", wraps=tflite_exporter._write_saved_model
        ) as saved_models,
        mock.patch.object(onnx_exporter, "_traced", wraps=onnx_exporter._traced) as traces,
    ):
        export(RunFolder(Path(shutil.copytree(run, Path(folder) / "run"))), dataset=dataset, formats=formats)
    return {"tflite": saved_models.call_count, "onnx": traces.call_count}


def measure(source: Source, run: Path, dataset: Dataset, formats: list[Format], rounds: int) -> None:
    """Run both in turn and print the medians and their ratio."""
    model, _ = as_classifier(source.model, dataset.image_shape, len(dataset.class_names))
    calibration = CalibrationSet.choose(dataset)

    def edgekit(folder: Path) -> None:
        copy = RunFolder(Path(shutil.copytree(run, folder / "run")))
        export(Source(path=copy.model_path, run=copy, model=source.model), dataset=dataset, formats=formats)

    def bare(folder: Path) -> None:
        if Format.TFLITE in formats:
            bare_tflite(model, calibration, folder)
        if Format.ONNX in formats:
            bare_onnx(model, calibration, folder)

    times = [(seconds(edgekit), seconds(bare)) for _ in range(rounds + 1)][1:]
    ours, theirs = (statistics.median(column) for column in zip(*times, strict=True))
    ratios = sorted(mine / other for mine, other in times)
    print(f"edgekit {ours:.2f} s, bare calls {theirs:.2f} s, ratio {ours / theirs:.2f}   n = {rounds}")
    print(f"ratio round by round: {', '.join(f'{ratio:.2f}' for ratio in ratios)}   (target: 1.3 at most)")
    print(f"traces in one export: {count_traces(run, dataset, formats)}   (target: 1 a format)")


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="a run folder")
    parser.add_argument("--data", help="its data set, as NAME or NAME:PATH")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is run (default 3)")
    parser.add_argument("--format", choices=[each.value for each in Format], help="only this one")
    given = parser.parse_args()
    source = load_source(RunFolder(given.run))
    dataset = load_dataset_of(source, given.data, skip_broken=False, progress=SilentProgress())
    measure(source, given.run, dataset, [Format(given.format)] if given.format else list(Format), given.rounds)


if __name__ == "__main__":
    main()
