"""A candidate may do what it likes; the parent gets a reason in words and nothing is left behind."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from support.helpers import ROOT
from support.tiny_models import expected_scores, onnx_scores

from edgekit.execution.isolation import execute
from edgekit.foundation.errors import UnknownNameError
from edgekit.runtimes import Execution, ExecutionFailure, SessionSettings

pytestmark = pytest.mark.usefixtures("planted")

ONE_BY_ONE = SessionSettings()


@pytest.fixture(autouse=True)
def _nothing_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield
    assert list(folder.iterdir()) == []


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    path = tmp_path / "model.tflite"
    path.write_bytes(b"anything: planted runtimes read no file")
    return path


def reason_of(result: Execution | ExecutionFailure) -> str:
    assert isinstance(result, ExecutionFailure), result
    assert "Traceback" not in result.reason
    return result.reason


def process_ends(pid: int, seconds: float = 5) -> bool:
    """Whether the process is gone, or only waits to be buried, within some seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("runtime", ["litert-xnnpack", "litert-builtin", "litert-reference"])
@pytest.mark.parametrize(("name", "tolerance"), [("float32", 1e-5), ("int8-flat", 0.03)])
def test_real_files_answer_as_the_float_model_does(
    runtime: str,
    name: str,
    tolerance: float,
    tflite_models: dict[str, Path],
    images: NDArray[np.uint8],
    images_npy: Path,
) -> None:
    result = execute(runtime, tflite_models[name], images_npy)
    assert isinstance(result, Execution), result
    reference = expected_scores("flat" if "flat" in name else "pooled", images)
    assert np.abs(result.scores - reference).max() < tolerance
    assert result.images_per_second == pytest.approx(len(images) / result.seconds)
    assert 10 * 2**20 < result.peak_rss_bytes < 300 * 2**20, "not what the parent holds, which has TensorFlow loaded"
    assert result.runtime_version.startswith("2.")


def test_onnx_in_given_settings(onnx_file: Path, images: NDArray[np.uint8], images_npy: Path) -> None:
    settings = SessionSettings(num_threads=2, batch_size=3, num_sessions=2)
    result = execute("onnxruntime", onnx_file, images_npy, settings=settings)
    assert isinstance(result, Execution), result
    assert np.allclose(result.scores, onnx_scores(images), atol=1e-4)
    assert result.settings == settings


def test_settings_tell_the_batch_that_was_really_used(tflite_models: dict[str, Path], images_npy: Path) -> None:
    result = execute(
        "litert-xnnpack", tflite_models["float32-flat"], images_npy, settings=SessionSettings(batch_size=8)
    )
    assert isinstance(result, Execution), result
    assert result.settings.batch_size == 1


def test_progress_adds_up_and_num_images_is_kept(artifact: Path, images_npy: Path) -> None:
    advanced: list[int] = []
    result = execute("Answers", artifact, images_npy, num_images=7, advance=advanced.append)
    assert isinstance(result, Execution), result
    assert result.scores.shape == (7, 3)
    assert sum(advanced) == 7
    assert min(advanced) > 0


def test_more_images_than_there_are_means_all(artifact: Path, images_npy: Path) -> None:
    result = execute("Answers", artifact, images_npy, num_images=1000)
    assert isinstance(result, Execution), result
    assert len(result.scores) == 10


def test_an_unknown_runtime_is_an_error_of_the_caller(artifact: Path, images_npy: Path) -> None:
    with pytest.raises(UnknownNameError):
        execute("litert", artifact, images_npy)


@pytest.mark.parametrize("settings", [None, ONE_BY_ONE])
def test_a_segmentation_fault_is_named(artifact: Path, images_npy: Path, settings: SessionSettings | None) -> None:
    assert "crashed with SIGSEGV" in reason_of(execute("Crashes", artifact, images_npy, settings=settings))


def test_an_abort_is_called_what_it_is(artifact: Path, images_npy: Path) -> None:
    reason = reason_of(execute("Aborts", artifact, images_npy))
    assert "crashed with SIGABRT: the library aborted, as it does if a check in one of its kernels fails" in reason


def test_an_exit_status_comes_with_the_last_words(artifact: Path, images_npy: Path) -> None:
    reason = reason_of(execute("ExitsEarly", artifact, images_npy))
    assert "exit status 3" in reason
    assert "kernel not found" in reason


@pytest.mark.parametrize("runtime", ["Hangs", "IgnoresTermination"])
def test_a_hang_ends_at_the_time_limit_and_nobody_survives(runtime: str, artifact: Path, images_npy: Path) -> None:
    start = time.monotonic()
    reason = reason_of(execute(runtime, artifact, images_npy, time_limit=3))
    assert "time limit of 3 s" in reason
    assert time.monotonic() - start < 15
    for name in ("pid", "child"):
        if artifact.with_name(name).exists():
            assert process_ends(int(artifact.with_name(name).read_text()))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not hold a memory limit")
def test_a_memory_limit_is_held(artifact: Path, images_npy: Path) -> None:
    reason = reason_of(execute("Greedy", artifact, images_npy, memory_limit=500 * 2**20))
    assert reason == "ran out of memory"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not hold a memory limit")
