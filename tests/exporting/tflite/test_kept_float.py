from pathlib import Path
from typing import Any

import pytest

from edgekit.artifact import Precision
from edgekit.exporting.formats import ExportOptions, TFLiteOptions
from edgekit.exporting.tflite import exporter as module
from edgekit.exporting.tflite.exporter import TFLiteExporter
from edgekit.exporting.tflite.kept_float import keep, kept, kept_in
from edgekit.foundation.errors import ExportError
from edgekit.quantization import CalibrationSet


def test_nothing_is_kept_without_a_folder() -> None:
    keep("choices", b"file")
    assert kept("choices") is None


def test_a_file_is_kept_for_its_choices_alone(tmp_path: Path) -> None:
    with kept_in(tmp_path):
        keep(("a", 1), b"file")
        assert kept(("a", 1)) == b"file"
        assert kept(("a", 2)) is None
    assert kept(("a", 1)) is None


def test_integers_of_a_kept_file_need_no_conversion(
    model: Any, calibration: CalibrationSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = TFLiteExporter(model, ExportOptions())
    expected = [plain.convert(each, calibration) for each in (Precision.FLOAT32, Precision.INT8)]

    def refuse(*_: object) -> None:
        raise ExportError("traced again")

    with kept_in(tmp_path):
        TFLiteExporter(model, ExportOptions()).convert(Precision.FLOAT32, None)
        monkeypatch.setattr(module, "_write_saved_model", refuse)
        later = TFLiteExporter(model, ExportOptions())
        assert [later.convert(each, calibration) for each in (Precision.FLOAT32, Precision.INT8)] == expected
        with pytest.raises(ExportError, match="traced again"):
            TFLiteExporter(model, ExportOptions(tflite=TFLiteOptions(batch=2)))
        with pytest.raises(ExportError, match="traced again"):
            later.convert(Precision.FLOAT16, None)
