"""The worker as a process: what it imports, and how much memory it takes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support.helpers import ROOT

from edgekit.execution.isolation import execute
from edgekit.execution.worker.job_file import ScoringJob, WorkerSetup, write_job
from edgekit.runtimes import Execution, SessionSettings

SCRIPT = """
import runpy, sys
sys.argv = ["worker", sys.argv[1]]
runpy.run_module("edgekit.execution.worker.main", run_name="__main__")
print("LOADED", *sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


@pytest.mark.parametrize("target", ["litert:LiteRTXnnpack", "onnxruntime:OnnxRuntime"])
def test_it_imports_numpy_and_its_runtime_and_nothing_else(
    target: str, tmp_path: Path, tflite_models: dict[str, Path], onnx_file: Path, images_npy: Path
) -> None:
    artifact = tflite_models["int8"] if "litert" in target else onnx_file
    setup = WorkerSetup(
        parent=os.getpid(), memory_limit=None, result=tmp_path / "result.json", scores=tmp_path / "scores.npy"
    )
    job = ScoringJob(target=f"edgekit.runtimes.{target}", artifact=artifact, images=images_npy)
    write_job(tmp_path / "job.json", setup, job)
    done = subprocess.run(
        [sys.executable, "-P", "-c", SCRIPT, tmp_path / "job.json"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "toolkit")},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    loaded = set(done.stderr.rpartition("LOADED")[2].split())
    foreign = {name for name in loaded if name not in sys.stdlib_module_names and not name.startswith("_")}
    assert foreign <= {"numpy", "edgekit", "ai_edge_litert" if "litert" in target else "onnxruntime"}
    assert json.loads((tmp_path / "result.json").read_text())["num_images"] == 10
    assert np.load(tmp_path / "scores.npy").shape == (10, 5)
    assert done.stdout.splitlines()[-1] == "10"


@pytest.mark.usefixtures("planted")
def test_thirty_times_the_images_take_no_more_memory(tmp_path: Path) -> None:
    peaks = []
    for count in (2_000, 60_000):
        path = tmp_path / f"{count}.npy"
        np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=(count, 32, 32, 3)).flush()
        settings = SessionSettings(batch_size=256)
        result = execute("Answers", tmp_path / "any.tflite", path, settings=settings)
        assert isinstance(result, Execution), result
        assert len(result.scores) == count
        peaks.append(result.peak_rss_bytes)
        path.unlink()
    assert peaks[1] < peaks[0] + 5 * 2**20
