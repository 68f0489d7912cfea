"""Whatever a file does to the process that reads it, it costs that file's answer and no other."""

import time
from pathlib import Path

import pytest
from support.files.onnx_graphs import recursive_function
from support.helpers import ROOT

from edgekit.execution import file_inspection
from edgekit.execution.file_inspection import FileInspector, inspect_in_worker
from edgekit.execution.processor_sharing import Cancelled
from edgekit.execution.worker.inspection import InspectionJob
from edgekit.foundation.errors import ArtifactError
from edgekit.inspection.kernels import inspect_kernels
from edgekit.inspection.model_file import inspect_file

MODELS = ROOT / "exported" / "resnet8"
SOUND = MODELS / "onnx" / "model-int8.onnx"


def files_in(folder: Path, *names: str) -> list[Path]:
    for name in names:
        (folder / name).write_bytes(b"content")
    return [folder / name for name in names]


@pytest.fixture
def _planted_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "tests"))
    monkeypatch.setattr(InspectionJob, "module", "support.planted_inspection")


def test_all_files_of_a_run_are_read_by_one_worker_as_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = sorted(path for path in MODELS.rglob("model-*.*") if path.suffix in (".tflite", ".onnx"))
    started = []
    run = file_inspection.run_in_worker
    monkeypatch.setattr(file_inspection, "run_in_worker", lambda job, *rest: started.append(job) or run(job, *rest))
    inspector = FileInspector()
    inspector.read(paths)
    assert len(paths) == 9
    assert [inspector.info_of(path) for path in paths] == [inspect_file(path) for path in paths]
    assert not any(inspector.of(path).can_overflow for path in paths)
    assert len(started) == 1


def test_kernels_come_from_the_worker_too() -> None:
    assert inspect_in_worker(SOUND, with_kernels=True).kernels == inspect_kernels(SOUND)
    assert inspect_in_worker(SOUND).kernels is None


@pytest.mark.usefixtures("_planted_worker")
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("crash.onnx", "crashed with SIGSEGV"),
        ("hang.onnx", "did not end within the time limit of 3 s"),
        ("memory.onnx", "ran out of memory"),
        ("raise.onnx", "RecursionError: maximum recursion depth exceeded"),
        ("short.onnx", "It gave no answer"),
        ("exit.onnx", "ended with exit status 7"),
    ],
)
def test_a_file_that_its_reader_does_not_survive_costs_its_own_answer(tmp_path: Path, name: str, words: str) -> None:
    first, bad, last = files_in(tmp_path, "first.onnx", name, "last.onnx")
    inspector = FileInspector(time_limit=3)
    inspector.read([first, bad, last])
    assert inspector.of(first).fault == "first.onnx was looked at."
    assert inspector.of(last).fault == "last.onnx was looked at."
    assert inspector.info_of(bad) is None
    assert words in inspector.of(bad).fault
    assert f"{bad} cannot be inspected." in inspector.of(bad).fault


@pytest.mark.usefixtures("_planted_worker")
def test_two_bad_files_take_five_workers_however_many_files_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []
    run = file_inspection.run_in_worker
    monkeypatch.setattr(file_inspection, "run_in_worker", lambda job, *rest: started.append(job) or run(job, *rest))
    names = ["a.onnx", "b.onnx", "crash.onnx", "c.onnx", "d.onnx", "exit.onnx", "e.onnx"]
    inspector = FileInspector()
    inspector.read(files_in(tmp_path, *names))
    faults = {path.name: inspector.of(path).fault for path in files_in(tmp_path, *names)}
    assert [name for name in names if faults[name] != f"{name} was looked at."] == ["crash.onnx", "exit.onnx"]
    assert len(started) == 5


@pytest.mark.usefixtures("_planted_worker")
def test_a_single_file_is_an_error_in_one_sentence(tmp_path: Path) -> None:
    [path] = files_in(tmp_path, "crash.onnx")
    with pytest.raises(ArtifactError, match=r"cannot be inspected\. The worker process crashed with SIGSEGV"):
        inspect_in_worker(path)


def test_what_a_file_is_not_is_said_as_before(tmp_path: Path) -> None:
    [path] = files_in(tmp_path, "text.onnx")
    with pytest.raises(ArtifactError, match="is not a model that edgekit can read"):
        inspect_in_worker(path)
    with pytest.raises(ArtifactError, match="There is no file"):
        inspect_in_worker(tmp_path / "missing.onnx")


def test_a_function_that_calls_itself_is_described(tmp_path: Path) -> None:
    path = tmp_path / "recursive.onnx"
    path.write_bytes(recursive_function(SOUND.read_bytes()))
    info = inspect_in_worker(path)
    assert ("mine.Again", "custom") in {(one.name, one.kind) for one in info.operators}
    assert info.multiply_adds is None


@pytest.mark.usefixtures("_planted_worker")
def test_files_are_read_while_the_caller_goes_on(tmp_path: Path) -> None:
    first, slow, last = files_in(tmp_path, "first.onnx", "hang.onnx", "last.onnx")
    inspector = FileInspector(time_limit=3)
    begin = time.monotonic()
    inspector.begin([first, slow])
    assert time.monotonic() - begin < 2
    assert inspector.of(last).fault == "last.onnx was looked at."  # after the other two, by a worker of its own
    assert time.monotonic() - begin >= 3
    assert inspector.of(first).fault == "first.onnx was looked at."
    assert "did not end within the time limit of 3 s" in inspector.of(slow).fault


@pytest.mark.usefixtures("_planted_worker")
def test_a_mistake_of_the_caller_ends_the_worker_that_reads(tmp_path: Path) -> None:
    inspector, paths, begin = FileInspector(), files_in(tmp_path, "hang.onnx"), time.monotonic()

    def make_a_mistake() -> None:
        with inspector:
            inspector.begin(paths)
            raise ValueError("mistake")

    with pytest.raises(ValueError, match="mistake"):
        make_a_mistake()
    assert inspector._begun is not None
    with pytest.raises(Cancelled):
        inspector._begun.result(timeout=20)
    assert time.monotonic() - begin < 20
