"""Fixtures that several test folders share: real data, and one real run made once a session."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from support.helpers import ROOT, EdgekitCommand

SHARED_FOLD = ROOT.parent / "shared" / "cifar10" / "unpack.py"

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# TensorFlow adds up in as many parts as it has threads: two train the same networks on any number of cores.
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "2")

# The library of the Hugging Face hub reads these when it is imported.
HUB_CACHE = tempfile.TemporaryDirectory(prefix="edgekit-tests-hub-")
os.environ |= {"HF_HOME": HUB_CACHE.name, "HF_HUB_OFFLINE": "1"}

# A shell that starts the tests in the background lets them ignore Ctrl-C, and their children with them.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep what tests download or decode out of the user's cache."""
    os.environ["EDGEKIT_CACHE"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def edgekit_command() -> EdgekitCommand:
    """`edgekit_command("verify", run, cwd=folder)` in a process of its own, as a user would."""

    def command(*arguments: str | Path, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "edgekit", *map(str, arguments)],
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": str(ROOT / "toolkit")},
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )

    return command


@pytest.fixture(scope="session")
def cifar10_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds `cifar-10-batches-py`: $EDGEKIT_CIFAR10, or the fold that lies beside the checkout."""
    if named := os.environ.get("EDGEKIT_CIFAR10"):
        return Path(named)
    if not SHARED_FOLD.is_file():
        pytest.skip("needs the CIFAR-10 fold: name a folder that holds cifar-10-batches-py in EDGEKIT_CIFAR10")
    folder = tmp_path_factory.mktemp("cifar10")
    subprocess.run([sys.executable, SHARED_FOLD, folder], check=True, capture_output=True, timeout=300)
    return folder


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory, edgekit_command: EdgekitCommand) -> Path:
    """resnet8 trained on digits for three epochs and exported in every precision. Copy it before you change it."""
    run = tmp_path_factory.mktemp("runs") / "digits"
    trained = edgekit_command("train", "resnet8", "--data", "digits", "--epochs", "3", "--out", run)
    assert trained.returncode == 0, trained.stderr
    exported = edgekit_command("export", run, "--all")
    assert exported.returncode == 0, exported.stderr
    return run
