"""Real compressions of a small network on few digits, exported, read back and verified."""

import shutil

import numpy as np
import pytest
from support.helpers import StopAfter
from support.models.compression_networks import make_run

from edgekit.artifact import Format, Precision
from edgekit.compression import CompressionSettings, compress
from edgekit.exporting.conversion import FileMaker
from edgekit.exporting.formats import ExportOptions
from edgekit.exporting.plan import Job
from edgekit.exporting.session import export
from edgekit.exporting.source import load_source
from edgekit.foundation.errors import CompressionError, ExportError, RunFolderError, TrainingError
from edgekit.foundation.progress import SilentProgress
from edgekit.inspection.kernels import inspect_kernels
from edgekit.inspection.model_file import inspect_file
from edgekit.quantization import CalibrationSet
from edgekit.quantization.learned_ranges import LearnedRanges
from edgekit.runs.folder import RunFolder

FEW = {"epochs": 2, "batch_size": 32}


@pytest.fixture(scope="session")
def trained_for_int8(original, dataset, tmp_path_factory):
    """The run of --qat, exported to int8."""
    run = compress(original, CompressionSettings(qat=True, **FEW), dataset, out=tmp_path_factory.mktemp("c") / "qat")
    export(run, precisions=[Precision.FLOAT32, Precision.INT8], dataset=dataset)
    return RunFolder(run.path)


@pytest.fixture(scope="session")
def everything(original, dataset, tmp_path_factory):
    """The run of --prune 0.5 --cluster 8 --qat, exported to TFLite."""
    settings = CompressionSettings(sparsity=0.5, num_clusters=8, qat=True, epochs=1, batch_size=32)
    run = compress(original, settings, dataset, out=tmp_path_factory.mktemp("c") / "all")
    export(run, precisions=[Precision.FLOAT32, Precision.INT8], formats=[Format.TFLITE], dataset=dataset)
    return RunFolder(run.path)


def tflite_ranges(path):
    """(smallest, largest) value of each quantized activation of a `.tflite`."""
    from ai_edge_litert.interpreter import Interpreter

    found = []
    for tensor in Interpreter(str(path)).get_tensor_details():
        scales, zero_points = (
            tensor["quantization_parameters"]["scales"],
            tensor["quantization_parameters"]["zero_points"],
        )
        if tensor["dtype"] == np.int8 and len(scales) == 1:
            low = (-128 - int(zero_points[0])) * float(scales[0])
            found.append((low, low + 255 * float(scales[0])))
    return found


