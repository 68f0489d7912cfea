import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from edgekit.foundation import machine
from edgekit.foundation.machine import nvidia_gpus, this_machine

PI = "processor\t: 0\nFeatures\t: fp asimd asimddp\n\nprocessor\t: 1\nFeatures\t: fp\n\nModel\t\t: Raspberry Pi 5\n"
XEON = "processor\t: 0\nmodel name\t: Some Xeon: fast\nflags\t\t: sse avx2 avx512f avx512_vnni\n\nprocessor\t: 1\n"


@pytest.mark.parametrize(
    ("architecture", "features", "overflows"),
    [
        ("x86_64", ("avx2", "fma"), True),
        ("x86_64", ("avx2", "avx512f"), True),
        ("AMD64", (), True),
        ("x86_64", ("avx2", "avx512f", "avx512_vnni"), False),
        ("x86_64", ("avx2", "avx_vnni"), False),
        ("aarch64", ("neon",), False),
        ("arm64", ("neon", "dotprod"), False),
    ],
)
def test_int8_sums_overflow_on_x86_without_vnni(architecture: str, features: tuple[str, ...], overflows: bool) -> None:
    one = replace(this_machine(), architecture=architecture, features=features)
    assert one.overflows_int8 is overflows


def test_this_machine_is_described() -> None:
    described = this_machine()
    assert described.cpu
    assert described.num_cpus >= 1
    assert described.memory_bytes is None or described.memory_bytes > 2**28


@pytest.mark.parametrize(
    ("cpu_info", "cpu", "features"),
    [
        (XEON, "Some Xeon: fast", ("avx2", "avx512f", "avx512_vnni")),
        (PI, "Raspberry Pi 5", ("neon", "dotprod")),
    ],
)
def test_processors_are_read_from_cpuinfo(
    cpu_info: str, cpu: str, features: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine.sys, "platform", "linux")
    monkeypatch.setattr(Path, "read_text", lambda self: cpu_info)
    described = this_machine()
    assert (described.cpu, described.features) == (cpu, features)


def test_gpus_are_read_from_nvidia_smi(monkeypatch: pytest.MonkeyPatch) -> None:
    output = "NVIDIA H200, 143771 MiB, 570.1\nNVIDIA T4, 15360 MiB, 570.1\n"
    done = subprocess.CompletedProcess([], 0, stdout=output)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)
    assert [gpu.name for gpu in nvidia_gpus()] == ["NVIDIA H200", "NVIDIA T4"]


def test_no_nvidia_smi_means_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert nvidia_gpus() == []


def test_free_memory_is_less_than_there_is() -> None:
    free, total = machine.available_memory_bytes(), this_machine().memory_bytes
    assert free is None or total is None or 0 < free <= total
