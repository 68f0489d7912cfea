"""Damaged model files through the whole of `edgekit verify`: `python tests/fuzz/campaign.py [--mutants 2000]`.

Mutants of the float32 and the int8 file of `exported/resnet8`, in each format, and `unusual.py`'s files: each is
inspected, run in a worker and compared, beside the sound file that it was made of. Wanted of every one: a row with a
verdict, a reason where it is an error, JSON without NaN; no crash, no traceback, no hang; and of the sound file its
row, which is no error. The verification itself runs in a process of its own too, twenty files at a time, so that a
crash of edgekit is counted and its file kept. Ends with 1 where anything was found; Ctrl-C shows what was found until
then.
"""

import argparse
import json
import os
import re
import resource
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "toolkit"), str(ROOT / "tests")]

from fuzz.forking import ForkingExecutor, wait  # noqa: E402
from fuzz.mutation import mutants  # noqa: E402
from fuzz.unusual import unusual_files  # noqa: E402

from edgekit.verification.job import verify_request  # noqa: E402
from edgekit.verification.request import ExternalModelOptions, VerifyRequest  # noqa: E402

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
        num_mutants: How many were verified.
        num_unusual: How many unusual files were.
        num_sound: Rows of the sound files beside them that are no errors.
    """

    verdicts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    peak_bytes: int = 0
    num_mutants: int = 0
    num_unusual: int = 0
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
    if row["verdict"] not in ("pass", "drift", "error"):
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
    own = [row for row in answer["rows"] if row["artifact"] == sound.name and row["verdict"] in ("pass", "drift")]
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


def run_campaign(
    sources: Sequence[Path],
    count: int,
    seed: int,
    keep: Path,
    findings: Findings,
    *,
    first_runtime_only: bool,
    skip: int,
    unusual: bool,
) -> None:
    """Mutants `skip` to `count` of every source into `findings`; those that found a fault stay in `keep`."""
    import ai_edge_litert.interpreter  # noqa: F401  before any fork, so that no worker waits for it
    import onnx  # noqa: F401
    import onnxruntime  # noqa: F401

    with tempfile.TemporaryDirectory(prefix="edgekit-fuzz-") as name:
        data = write_data(Path(name))
        for number, source in enumerate(sources):
            kind = source.suffix.removeprefix(".")
            runtimes = RUNTIMES[kind][:1] if first_runtime_only else RUNTIMES[kind]
            damaged = mutants(source.read_bytes(), kind, count, seed + number)
            sound = data / f"sound.{kind}"
            sound.write_bytes(source.read_bytes())
            named = {f"{source.stem.replace('-', '_')}_{at}": content for at, content in enumerate(damaged)}
            chosen = list(named.items())[skip:]
            _run_files(chosen, sound, runtimes, data, keep, findings)
            findings.num_mutants += len(chosen)
            if unusual:
                others = list(unusual_files(source.read_bytes(), kind).items())
                _run_files(others, sound, runtimes, data, keep, findings)
                findings.num_unusual += len(others)


def _run_files(
    named: Sequence[tuple[str, bytes]],
    sound: Path,
    runtimes: Sequence[str],
    data: Path,
    keep: Path,
    findings: Findings,
) -> None:
    """Write (name, content) of each, verify them some at a time, and keep those that found a fault."""
    for start in range(0, len(named), CHUNK):
        files = []
        for name, content in named[start : start + CHUNK]:
            files.append(data / f"{name}{sound.suffix}")
            files[-1].write_bytes(content)
        before = len(findings.faults)
        run_chunk(files, sound, runtimes, data, findings)
        for file in files:
            if any(line.startswith(file.name) for line in findings.faults[before:]):
                keep.mkdir(parents=True, exist_ok=True)
                (keep / file.name).write_bytes(file.read_bytes())
            file.unlink()


def main() -> None:
    """Parse, run, print."""
    run = ROOT / "exported" / "resnet8"
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("files", nargs="*", type=Path, help="what to damage [default: resnet8, float32 and int8]")
    parser.add_argument("--mutants", type=int, default=2000, help="of every file [default: 2000]")
    parser.add_argument("--skip", type=int, default=0, help="so many of every file, which an earlier campaign has done")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-findings"), help="where findings are kept")
    parser.add_argument("--one-runtime", action="store_true", help="only the first runtime of each format")
    parser.add_argument("--no-unusual", action="store_true", help="mutants only")
    given = parser.parse_args()
    files = given.files or [
        run / kind / f"model-{precision}.{kind}" for kind in ("tflite", "onnx") for precision in ("float32", "int8")
    ]
    start = time.monotonic()
    found = Findings()
    try:
        run_campaign(
            files,
            given.mutants,
            given.seed,
            given.keep,
            found,
            first_runtime_only=given.one_runtime,
            skip=given.skip,
            unusual=not given.no_unusual,
        )
    except KeyboardInterrupt:
        print("stopped from the keyboard: what was found until then")
    print(f"{found.num_mutants:,} mutants of {len(files)} files in {time.monotonic() - start:,.0f} s")
    print(
        f"{found.num_unusual:,} unusual files; {found.num_sound:,} rows of the sound files beside them, none an error"
    )
    print("rows:", ", ".join(f"{count:,} {verdict}" for verdict, count in found.verdicts.most_common()))
    print(f"largest memory of a verification: {found.peak_bytes / 2**20:,.0f} MiB")
    for reason, count in found.reasons.most_common(25):
        print(f"  {count:6,}  {reason}")
    print(f"{len(found.faults):,} faults" + (f", their files in {given.keep}" if found.faults else ""))
    for line in found.faults[:50]:
        print("  ", line)
    sys.exit(1 if found.faults else 0)


if __name__ == "__main__":
    main()
