"""Running a model tells nobody about it and leaves nothing outside the folders that edgekit names."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from support.helpers import ROOT
from support.tiny_models import onnx_model, some_images

SCRIPT = """
import sys
from pathlib import Path
from edgekit.runtimes import SessionSettings
from edgekit.execution.isolation import execute
print(execute("onnxruntime", Path(sys.argv[1]), Path(sys.argv[2]), settings=SessionSettings()))
"""


def test_onnx_runtime_keeps_no_record_of_what_it_ran(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(onnx_model().SerializeToString())
    np.save(tmp_path / "images.npy", some_images(4))
    folders = {"HOME": tmp_path / "home", "TMPDIR": tmp_path / "tmp", "XDG_CACHE_HOME": tmp_path / "cache"}
    for folder in folders.values():
        folder.mkdir()
    kept = {name: value for name, value in os.environ.items() if name not in ("ORT_DISABLE_TELEMETRY", "CI")}
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT, tmp_path / "model.onnx", tmp_path / "images.npy"],
        env={**kept, "PYTHONPATH": str(ROOT / "toolkit"), **{name: str(folder) for name, folder in folders.items()}},
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    assert result.stdout.startswith("Execution("), result.stdout + result.stderr
    assert [path for folder in folders.values() for path in folder.rglob("*")] == []
