from pathlib import Path

import pytest

from edgekit.artifact import Format, Precision
from edgekit.exporting.formats import ExportOptions
from edgekit.exporting.parts import memory
from edgekit.exporting.parts.memory import BASE, COPIES, disk_needed, disk_warning, memory_needed, memory_warning
from edgekit.exporting.plan import Job

GB = 10**9
FLOAT32 = Job(format=Format.ONNX, precision=Precision.FLOAT32, options=ExportOptions())
INT8 = Job(format=Format.TFLITE, precision=Precision.INT8, options=ExportOptions())


def test_the_costliest_file_counts() -> None:
    copies = COPIES[Format.TFLITE][Precision.INT8]
    assert copies > COPIES[Format.ONNX][Precision.FLOAT32]
    assert memory_needed(GB, [FLOAT32, INT8]) == BASE + round(copies * GB)


def test_every_file_has_an_estimate() -> None:
    assert set(COPIES[Format.TFLITE]) == set(Precision)
    assert set(COPIES[Format.ONNX]) == set(Precision) - {Precision.INT16X8}


def test_the_disk_holds_the_model_and_all_files() -> None:
    assert disk_needed(GB, [FLOAT32, INT8]) == 2_260_000_000


def test_a_file_that_does_not_fit_is_named_with_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_memory_bytes", lambda: memory_needed(GB, [FLOAT32]))
    warning = memory_warning(GB, [FLOAT32, INT8])
    assert f"about {memory_needed(GB, [INT8]) / GB:.1f} GB of memory" in warning
    assert "tflite int8 may not be finished" in warning
    assert "--format and --precision" in warning
    assert memory_warning(GB, [FLOAT32]) == ""
    monkeypatch.setattr(memory, "available_memory_bytes", lambda: None)
    assert memory_warning(GB, [INT8]) == ""


def test_a_full_disk_is_named_with_numbers(tmp_path: Path) -> None:
    assert disk_warning(1, [FLOAT32], tmp_path / "new" / "run") == ""
    assert f"are free at {tmp_path}. Free space" in disk_warning(10**18, [FLOAT32], tmp_path / "new" / "run")
