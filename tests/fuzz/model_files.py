"""Damaged and unusual model files through the whole of `edgekit verify`, each beside a sound one.

Mutants of a file, and `unusual.py`'s changes of it: each is inspected, run in a worker and compared, beside the file
that it was made of. Wanted of every one: a row with a verdict, a reason where it is an error, JSON without NaN; no
crash, no traceback, no hang. The row of the sound file is no error. The verification itself runs in a
process of its own too, twenty files at a time, so that a crash of edgekit is counted and its file kept.
"""

import json
import os
import re
import resource
import tempfile
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from fuzz.forking import ForkingExecutor, wait
from fuzz.mutation import mutants
from fuzz.outcome import Outcome
from fuzz.unusual import unusual_files

from edgekit.verification.job import verify_request
from edgekit.verification.request import ExternalModelOptions, VerifyRequest

NUM_IMAGES = 12
CHUNK = 20
TIME_LIMIT = 20.0
RUNTIMES = {"tflite": ("litert-xnnpack", "litert-builtin"), "onnx": ("onnxruntime", "onnxruntime-unoptimized")}


@dataclass
class Findings:
    """What a campaign found.

    Attributes:
        verdicts: How many rows have which verdict.
        reasons: How many errors begin with which words.
        faults: One line for each mutant that edgekit itself did not survive, or described badly.
        peak_bytes: The largest resident memory of a verification.
        num_sound: Rows of the sound files beside them that are no errors.
    """

    verdicts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    peak_bytes: int = 0
    num_sound: int = 0


def write_data(folder: Path) -> Path:
    """Random images of 32 x 32 and ten classes, as .npz, and scores of them; the folder's path."""
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (NUM_IMAGES, 32, 32, 3)).astype(np.uint8), np.arange(NUM_IMAGES) % 10
    np.savez(folder / "data.npz", x_test=images, y_test=labels)
    scores = rng.dirichlet(np.ones(10), NUM_IMAGES).astype(np.float32)
    np.save(folder / "scores.npy", scores)
    return folder


def verify_files(files: Sequence[Path], runtimes: Sequence[str], data: Path) -> list[dict[str, object]]:
    """The rows of `edgekit verify FILES --reference scores.npy --data npz:data.npz --no-input-check`."""
    request = VerifyRequest(
        targets=files,
        reference=data / "scores.npy",
        data=f"npz:{data / 'data.npz'}",
        runtimes=runtimes,
        time_limit=TIME_LIMIT,
        external=ExternalModelOptions(check_inputs=False),
    )
    report = verify_request(request, executor=ForkingExecutor()).report
    rows: list[dict[str, object]] = json.loads(json.dumps(report.to_dict(), allow_nan=False))["candidates"]
    return rows


def faults_of(row: dict[str, object]) -> list[str]:
    """What is wrong with a row: it must be judged, and an error must say in words what happened."""
    reasons = " ".join(row["reasons"])  # type: ignore[call-overload]
    found = []
    if row["verdict"] not in ("pass", "inconclusive", "drift", "error"):
        found.append(f"verdict {row['verdict']}")
    if row["verdict"] != "pass" and len(reasons) < 20:
        found.append(f"no reason: {reasons!r}")
    if "Traceback" in reasons or re.match(r"\w+(Error|Exception)\b", reasons):
        found.append(f"a bare exception: {reasons[:300]}")
    return found


