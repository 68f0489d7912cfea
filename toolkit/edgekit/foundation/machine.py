"""What machine this is, as far as speed and kernels depend on it. Reveals no host name and no user name."""

import os
import platform
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FEATURES = {
    "avx2": "avx2",
    "fma": "fma",
    "avx512f": "avx512f",
    "avx512_vnni": "avx512_vnni",
    "avx_vnni": "avx_vnni",
    "amx_int8": "amx_int8",
    "asimd": "neon",
    "neon": "neon",
    "asimddp": "dotprod",
    "i8mm": "i8mm",
    "sve": "sve",
}
"""Flag of /proc/cpuinfo -> name of a feature that decides which int8 kernels a runtime chooses."""

_MAC_FEATURES = {"hw.optional.arm.FEAT_DotProd": "dotprod", "hw.optional.arm.FEAT_I8MM": "i8mm"}


@dataclass(frozen=True, kw_only=True)
class Machine:
    """One machine.

    Attributes:
        cpu: Model of the processor.
        architecture: "x86_64", "aarch64", "arm64".
        features: Those of its instructions that int8 kernels choose by.
        num_cpus: Processors that this process may use.
        memory_bytes: Memory of the machine; None if unknown.
        operating_system: "Linux 6.1", "Darwin 24.0".
    """

    cpu: str
    architecture: str
    features: tuple[str, ...]
    num_cpus: int
    memory_bytes: int | None
    operating_system: str

    @property
    def overflows_int8(self) -> bool:
        """Whether ONNX Runtime adds two uint8 x int8 products in 16 bits here, which full-range weights overflow.

        This is the case on x86 with AVX2 or AVX-512 and without VNNI (instruction VPMADDUBSW), according to ONNX
        Runtime's documentation of quantization.
        """
        return self.architecture in ("x86_64", "AMD64") and not {"avx512_vnni", "avx_vnni"} & set(self.features)

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Gpu:
    """One NVIDIA GPU, as nvidia-smi names it.

    Attributes:
        name: Its model.
        memory: Its memory, with unit.
        driver: Version of its driver.
    """

    name: str
    memory: str
    driver: str


def this_machine() -> Machine:
    """Describe the machine that this process runs on."""
    cpu_info = _cpu_info()
    return Machine(
        cpu=_cpu_model(cpu_info),
        architecture=platform.machine(),
        features=_features(cpu_info),
        num_cpus=num_usable_cpus(),
        memory_bytes=_memory_bytes(),
        operating_system=f"{platform.system()} {'.'.join(platform.release().split('.')[:2])}",
    )


def num_usable_cpus() -> int:
    """Processors that this process may use, which in a container may be fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def nvidia_gpus() -> list[Gpu]:
    """The GPUs that nvidia-smi sees; empty if there is no such program or it fails."""
    output = _output_of("nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader")
    rows = [[cell.strip() for cell in line.split(",")] for line in output.splitlines()]
    return [Gpu(name=row[0], memory=row[1], driver=row[2]) for row in rows if len(row) == 3]


def _cpu_info() -> dict[str, str]:
    """The first processor of /proc/cpuinfo; empty if there is none."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return {}
    pairs = [line.partition(":") for line in text.splitlines()]
    return {key.strip(): value.strip() for key, _, value in reversed(pairs) if value}


def _cpu_model(cpu_info: dict[str, str]) -> str:
    if sys.platform == "darwin":
        return _output_of("sysctl", "-n", "machdep.cpu.brand_string").strip() or platform.machine()
    return cpu_info.get("model name") or cpu_info.get("Model") or cpu_info.get("Hardware") or platform.machine()


def _features(cpu_info: dict[str, str]) -> tuple[str, ...]:
    if sys.platform == "darwin":
        own = [name for key, name in _MAC_FEATURES.items() if _output_of("sysctl", "-n", key).strip() == "1"]
        return ("neon", *own) if platform.machine() == "arm64" else tuple(own)
    flags = set((cpu_info.get("flags") or cpu_info.get("Features") or "").split())
    return tuple(dict.fromkeys(name for flag, name in FEATURES.items() if flag in flags))


def _memory_bytes() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return None


def available_memory_bytes() -> int | None:
    """Memory that new processes can have without others being swapped out (Linux); None if that is not known."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        available = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError, IndexError):
        return None
    return min([available, *_container_limit()])


def _container_limit() -> list[int]:
    """What the container still lets its processes have, if it has a limit (cgroups 2)."""
    try:
        limit, used = (int(Path(f"/sys/fs/cgroup/memory.{name}").read_text()) for name in ("max", "current"))
    except (OSError, ValueError):
        return []
    return [max(0, limit - used)]


def _output_of(*command: str) -> str:
    """What a small program prints; empty if it is missing, fails or takes more than five seconds."""
    import subprocess

    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=5, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
