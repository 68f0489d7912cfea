"""Vela, Arm's compiler for the Ethos-U NPUs: how many operators of a file run on each of them."""

import re
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

from edgekit.clients.compiler import Compiler, NpuShare
from edgekit.inspection.load_errors import not_loaded

SECONDS = 100
_COUNT = re.compile(r"^(CPU|NPU) operators = (\d+)", re.MULTILINE)


class Vela(Compiler):
    """One file per NPU."""

    package: ClassVar[str] = "ethos-u-vela"
    npus: ClassVar[tuple[str, ...]] = ("ethos-u55-128", "ethos-u65-256", "ethos-u85-256")

    @classmethod
    def shares(cls, path: Path, folder: Path) -> list[NpuShare]:
        """Compile for each NPU."""
        return [cls._share(path, folder, npu) for npu in cls.npus]

    @classmethod
    def _share(cls, path: Path, folder: Path, npu: str) -> NpuShare:
        command = [str(Path(sys.executable).parent / "vela"), str(path), "--accelerator-config", npu]
        done = subprocess.run(
            [*command, "--output-dir", str(folder)],
            cwd=folder,
            capture_output=True, text=True, errors="replace", timeout=SECONDS, check=False,
        )  # fmt: skip
        counts = {where: int(count) for where, count in _COUNT.findall(done.stdout)}
        if done.returncode or not sum(counts.values()):
            said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
            raise not_loaded("Vela", path, ValueError(said[-1] if said else f"exit status {done.returncode}"))
        return NpuShare(target=npu, num_accelerated=counts.get("NPU", 0), num_operators=sum(counts.values()))