def run_chunk(files: Sequence[Path], sound: Path, runtimes: Sequence[str], data: Path, findings: Findings) -> None:
    """Verify the files beside a sound one in a child; where that dies, one after the other."""
    result = data / "rows.json"
    result.unlink(missing_ok=True)
    pid = os.fork()
    if pid == 0:
        _verify_in_child([sound, *files], runtimes, data, result)
    status = wait(pid, TIME_LIMIT * len(files) * len(runtimes) + 60)
    if status != 0 or not result.is_file():
        if len(files) > 1:
            for file in files:
                run_chunk([file], sound, runtimes, data, findings)
            return
        findings.faults.append(f"{files[0].name}: edgekit ended with {'a hang' if status is None else status}")
        return
    answer = json.loads(result.read_text())
    findings.peak_bytes = max(findings.peak_bytes, answer["peak_bytes"])
    own = [
        row
        for row in answer["rows"]
        if row["artifact"] == sound.name and row["verdict"] in ("pass", "inconclusive", "drift")
    ]
    findings.num_sound += len(own)
    if len(own) != len(runtimes):
        findings.faults.append(f"{files[0].name} and {len(files) - 1} more: {len(own)} sound rows of {len(runtimes)}")
    for row in answer["rows"]:
        if row["artifact"] == sound.name:
            continue
        findings.verdicts[row["verdict"]] += 1
        if row["verdict"] == "error":
            findings.reasons[" ".join(row["reasons"]).partition(str(data))[0][:60]] += 1
        findings.faults += [f"{row['artifact']} in {row['runtime']}: {fault}" for fault in faults_of(row)]


def _verify_in_child(files: Sequence[Path], runtimes: Sequence[str], data: Path, result: Path) -> None:
    try:
        rows = verify_files(files, runtimes, data)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        result.write_text(json.dumps({"rows": rows, "peak_bytes": peak}))
        os._exit(0)
    except BaseException:  # noqa: BLE001  the end of the process: whatever it is, the parent counts it
        traceback.print_exc()
        os._exit(99)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is done with each file.

    Attributes:
        count: Mutants.
        skip: So many of these were verified earlier.
        seed: Of the mutants.
        keep: Where files stay that found a fault.
        first_runtime_only: Only the first runtime of each format.
        with_unusual: Verify the unusual files too.
        left_out: Names of unusual files that are not.
        until: When no further files are begun, of the monotonic clock.
    """

    count: int
    skip: int
    seed: int
    keep: Path
    first_runtime_only: bool
    with_unusual: bool
    left_out: tuple[str, ...] = ()
    until: float = float("inf")


def verify_damaged(sources: Sequence[Path], plan: Plan, findings: Findings) -> list[Outcome]:
    """Mutants and unusual files made of each source into `findings`; a row of the table for each kind."""
    import ai_edge_litert.interpreter  # noqa: F401  before any fork, so that no worker waits for it
    import onnx  # noqa: F401
    import onnxruntime  # noqa: F401

    outcomes: dict[str, Outcome] = {}
    with tempfile.TemporaryDirectory(prefix="edgekit-fuzz-") as name:
        data = write_data(Path(name))
        for number, source in enumerate(sources):
            kind, content = source.suffix.removeprefix("."), source.read_bytes()
            sound = data / f"sound.{kind}"
            sound.write_bytes(content)
            damaged = mutants(content, kind, plan.count, plan.seed + number)
            named = {f"{source.stem.replace('-', '_')}_{at}": each for at, each in enumerate(damaged)}
            groups = {"damaged": dict(list(named.items())[plan.skip :])}
            if plan.with_unusual:
                others = unusual_files(content, kind).items()
                groups["unusual"] = {name: each for name, each in others if name not in plan.left_out}
            for what, files in groups.items():
                title = f"{what} .{kind} files"
                outcome = outcomes.setdefault(title, Outcome(title, until=plan.until))
                _run_files(list(files.items()), sound, plan, findings, outcome)
    return list(outcomes.values())


def _run_files(
    named: Sequence[tuple[str, bytes]], sound: Path, plan: Plan, findings: Findings, outcome: Outcome
) -> None:
    """Write (name, content) of each, verify them some at a time, and keep those that found a fault."""
    data, runtimes = sound.parent, RUNTIMES[sound.suffix[1:]]
    for start in outcome.trials(len(named), CHUNK):
        files = []
        for name, content in named[start : start + CHUNK]:
            files.append(data / f"{name}{sound.suffix}")
            files[-1].write_bytes(content)
        before = len(findings.faults)
        run_chunk(files, sound, runtimes[:1] if plan.first_runtime_only else runtimes, data, findings)
        for file in files:
            found = [line for line in findings.faults[before:] if line.startswith(file.name)]
            outcome.count("; ".join(found))
            if found:
                plan.keep.mkdir(parents=True, exist_ok=True)
                (plan.keep / file.name).write_bytes(file.read_bytes())
            file.unlink()
