"""Commands that are killed, asked to end, cannot write any more, or meet another one on the same run folder.

Each works on a copy of one run. Afterwards the run must be whole: every file that the manifest lists is there with its
SHA-256, every model file is listed, and the same command then does its work.
"""

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fuzz.outcome import Outcome, Trials

from edgekit.foundation.errors import EdgekitError
from edgekit.runs.folder import RunFolder

TOOLKIT = Path(__file__).parents[2] / "toolkit"

COMMANDS = {
    "train": "train resnet8 --data digits --epochs 1 --seed 1 --out new",
    "export": "export run --float32 --int8 --format onnx --calibration-images 20",
    "verify": "verify run --sample 40 --runtime onnxruntime",
    "report": "report run",
    "compare": "compare run",
    "compare-reports": "compare-reports run run",
    "diagnose": "diagnose run --format onnx --images 8",
    "inspect": "inspect run/onnx/model-int8.onnx --weights",
    "compress": "compress run --prune 0.5 --epochs 1 --out new",
    "compare-schemes": "compare-schemes run --int8 --calibration-images 20",
    "tune": "tune run --format onnx --max-flips 100 --max-accuracy-drop 100 --calibration-images 20",
    "run": "run resnet8 --data digits --epochs 1 --precision float32 --format onnx --out new",
    "predict": "predict run picture.png",
    "bundle": "bundle run --unverified --no-images --out new.zip",
    "publish": "publish run --to hub:jane/digits --unverified --no-images --dry-run",
    "verify-bundle": "verify-bundle bundle.zip",
    "check-golden": "check-golden bundle.zip",
    "new": "new new",
    "runtimes": "runtimes",
    "doctor": "doctor",
}
SHORT = ("verify", "report", "export", "bundle", "tune")
"""Commands that write into the run or read all of it, for pairs and for a full disk."""

FINE = {signal.SIGKILL: (-9,), signal.SIGTERM: (143,), signal.SIGINT: (130,), signal.SIGHUP: (129,)}
"""The exit statuses that each signal may end with, besides that of a command that was done before."""


def make_run(folder: Path) -> Path:
    """A folder that every trial copies: a trained, exported and verified run, its bundle and a picture."""
    from PIL import Image

    work = folder / "work"
    work.mkdir()
    Image.new("RGB", (32, 32), (90, 120, 30)).save(work / "picture.png")
    bundle = COMMANDS["bundle"].replace("new.zip", "bundle.zip")
    for command in ("train resnet8 --data digits --epochs 3 --out run", COMMANDS["export"], COMMANDS["verify"], bundle):
        done = subprocess.run(_words(command), cwd=work, env=_environment(folder), capture_output=True, check=False)
        assert done.returncode in (0, 3), done.stderr.decode()
    return work


def killed(work: Path, plan: Trials) -> Outcome:
    """`kill -9` at a random moment of a command's usual time."""
    return _signalled("kill -9", work, plan, (signal.SIGKILL,))


def ended(work: Path, plan: Trials) -> Outcome:
    """SIGTERM, SIGINT and SIGHUP at a random moment."""
    return _signalled("SIGTERM, SIGINT, SIGHUP", work, plan, (signal.SIGTERM, signal.SIGINT, signal.SIGHUP))


def on_a_full_disk(work: Path, plan: Trials) -> Outcome:
    """Every write beyond a size of the file fails, as on a full disk (RLIMIT_FSIZE, at random from 0 to 1 MB)."""
    outcome, chance = Outcome("full disk (writes fail)", until=plan.until), random.Random(plan.seed)
    names = ("train", *SHORT)
    for number in outcome.trials(plan.count):
        name, size = names[number % len(names)], int(10 ** chance.uniform(0, 6))
        with _copy(work) as folder:
            process = _start(name, folder, before=lambda size=size: _limit_files(size))
            status, err = _wait(process)
            outcome.count(_fault(name, folder, status, err, (1,), f"at {size:,} bytes"), lost=_num_lost(folder))
    return outcome


