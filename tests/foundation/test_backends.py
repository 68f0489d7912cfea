"""What is said of a backend that is not there, crashes or hangs; the real ones are asked in test_doctor_command.py."""

import subprocess
import sys
import time

import pytest

from edgekit.foundation import backends
from edgekit.foundation.backends import list_backends


def let_every_backend_run(monkeypatch: pytest.MonkeyPatch, code: str) -> "list[subprocess.Popen[str]]":
    """Installed, but instead of asking for devices they run `code`; the processes that were started."""
    started: list[subprocess.Popen[str]] = []

    def ask(name: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", code, name], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    monkeypatch.setattr(backends, "is_installed", lambda library: True)
    monkeypatch.setattr(backends, "_ask", ask)
    return started


def test_devices_are_read_from_the_last_line(monkeypatch):
    let_every_backend_run(monkeypatch, "print('chatter'); print('[\"cpu:0\", \"gpu:0 (some GPU)\"]')")
    for status in list_backends():
        assert (status.devices, status.reason) == (("cpu:0", "gpu:0 (some GPU)"), None)


def test_one_that_hangs_is_ended_at_the_time_limit(monkeypatch):
    started = let_every_backend_run(monkeypatch, "import time; time.sleep(60)")
    began = time.monotonic()
    assert {status.reason for status in list_backends(time_limit=0.5)} == {"did not answer in time"}
    assert time.monotonic() - began < 30
    assert all(process.poll() is not None for process in started)


def test_one_that_crashes_says_its_last_line(monkeypatch):
    let_every_backend_run(monkeypatch, "raise ImportError('libcudart is broken')")
    assert {status.reason for status in list_backends()} == {"does not work: ImportError: libcudart is broken"}


def test_one_that_is_killed_says_its_status(monkeypatch):
    let_every_backend_run(monkeypatch, "import os; os.kill(os.getpid(), 9)")
    assert {status.reason for status in list_backends()} == {"does not work: it ended with status -9 without a message"}


def test_what_is_not_installed_names_the_extra(monkeypatch):
    monkeypatch.setattr(backends, "is_installed", lambda library: False)
    reasons = {status.name: status.reason or "" for status in list_backends()}
    for name, extra in (("tensorflow", "train"), ("jax", "jax"), ("torch", "torch")):
        assert f"edgekit-toolkit[{extra}]" in reasons[name]