def test_a_real_runtime_works_within_a_memory_limit(
    tflite_models: dict[str, Path], onnx_file: Path, images_npy: Path
) -> None:
    for runtime, path in [("litert-xnnpack", tflite_models["int8"]), ("onnxruntime", onnx_file)]:
        assert isinstance(execute(runtime, path, images_npy, memory_limit=300 * 2**20), Execution)


def test_a_kill_from_outside_is_taken_for_lack_of_memory(artifact: Path, images_npy: Path) -> None:
    assert "memory" in reason_of(execute("OutOfMemory", artifact, images_npy))


def test_ending_without_a_result_is_a_failure(artifact: Path, images_npy: Path) -> None:
    assert "without a usable result" in reason_of(execute("Garbage", artifact, images_npy))


def test_an_exception_of_a_library_becomes_one_sentence(artifact: Path, images_npy: Path) -> None:
    assert reason_of(execute("Broken", artifact, images_npy)) == "ZeroDivisionError: in the kernel"


def test_nan_comes_through(artifact: Path, images_npy: Path) -> None:
    result = execute("NotANumber", artifact, images_npy)
    assert isinstance(result, Execution), result
    assert np.isnan(result.scores).all()


def test_reused_buffers_do_not_mix_images(artifact: Path, images: NDArray[np.uint8], images_npy: Path) -> None:
    result = execute("Reuses", artifact, images_npy, settings=SessionSettings(batch_size=4))
    assert isinstance(result, Execution), result
    assert np.array_equal(result.scores, images.mean(axis=(1, 2), dtype=np.float32))


def test_what_a_library_prints_is_not_progress(artifact: Path, images_npy: Path) -> None:
    advanced: list[int] = []
    result = execute("Talks", artifact, images_npy, advance=advanced.append)
    assert isinstance(result, Execution), result
    assert sum(advanced) == 10


def test_a_missing_artifact_or_image_file(onnx_file: Path, images_npy: Path, tmp_path: Path) -> None:
    assert "cannot load" in reason_of(execute("onnxruntime", tmp_path / "none.onnx", images_npy))
    assert "cannot be read" in reason_of(execute("onnxruntime", onnx_file, tmp_path / "none.npy"))


def test_images_of_another_size(onnx_file: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "small.npy", np.zeros((4, 8, 8, 3), np.uint8))
    assert "16 x 16 x 3" in reason_of(execute("onnxruntime", onnx_file, tmp_path / "small.npy"))


def test_flex_operators_are_refused_even_though_this_process_could_run_them(
    tflite_models: dict[str, Path], images_npy: Path
) -> None:
    assert "Flex" in reason_of(execute("litert-xnnpack", tflite_models["flex"], images_npy))


def test_a_module_in_the_working_folder_is_not_mistaken_for_a_library(
    onnx_file: Path, images_npy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "onnxruntime.py").write_text("raise RuntimeError('the wrong one')")
    monkeypatch.chdir(tmp_path)
    assert isinstance(execute("onnxruntime", onnx_file, images_npy), Execution)


def test_damaged_files_never_harm_the_parent(
    tflite_models: dict[str, Path], onnx_file: Path, images_npy: Path, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    for index, (runtime, path) in enumerate(
        [("litert-xnnpack", tflite_models["int8"]), ("onnxruntime", onnx_file)] * 4
    ):
        content = bytearray(path.read_bytes())
        for position in rng.integers(0, len(content), 60):
            content[position] = int(rng.integers(0, 256))
        damaged = tmp_path / f"damaged{index}{path.suffix}"
        damaged.write_bytes(content)
        result = execute(runtime, damaged, images_npy, time_limit=60, settings=ONE_BY_ONE)
        assert isinstance(result, Execution) or result.reason


def test_an_interrupted_parent_leaves_no_worker(artifact: Path, images_npy: Path) -> None:
    parent = start_parent(artifact, images_npy)
    worker = wait_for_pid(artifact)
    parent.send_signal(signal.SIGINT)
    assert parent.wait(10) != 0
    assert process_ends(worker)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the worker looks once a second, if it can")
def test_a_killed_parent_leaves_no_worker(artifact: Path, images_npy: Path) -> None:
    parent = start_parent(artifact, images_npy)
    worker = wait_for_pid(artifact)
    parent.kill()
    parent.wait(10)
    assert process_ends(worker)


def start_parent(artifact: Path, images: Path) -> "subprocess.Popen[bytes]":
    """A process that executes the runtime that hangs."""
    script = (
        "import sys; from pathlib import Path; from edgekit.foundation.registry import Entry;"
        "from edgekit.runtimes import RUNTIMES; from edgekit.execution.isolation import execute;"
        "RUNTIMES._entries['Hangs'] = Entry(target='support.planted_runtimes:Hangs', summary='');"
        "execute('Hangs', Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    paths = os.pathsep.join([str(ROOT / "toolkit"), str(ROOT / "tests")])
    environment = {**os.environ, "PYTHONPATH": paths, "TMPDIR": str(artifact.parent)}
    return subprocess.Popen(
        [sys.executable, "-c", script, artifact, images], env=environment, stderr=subprocess.DEVNULL
    )


def wait_for_pid(artifact: Path) -> int:
    """The process id that the hanging worker wrote."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        note = artifact.with_name("pid")
        if note.exists() and note.read_text():
            return int(note.read_text())
        time.sleep(0.05)
    raise AssertionError("the worker did not start")
