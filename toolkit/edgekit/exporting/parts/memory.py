"""How much memory and disk the export of a large model takes, from the size of its weights. Measures nothing."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from edgekit.artifact import Format, Precision
from edgekit.exporting.plan import Job
from edgekit.foundation.machine import available_memory_bytes

BASE = 900_000_000
"""Bytes that TensorFlow, Keras and the runtimes take before there is a model."""

COPIES: dict[Format, dict[Precision, float]] = {
    Format.TFLITE: {
        Precision.FLOAT32: 9.0,
        Precision.FLOAT16: 9.2,
        Precision.DYNAMIC: 9.2,
        Precision.INT8: 11.4,
        Precision.INT16X8: 11.4,
    },
    Format.ONNX: {Precision.FLOAT32: 5.0, Precision.FLOAT16: 5.0, Precision.DYNAMIC: 5.3, Precision.INT8: 10.0},
}
"""Most copies of the float32 weights in memory at once, in one process, measured on VGG16 (537 MB)."""

SHARES = {
    Precision.FLOAT32: 1.0,
    Precision.FLOAT16: 0.5,
    Precision.DYNAMIC: 0.26,
    Precision.INT8: 0.26,
    Precision.INT16X8: 0.26,
}
"""Size of a file, as a share of the float32 weights."""


def memory_needed(num_bytes: int, jobs: Sequence[Job]) -> int:
    """Bytes of memory that the costliest of `jobs` takes, of a model of `num_bytes`."""
    return BASE + round(max(COPIES[job.format][job.precision] for job in jobs) * num_bytes)


def disk_needed(num_bytes: int, jobs: Sequence[Job]) -> int:
    """Bytes that the run takes: the model, once more, and all files."""
    return round((1 + sum(SHARES[job.precision] for job in jobs)) * num_bytes)


def memory_warning(num_bytes: int, jobs: Sequence[Job]) -> str:
    """What is too much for the memory that is free, and what needs less, as sentences; "" if all fits."""
    free = available_memory_bytes()
    needed = memory_needed(num_bytes, jobs)
    if free is None or needed <= free:
        return ""
    fitting = [job for job in jobs if memory_needed(num_bytes, [job]) <= free]
    names = ", ".join(job.title for job in jobs if job not in fitting)
    return (
        f"This export needs about {needed / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB are free: {names} may not "
        f"be finished. The others are exported and kept. --format and --precision choose files that need less."
    )


def disk_warning(num_bytes: int, jobs: Sequence[Job], out: Path) -> str:
    """What does not fit on the disk of `out`, as a sentence; "" if all fits."""
    existing = next(folder for folder in (out.absolute(), *out.absolute().parents) if folder.exists())
    needed, free = disk_needed(num_bytes, jobs), shutil.disk_usage(existing).free
    if needed <= free:
        return ""
    return (
        f"The files need about {needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free at {existing}. Free space, "
        f"name another folder with --out, or export fewer files with --format and --precision."
    )