def onnx_ranges(path):
    """(smallest, largest) value of each QuantizeLinear of an `.onnx`."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(path).graph
    constants = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    parameters = [(constants[n.input[1]], constants[n.input[2]]) for n in graph.node if n.op_type == "QuantizeLinear"]
    return [(-float(zero) * float(scale), (255 - float(zero)) * float(scale)) for scale, zero in parameters]


def holds(ranges, wanted):
    """Whether `wanted` is among `ranges`, up to the step by which a range is moved so that 0 is exact."""
    step = (wanted.high - wanted.low) / 255
    return any(abs(low - wanted.low) <= step and abs(high - wanted.high) <= step for low, high in ranges)


# --- Quantization-aware training --------------------------------------------------------------------------


def test_the_int8_files_use_the_learned_ranges(trained_for_int8):
    learned = LearnedRanges.load(trained_for_int8.learned_ranges_path)
    assert [each.layer for each in learned.ranges][-1].startswith("dense")
    assert len(learned.ranges) == 6
    in_tflite = tflite_ranges(trained_for_int8.path / "tflite" / "model-int8.tflite")
    in_onnx = onnx_ranges(trained_for_int8.path / "onnx" / "model-int8.onnx")
    assert all(holds(in_tflite, each) for each in learned.ranges)
    assert all(holds(in_onnx, each) for each in learned.ranges[:-1])  # its logits are not rounded at all


def test_learned_ranges_are_not_those_of_calibration(trained_for_int8, dataset, tmp_path):
    """The same model without its learned ranges gets others: the test above can fail."""
    plain = RunFolder(shutil.copytree(trained_for_int8.path, tmp_path / "plain"))
    del plain.manifest["files"]["learned-ranges.json"]
    plain.record()
    export(plain, precisions=[Precision.INT8], formats=[Format.TFLITE], dataset=dataset)
    ranges = tflite_ranges(plain.path / "tflite" / "model-int8.tflite")
    assert not all(holds(ranges, each) for each in LearnedRanges.load(plain.learned_ranges_path).ranges)


def test_the_int8_file_is_integer_from_end_to_end_and_takes_pixels(trained_for_int8):
    info = inspect_file(trained_for_int8.path / "tflite" / "model-int8.tflite")
    assert info.quantization.verdict == "fully int8"
    assert (info.inputs[0].dtype, info.inputs[0].scale, info.inputs[0].zero_point) == ("uint8", 1.0, 0)
    assert info.inputs[0].shape == (1, 32, 32, 3)


def test_the_same_run_gives_the_same_bytes(trained_for_int8, dataset, tmp_path):
    again = RunFolder(shutil.copytree(trained_for_int8.path, tmp_path / "again"))
    before = {name: entry["sha256"] for name, entry in again.manifest["files"].items() if "int8" in name}
    export(again, precisions=[Precision.INT8], dataset=dataset)
    assert {name: RunFolder(again.path).manifest["files"][name]["sha256"] for name in before} == before


def test_what_is_compared_and_searched_is_what_is_exported(trained_for_int8, dataset):
    """`compare-schemes` and `tune` know the learned ranges, and leave batch normalization where it is."""
    maker = FileMaker(load_source(trained_for_int8), dataset, progress=SilentProgress())
    for form in Format:
        job = Job(format=form, precision=Precision.INT8, options=ExportOptions())
        made = maker.convert(job, CalibrationSet.choose(dataset))
        assert made == trained_for_int8.artifact_path(form, Precision.INT8).read_bytes()


def test_the_new_run_says_where_it_comes_from(trained_for_int8, original):
    entry = trained_for_int8.manifest["compression"]
    assert entry["methods"] == ["qat"]
    assert entry["original"]["run"] == original.name
    assert entry["original"]["model_sha256"] == original.manifest["files"]["model.keras"]["sha256"]
    is_right = original.reference().scores.argmax(axis=1) == original.reference().labels
    assert entry["original"]["accuracy"] == pytest.approx(is_right.mean())
    is_same = original.reference().scores.argmax(axis=1) == trained_for_int8.reference().scores.argmax(axis=1)
    assert entry["original"]["agreement"] == pytest.approx(is_same.mean())
    assert is_same.mean() > 0.7, "the original is right on 78 %, and its batch normalization has not settled"
    for name in ("model.keras", "reference.npz", "report.json", "history.csv", "learned-ranges.json"):
        trained_for_int8.check_file(trained_for_int8.path.relative_to(trained_for_int8.path) / name)
    assert len((trained_for_int8.history_path).read_text().splitlines()) == 3


def test_it_is_verified_like_any_run(trained_for_int8, edgekit_command, dataset, tmp_path):
    npz = tmp_path / "few.npz"
    np.savez(npz, x_test=dataset.test.images, y_test=dataset.test.labels, class_names=np.array(dataset.class_names))
    result = edgekit_command(
        "verify",
        trained_for_int8.path,
        "--data",
        f"npz:{npz}",
        "--runtime",
        "litert-xnnpack",
        "--runtime",
        "onnxruntime",
    )
    assert result.returncode in (0, 3), result.stderr  # with 20 images a class, one flip is drift
    assert "4 candidates" in result.stdout


def test_ranges_that_belong_to_another_network_are_refused(trained_for_int8, original, dataset, tmp_path):
    mixed = RunFolder(shutil.copytree(trained_for_int8.path, tmp_path / "mixed"))
    from support import keras_models

    keras_models.plain_network().save(mixed.model_path)
    mixed.record(mixed.model_path)
    with pytest.raises(ExportError, match="None of the ranges that quantization-aware training has learned"):
        export(mixed, precisions=[Precision.INT8], formats=[Format.TFLITE], dataset=dataset)


def test_changed_ranges_are_refused(trained_for_int8, dataset, tmp_path):
    changed = RunFolder(shutil.copytree(trained_for_int8.path, tmp_path / "changed"))
    changed.learned_ranges_path.write_text(changed.learned_ranges_path.read_text().replace("low", "Low", 1))
    with pytest.raises(RunFolderError, match=r"learned-ranges\.json was changed"):
        export(changed, precisions=[Precision.INT8], formats=[Format.TFLITE], dataset=dataset)


# --- Pruning and clustering ---------------------------------------------------------------------------------


def test_zeros_and_clusters_survive_all_steps(everything):
    layers = everything.manifest["compression"]["layers"]
    assert len(layers) == 4
    assert all(each["sparsity"] >= 0.5 for each in layers)
    assert all(each["num_distinct"] <= 8 for each in layers)


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_zeros_and_clusters_are_in_the_exported_file(everything, precision):
    found = inspect_kernels(everything.path / "tflite" / f"model-{precision}.tflite")
    assert len(found.kernels) == 4
    assert all(each.num_zeros >= 0.5 * each.num_weights for each in found.kernels)
    assert all(each.num_distinct_in_a_channel <= 8 for each in found.kernels)
    assert found.zipped_bytes < found.size_bytes


@pytest.mark.parametrize("num_clusters", [None, 8])
def test_a_transposed_convolution_keeps_its_zeros_and_clusters_while_it_is_trained_for_int8(
    dataset, tmp_path, num_clusters
):
    import keras
    from support.models.compression_networks import shaken

    layers = keras.layers
    network = shaken(
        keras.Sequential(
            [
                keras.Input((32, 32, 3)),
                layers.Rescaling(1 / 255),
                layers.Conv2D(8, 3, strides=4, activation="relu"),
                layers.Conv2DTranspose(6, 3, strides=2, activation="relu", name="up"),
                layers.GlobalAveragePooling2D(),
                layers.Dense(10, activation="softmax"),
            ]
        )
    )
    settings = CompressionSettings(
        sparsity=0.5, num_clusters=num_clusters, qat=True, epochs=1, batch_size=32, learning_rate=0.01
    )
    run = compress(make_run(tmp_path / "plain", network, dataset), settings, dataset, out=tmp_path / "new")
    (layer,) = (each for each in run.manifest["compression"]["layers"] if each["layer"] == "up")
    assert layer["sparsity"] >= 0.5
    assert layer["num_distinct"] <= (num_clusters or layer["num_weights"] / 2 + 1)
    export(run, precisions=[Precision.INT8], dataset=dataset)
    for found in (inspect_kernels(path) for path in run.path.glob("*/model-int8.*")):
        assert all(each.num_zeros >= 0.5 * each.num_weights for each in found.kernels)
        if num_clusters:
            assert all(each.num_distinct_in_a_channel <= num_clusters for each in found.kernels)


def test_it_zips_smaller_than_the_original(everything, original, dataset, tmp_path):
    copy = RunFolder(shutil.copytree(original.path, tmp_path / "copy"))
    export(copy, precisions=[Precision.FLOAT32], formats=[Format.TFLITE], dataset=dataset)
    before, after = (
        inspect_kernels(run.path / "tflite" / "model-float32.tflite").zipped_bytes for run in (copy, everything)
    )
    assert after < 0.3 * before


def test_the_history_has_a_row_for_each_epoch_of_each_step(everything):
    header, *rows = [line.split(",") for line in everything.history_path.read_text().splitlines()]
    assert len(rows) == 3
    assert all(float(row[header.index("learning_rate")]) > 0 for row in rows), "the rate of the last step that was made"
    assert everything.manifest["status"] == "finished"
    assert not (everything.path / "checkpoint.npz").exists()


def test_a_row_of_the_history_is_of_the_whole_epoch_and_all_validation_images(dataset, tmp_path, monkeypatch):
    """Not of the last batch alone: rates too small to learn by, so that every batch was seen by the same network."""
    import csv

    import keras
    from support.models.compression_networks import shaken

    from edgekit.exporting.keras.scores import KerasScorer
    from edgekit.input_range import RAW

    monkeypatch.setattr("edgekit.training.batches.EVALUATION_BATCH", 32)
    layers = keras.layers
    network = shaken(
        keras.Sequential(
            [
                keras.Input((32, 32, 3)),
                layers.Rescaling(1 / 255),
                layers.Flatten(),
                layers.Dense(10, activation="softmax"),
            ]
        )
    )
    settings = CompressionSettings(num_clusters=16, epochs=1, batch_size=32, learning_rate=1e-12)
    run = compress(make_run(tmp_path / "plain", network, dataset), settings, dataset, out=tmp_path / "new")
    score = KerasScorer(keras.saving.load_model(run.model_path, compile=False), RAW)
    (row,) = csv.DictReader(run.history_path.read_text().splitlines())
    for column, split in (("accuracy", dataset.train), ("val_accuracy", dataset.validation)):
        is_right = score(split.images).argmax(axis=1) == split.labels
        assert float(row[column]) == pytest.approx(is_right.mean(), abs=1e-6), column


# --- Interrupted and resumed ---------------------------------------------------------------------------------


def rows_of(run):
    return [line.rsplit(",", 1)[0] for line in run.history_path.read_text().splitlines()]


@pytest.fixture(scope="module")
def unbroken(original, dataset, tmp_path_factory):
    settings = CompressionSettings(sparsity=0.5, qat=True, **FEW)
    return settings, compress(original, settings, dataset, out=tmp_path_factory.mktemp("c") / "unbroken")


@pytest.mark.parametrize("epoch", [pytest.param(2, marks=pytest.mark.slow), 3])
def test_interrupted_and_resumed_is_the_same_as_unbroken(unbroken, original, dataset, tmp_path, epoch):
    """Between two steps, and in the middle of the last."""
    import keras

    settings, expected = unbroken
    out, stop = tmp_path / "run", StopAfter(epoch)
    with pytest.raises(KeyboardInterrupt):
        compress(original, settings, dataset, out=out, progress=stop)
    half = RunFolder(out)
    assert (half.manifest["status"], half.manifest["epochs"]) == ("interrupted", epoch)
    assert half.reference().scores.shape == (200, 10)
    assert ("learned-ranges.json" in half.manifest["files"]) == (epoch > 2)
    assert any("Continue with --resume" in note for note in stop.notes)
    resumed = compress(original, settings, dataset, out=out, resume=True)
    assert rows_of(resumed) == rows_of(expected)
    assert resumed.learned_ranges_path.read_bytes() == expected.learned_ranges_path.read_bytes()
    weights = [keras.saving.load_model(run.model_path, compile=False).get_weights() for run in (resumed, expected)]
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_another_compression_is_not_resumed(unbroken, original, dataset):
    settings, run = unbroken
    other = CompressionSettings(sparsity=0.25, qat=True, **FEW)
    with pytest.raises(TrainingError, match=r"another one: compression sparsity '0.5' there, '0.25' now"):
        compress(original, other, dataset, out=run.path, resume=True)
    with pytest.raises(TrainingError, match="already holds a finished run"):
        compress(original, settings, dataset, out=run.path)


# --- Refused ---------------------------------------------------------------------------------------------------


def test_a_compressed_run_is_not_compressed_again(everything, dataset, tmp_path):
    with pytest.raises(CompressionError, match=r"compressed already \(prune, cluster, qat\).*original run 'original'"):
        compress(everything, CompressionSettings(qat=True), dataset, out=tmp_path / "twice")


def test_other_images_are_refused(original, dataset, tmp_path):
    from dataclasses import replace

    with pytest.raises(CompressionError, match="The training images are not those of"):
        compress(
            original, CompressionSettings(qat=True), replace(dataset, train=dataset.validation), out=tmp_path / "run"
        )
    assert not (tmp_path / "run").exists()


def test_a_layer_without_counterpart_leaves_nothing_behind(dataset, tmp_path):
    import keras
    from support import keras_models

    network = keras_models.plain_network(middle=keras.layers.LayerNormalization(name="norm"))
    run = make_run(tmp_path / "odd", network, dataset)
    with pytest.raises(CompressionError, match=r"no counterpart of 'norm' \(LayerNormalization\)"):
        compress(run, CompressionSettings(qat=True), dataset, out=tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.slow
def test_a_model_that_wants_other_pixels_becomes_one_from_raw_pixels(dataset, tmp_path):
    from support import keras_models

    run = make_run(tmp_path / "centered", keras_models.trained_centered(), dataset, input_range="-1..1")
    settings = CompressionSettings(sparsity=0.3, epochs=1, batch_size=64)
    new = compress(run, settings, dataset, out=tmp_path / "new")
    assert "input_range" not in new.manifest
    assert (new.reference().scores.argmax(axis=1) == dataset.test.labels).mean() > 0.7
