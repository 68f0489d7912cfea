"""`edgekit verify` with several candidates at the same time, with a part of the images, and stopped early."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.helpers import ROOT
from support.linear_run import digits, make_run, nearest_mean, write_onnx

from edgekit.cli import run_command as edgekit

TIMED = {"seconds", "images_per_second", "peak_rss_bytes", "num_threads", "num_sessions"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with three faithful files, and one that swaps two classes."""
    run = make_run(tmp_path_factory.mktemp("together") / "made")
    weights, biases = nearest_mean(digits())
    swapped = [1, 0, *range(2, 10)]
    run.record(
        write_onnx(run.path / "onnx" / "model-float16.onnx", weights, biases),
        write_onnx(run.path / "onnx" / "model-dynamic.onnx", weights * 1.01, biases * 1.01),
        write_onnx(run.path / "onnx" / "model-int8.onnx", weights[:, swapped], biases[swapped]),
    )
    return run.path


@pytest.fixture
def run(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(made, tmp_path / "exported" / "made"))


def report_of(run: Path) -> dict:
    document = json.loads((run / "verification.json").read_text())
    for row in document["candidates"]:
        for name in TIMED:
            row[name] = None
    assert document["recommended"].pop("server")["verdict"] == "pass"  # the fastest file
    return document


def test_rows_are_the_same_and_in_the_same_order_whatever_jobs(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reports = []
    for jobs in ("1", "2", "3"):
        assert edgekit(["verify", str(run), "--jobs", jobs]) == 3
        reports.append(report_of(run))
        _, err = capsys.readouterr()
        assert all(f"{number}/8 onnx" in err for number in range(1, 9))
        assert err.count("359 of 359") == 8
    assert reports[0] == reports[1] == reports[2]
    assert [row["verdict"] for row in reports[0]["candidates"]] == ["pass"] * 6 + ["drift"] * 2


def test_sequential_stops_early_and_says_so(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["verify", str(run), "--runtime", "onnxruntime", "--precision", "int8", "--sequential"]
    assert edgekit([*arguments, "--confidence", "0.95", "--seed", "3"]) == 3
    [row] = json.loads((run / "verification.json").read_text())["candidates"]
    assert row["verdict"] == "drift"
    if row["num_images"] < 359:
        assert row["confidence"] == 0.95
        assert "seed 3" in row["remarks"][0]
    assert "certain at 0.95 confidence" in capsys.readouterr().out or row["num_images"] == 359


def test_a_sample_is_said_on_the_row(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert edgekit(["verify", str(run), "--precision", "float32", "--sample", "100", "--seed", "1"]) == 0
    rows = json.loads((run / "verification.json").read_text())["candidates"]
    assert [row["num_images"] for row in rows] == [100, 100]
    assert "100 of 359 images" in capsys.readouterr().out
    assert {one["support"] for one in rows[0]["per_class"]} <= {9, 10, 11}


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        (["--confidence", "0.9"], "--sequential"),
        (["--seed", "1"], "--sample"),
        (["--sample", "0"], "at least 1"),
        (["--sequential", "--confidence", "99"], "0.99"),
        (["--sequential", "--sample", "50"], "exclude"),
        (["--jobs", "0"], "at least 1"),
    ],
)
def test_options_that_make_no_sense_are_wrong_usage(
    run: Path, capsys: pytest.CaptureFixture[str], options: list[str], hint: str
) -> None:
    assert edgekit(["verify", str(run), *options]) == 2
    assert hint in capsys.readouterr().err
    assert not (run / "verification.json").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_ctrl_c_ends_every_worker_and_leaves_nothing(run: Path, tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "edgekit", "verify", str(run), "--jobs", "2"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "toolkit"), "TMPDIR": str(temporary)},
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not workers_of(process.pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    workers = workers_of(process.pid)
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130
    assert process.stderr is not None
    assert "Interrupted." in process.stderr.read()
    assert workers
    assert not [worker for worker in workers if is_running(worker)]
    assert list(temporary.iterdir()) == []
    assert not (run / "verification.json").exists()


def workers_of(parent: int) -> list[int]:
    children = Path(f"/proc/{parent}/task").glob("*/children")
    return [int(number) for path in children for number in path.read_text().split()]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
