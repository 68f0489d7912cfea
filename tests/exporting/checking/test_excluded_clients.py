"""Export warns about what excludes a client, and says nothing about the defaults."""

from dataclasses import replace
from typing import Any

import pytest

from edgekit.artifact import Format, Precision
from edgekit.exporting.checking.excluded_clients import exclusions
from edgekit.exporting.description import Authorship
from edgekit.exporting.formats import ExportOptions
from edgekit.exporting.plan import Job

DESCRIBED = ExportOptions(authorship=Authorship())


def job(file_format: Format, precision: Precision, *, options: ExportOptions = DESCRIBED, **tflite: Any) -> Job:
    chosen = replace(options, tflite=replace(options.tflite, **tflite))
    return Job(format=file_format, precision=precision, options=chosen, is_required=True)


def test_the_defaults_exclude_nobody() -> None:
    jobs = [job(Format.TFLITE, precision) for precision in Precision]
    jobs += [job(Format.ONNX, each) for each in (Precision.FLOAT32, Precision.INT8, Precision.DYNAMIC)]
    assert exclusions(jobs) == ()


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (job(Format.TFLITE, Precision.INT8, io="int8"), "--io int8 excludes MediaPipe Tasks 1.2.3 and LiteRT.js 2.5.3"),
        (job(Format.TFLITE, Precision.FLOAT32, batch=None), "--batch dynamic excludes LiteRT.js 2.5.3"),
        (job(Format.TFLITE, Precision.INT8, batch=4), "a batch of several images excludes MediaPipe Tasks 1.2.3"),
        (job(Format.ONNX, Precision.FLOAT16), "float16 excludes tract 0.23.9 and ncnn 1.0.20261020"),
    ],
)
def test_a_choice_that_excludes_a_client_is_said(made: Job, words: str) -> None:
    [sentence] = exclusions([made])
    assert sentence.startswith(f"{made.title}: {words}")


def test_float_input_without_metadata_excludes_mediapipe() -> None:
    plain = replace(DESCRIBED, authorship=None)
    assert exclusions([job(Format.TFLITE, Precision.INT8, options=plain)]) == ()
    jobs = [
        job(Format.TFLITE, Precision.FLOAT32, options=plain),
        job(Format.TFLITE, Precision.INT8, options=plain, io="float32"),
    ]
    [sentence] = exclusions(jobs)
    assert "float input without metadata excludes MediaPipe" in sentence
