import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edgekit.artifact import Format, Precision
from edgekit.exporting.job import export_request
from edgekit.exporting.parts import isolation, memory
from edgekit.exporting.report import ExportReport
from edgekit.exporting.request import ExportRequest
from edgekit.foundation.errors import CalibrationError, ExportError
from edgekit.runs.folder import RunFolder


class Watching:
    """Collects notes, and does something when so many files are finished."""

    def __init__(self, num_files: int = 0, then: Callable[[], None] = lambda: None) -> None:
        self.notes: list[str] = []
        self._num_files, self._then = num_files, then

    @contextmanager
    def task(self, _description: str, _total: int | None) -> Iterator[Callable[[int], None]]:
        def advance(count: int) -> None:
            self._num_files -= count
            if self._num_files == 0 and count:
                self._then()

        yield advance

    def note(self, text: str) -> None:
        self.notes.append(text)


@pytest.fixture
def run(pristine_run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(pristine_run, tmp_path / "run"))


@pytest.fixture
def in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "LARGE", 0)


def asked(run: Path, *precisions: Precision, resume: bool = False) -> ExportRequest:
    return ExportRequest(target=run, precisions=precisions, data="digits", calibration_images=20, resume=resume)


def contents(report: ExportReport) -> dict[str, bytes]:
    return {each.artifact.path.name: each.artifact.path.read_bytes() for each in report.files}


def kill_the_part() -> None:
    """Send SIGKILL to the child that exports, as a system does that has no memory left."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or b"edgekit.exporting.parts.worker" not in (entry / "cmdline").read_bytes():
            continue
        if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == os.getpid():
            os.kill(int(entry.name), signal.SIGKILL)


def test_the_files_are_those_of_one_process(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = shutil.copytree(run, tmp_path / "other")
    plain = export_request(asked(other, Precision.FLOAT32, Precision.INT8))
    monkeypatch.setattr(isolation, "LARGE", 0)
    progress = Watching()
    parts = export_request(asked(run, Precision.FLOAT32, Precision.INT8), progress=progress)
    assert list(contents(parts)) == [
        "model-float32.tflite",
        "model-int8.tflite",
        "model-float32.onnx",
        "model-int8.onnx",
    ]
    assert contents(parts) == contents(plain)
    assert {**parts.to_dict(), "run": ""} == {**plain.to_dict(), "run": ""}
    assert RunFolder(run).manifest == RunFolder(other).manifest
    assert [each.precision for each in RunFolder(run).artifacts()] == [Precision.FLOAT32, Precision.INT8] * 2


def test_a_file_of_a_user_gives_the_same_too(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its parts behind the first export the copy in the run, and its name is in the metadata."""
    file = Path(shutil.copy(run / "model.keras", tmp_path / "mine.keras"))

    def request(out: str) -> ExportRequest:
        precisions = (Precision.FLOAT32, Precision.INT8)
        return ExportRequest(
            target=file, precisions=precisions, data="digits", calibration_images=20, out=tmp_path / out
        )

    plain = export_request(request("plain"))
    monkeypatch.setattr(isolation, "LARGE", 0)
    parts = export_request(request("parts"))
    assert len(parts.files) == 4
    assert contents(parts) == contents(plain)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for the process in /proc")
@pytest.mark.usefixtures("in_parts")
def test_a_part_that_is_killed_costs_a_sentence_and_the_rest_can_be_made(run: Path) -> None:
    progress = Watching(num_files=1, then=kill_the_part)
    with pytest.raises(ExportError) as failure:
        export_request(asked(run), progress=progress)
    message = str(failure.value)
    assert "ended at tflite float16: the process was killed" in message
    assert "GB of memory" in message
    assert f"Finished and kept in {run}: tflite/model-float32.tflite." in message
    assert f"edgekit export {run} --resume" in message
    assert "--precision" in message
    assert [each.path.name for each in RunFolder(run).artifacts()] == ["model-float32.tflite"]
    assert not list(run.rglob(".writing-*"))

    again = Watching()
    precisions = (Precision.FLOAT32, Precision.DYNAMIC)
    report = export_request(asked(run, *precisions, resume=True), progress=again)
    assert list(contents(report)) == ["model-dynamic.tflite", "model-float32.onnx", "model-dynamic.onnx"]
    assert again.notes == ["tflite float32: already there, kept as it is."]


def test_nothing_stays_when_the_whole_export_is_killed(run: Path, tmp_path: Path) -> None:
    """The parent is killed while a part works: its files go, and what was finished before is a run as it should be."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    code = (
        "import sys; from pathlib import Path; import edgekit; from edgekit.exporting.parts import isolation\n"
        "isolation.LARGE = 0; edgekit.export(sys.argv[1], precisions='float32,float16', data='digits')"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(run)],
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    finished = run / "tflite" / "model-float32.tflite"
    while process.poll() is None and not finished.exists():
        time.sleep(0.05)
    assert list(temporary.iterdir())
    process.kill()
    process.wait()
    for _ in range(150):
        if not list(temporary.iterdir()):
            break
        time.sleep(0.1)
    assert list(temporary.iterdir()) == []
    report = export_request(asked(run, Precision.FLOAT32, resume=True))
    assert [each.artifact.path.name for each in report.files][-1] == "model-float32.onnx"


@pytest.mark.usefixtures("in_parts")
def test_an_error_of_a_part_is_the_error_of_the_export(run: Path) -> None:
    request = ExportRequest(
        target=run, precisions=(Precision.INT8,), formats=(Format.ONNX,), data="digits", calibration_images=0
    )
    with pytest.raises(CalibrationError, match="at least one image"):
        export_request(request)


def test_a_small_model_is_exported_in_this_process(run: Path) -> None:
    assert not isolation.is_large(RunFolder(run))
    assert isolation.model_bytes(RunFolder(run)) == (run / "model.keras").stat().st_size


def test_too_little_memory_is_said_before_a_small_model_is_loaded_too(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "available_memory_bytes", lambda: 500_000_000)
    progress = Watching()
    with pytest.raises(CalibrationError):
        export_request(
            ExportRequest(target=run, precisions=(Precision.INT8,), data="digits", calibration_images=0),
            progress=progress,
        )
    assert progress.notes[0].startswith("This export needs about 0.9 GB of memory, and 0.5 GB are free")
    assert "--format and --precision" in progress.notes[0]


def test_the_size_of_a_saved_model_is_that_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "variables").mkdir()
    (tmp_path / "saved_model.pb").write_bytes(b"x" * 10)
    (tmp_path / "variables" / "data").write_bytes(b"x" * 5)
    assert isolation.model_bytes(tmp_path) == 15


def test_a_file_that_would_differ_is_made_again(run: Path) -> None:
    export_request(asked(run, Precision.INT8))
    other = ExportRequest(target=run, precisions=(Precision.INT8,), data="digits", calibration_images=30, resume=True)
    made = export_request(other)
    assert len(made.files) == 2
    started = time.monotonic()
    assert export_request(other).files == ()
    assert time.monotonic() - started < 60
