"""What is compared or searched must be, byte for byte, what an export keeps."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from edgekit.artifact import Format, Precision
from edgekit.exporting.conversion import FileMaker
from edgekit.exporting.formats import ExportOptions
from edgekit.exporting.plan import Job
from edgekit.exporting.session import export
from edgekit.exporting.source import load_source
from edgekit.foundation.errors import ExportError, UsageError
from edgekit.foundation.progress import SilentProgress
from edgekit.input_range import InputRange
from edgekit.quantization import CalibrationSet
from edgekit.runs.folder import RunFolder

NewRun = Callable[[], RunFolder]


def test_in_any_order_and_with_other_files_between_the_bytes_are_those_of_an_export(new_run: NewRun) -> None:
    from support import keras_models

    digits, run = keras_models.digits(), new_run()
    calibration = CalibrationSet.choose(digits, 30)
    options = [ExportOptions(), ExportOptions(fold=False)]
    for each in options:
        export(
            run,
            precisions=[Precision.INT8],
            formats=[Format.TFLITE],
            dataset=digits,
            options=each,
            calibration_images=30,
        )
    maker = FileMaker(load_source(run), digits, progress=SilentProgress())
    jobs = [Job(format=Format.TFLITE, precision=Precision.INT8, options=each) for each in reversed(options)]
    made = {job.variant: maker.convert(job, calibration) for job in jobs}
    assert len(set(made.values())) == 2, "folding changes nothing in this network: the test cannot fail"
    for job in jobs:
        kept = run.artifact_path(job.format, job.precision, job.variant).read_bytes()
        assert made[job.variant] == kept


def test_another_data_set_is_refused_before_anything_is_made(new_run: NewRun) -> None:
    from support import keras_models

    digits = keras_models.digits()
    other = replace(digits, test=replace(digits.test, labels=np.roll(digits.test.labels, 1)))
    with pytest.raises(ExportError, match="not the one of the run"):
        FileMaker(load_source(new_run()), other, progress=SilentProgress())


def test_another_input_range_than_the_run_says_is_refused(new_run: NewRun) -> None:
    """The check against Keras cannot see it: Keras would be fed as wrongly as the file."""
    wrong = ExportOptions(input_range=InputRange.parse("0..1"))
    with pytest.raises(UsageError, match=r"expects pixels of 0\.\.255.*Received --input-range 0\.\.1"):
        export(new_run(), precisions=[Precision.FLOAT32], options=wrong)


def test_a_graph_that_a_format_cannot_hold_is_converted_once(new_run: NewRun, monkeypatch: pytest.MonkeyPatch) -> None:
    from support import keras_models

    from edgekit.exporting.onnx import exporter as onnx

    attempts = []

    def refuse(*_: object) -> None:
        attempts.append(1)
        raise ExportError("ONNX has no such operator.")

    monkeypatch.setattr(onnx, "traced", refuse)
    report = export(new_run(), dataset=keras_models.digits(), calibration_images=20)
    assert [each.title for each in report.failed] == ["onnx float32", "onnx float16", "onnx dynamic", "onnx int8"]
    assert {each.artifact.format for each in report.files} == {Format.TFLITE}
    assert len(attempts) == 1
