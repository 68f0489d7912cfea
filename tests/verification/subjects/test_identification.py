"""What a file that a user names is, and that a hopeless one among others costs its own row alone."""

from pathlib import Path

import pytest
from support.linear_run import digits, nearest_mean, write_onnx

from edgekit.artifact import Format, Precision
from edgekit.execution.file_inspection import FileInspector
from edgekit.foundation.errors import ArtifactError
from edgekit.verification.subjects.identification import identify_all, precision_in


def test_the_words_of_an_inspection_are_understood() -> None:
    assert precision_in("fully int8") is Precision.INT8
    assert precision_in("int8 with float islands") is Precision.INT8
    assert precision_in("int8 weights only (dynamic range)") is Precision.DYNAMIC
    assert precision_in("float16 weights") is Precision.FLOAT16
    assert precision_in("int16 activations, int8 weights, with float islands") is Precision.INT16X8
    assert precision_in("something new") is None


def test_an_empty_file_beside_a_sound_one_is_an_artifact_and_alone_is_an_error(tmp_path: Path) -> None:
    sound = write_onnx(tmp_path / "sound-int8.onnx", *nearest_mean(digits()))
    empty = tmp_path / "empty-int8.onnx"
    empty.touch()
    first, second = identify_all([sound, empty], FileInspector())
    assert (first.precision, first.format) == (Precision.FLOAT32, Format.ONNX)  # its content, not its name
    assert (second.precision, second.size_bytes) == (Precision.INT8, 0)
    with pytest.raises(ArtifactError, match="is empty"):
        identify_all([empty], FileInspector())


def test_a_path_that_is_no_file_or_no_format_ends_the_command(tmp_path: Path) -> None:
    sound = write_onnx(tmp_path / "sound.onnx", *nearest_mean(digits()))
    (tmp_path / "model.txt").write_text("no model")
    for other, words in (("missing.onnx", "There is no file"), ("model.txt", "not a model file")):
        with pytest.raises(ArtifactError, match=words):
            identify_all([sound, tmp_path / other], FileInspector())