def concurrent(work: Path, plan: Trials) -> Outcome:
    """Two commands at the same time on the same run."""
    outcome, chance = Outcome("pairs of concurrent commands", until=plan.until), random.Random(plan.seed)
    for _ in outcome.trials(plan.count):
        names = chance.choice(SHORT), chance.choice(SHORT)
        with _copy(work) as folder:
            processes = [_start(name, folder) for name in names]
            found = [_wait(process) for process in processes]
            faults = [_fault(names[i], folder, *found[i], (), f"beside {names[1 - i]}") for i in (0, 1)]
            outcome.count("; ".join(filter(None, faults)), lost=_num_lost(folder))
    return outcome


def _signalled(title: str, work: Path, plan: Trials, signals: tuple[signal.Signals, ...]) -> Outcome:
    outcome, chance, usual = Outcome(title, until=plan.until), random.Random(plan.seed), {}
    for number in outcome.trials(plan.count):
        name, number_of_signal = list(COMMANDS)[number % len(COMMANDS)], signals[number % len(signals)]
        if name not in usual:
            with _copy(work) as folder:
                start = time.monotonic()
                _wait(_start(name, folder))
                usual[name] = time.monotonic() - start
        with _copy(work) as folder:
            process = _start(name, folder)
            moment = chance.uniform(0.3, max(0.4, usual[name]))
            time.sleep(moment)
            process.send_signal(number_of_signal)
            status, err = _wait(process)
            words = f"{number_of_signal.name} after {moment:.2f} s"
            fault = _fault(name, folder, status, err, FINE[number_of_signal], words)
            outcome.count(fault or _again(name, folder), lost=_num_lost(folder))
    return outcome


def _again(name: str, folder: Path) -> str:
    """What is wrong where the command is given once more; "" where it does its work."""
    shutil.rmtree(folder / "new", ignore_errors=True)
    (folder / "new.zip").unlink(missing_ok=True)
    status, err = _wait(_start(name, folder))
    return "" if status in (0, 3) else f"{name} given again ended with {status}: {err[-300:]}"


def _fault(name: str, folder: Path, status: int, err: str, allowed: tuple[int, ...], words: str) -> str:
    if "Traceback" in err:
        return f"{name} {words}: a traceback: {err[-500:]}"
    if status not in (0, 3, *allowed):
        return f"{name} {words}: ended with {status}: {err[-300:]}"
    return f"{name} {words}: the run is not whole" if _num_lost(folder) else ""


def _num_lost(folder: Path) -> int:
    """Files of the run that are not what its manifest says, or that it does not list; 1 where it cannot be read."""
    try:
        run = RunFolder(folder / "run")
    except EdgekitError:
        return 1
    lost = len(run.unlisted_models())
    for name in run.manifest["files"]:
        try:
            run.check_file(Path(name))
        except EdgekitError:
            lost += 1
    return lost


@contextmanager
def _copy(work: Path) -> Iterator[Path]:
    """A copy of the folder that `make_run` made."""
    with tempfile.TemporaryDirectory(prefix="edgekit-campaign-") as name:
        yield Path(shutil.copytree(work, Path(name) / "work"))


def _start(name: str, folder: Path, before: Callable[[], None] | None = None) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        _words(COMMANDS[name]),
        cwd=folder,
        env=_environment(folder),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        preexec_fn=before,
    )


def _wait(process: "subprocess.Popen[bytes]") -> tuple[int, str]:
    try:
        _, err = process.communicate(timeout=300)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return 124, "it did not end within 300 s"
    return process.returncode, err.decode(errors="replace")


def _words(command: str) -> list[str]:
    return [sys.executable, "-m", "edgekit", *command.split()]


def _environment(folder: Path) -> dict[str, str]:
    """Its own caches and temporary folder, which go with `folder`."""
    for name in ("tmp", "cache"):
        (folder / name).mkdir(mode=0o700, exist_ok=True)
    return {
        **os.environ,
        "PYTHONPATH": str(TOOLKIT),
        "EDGEKIT_CACHE": str(folder / "cache"),
        "TMPDIR": str(folder / "tmp"),
        "HF_HUB_OFFLINE": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }


def _limit_files(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
