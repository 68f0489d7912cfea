"""What edgekit survives, counted: `python tests/fuzz/campaign.py`, which takes hours; `--share 0.1` a tenth of it.

Hostile and unusual model files through `edgekit verify`, each beside a sound file (`model_files.py`), damaged Keras
files (`keras_files.py`), edited files of a run (`edited_files.py`), bundles (`bundle_files.py`). Commands that are
killed, asked to end, cannot write, or meet another one (`disturbed_commands.py`). Prints one table. Ends with 1 where
anything was found; Ctrl-C shows what was found until then.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "toolkit"), str(ROOT / "tests")]

from fuzz.bundle_files import damaged_bundles  # noqa: E402
from fuzz.disturbed_commands import concurrent, ended, killed, make_run, on_a_full_disk  # noqa: E402
from fuzz.edited_files import edited  # noqa: E402
from fuzz.keras_files import damaged_keras_files  # noqa: E402
from fuzz.model_files import Findings, Plan, verify_damaged  # noqa: E402
from fuzz.outcome import Outcome, Trials, table  # noqa: E402

PARTS = ("models", "keras", "edits", "bundles", "kills", "signals", "disk", "pairs")

NUM_TRIALS = {"keras": 2_000, "edits": 2_000, "bundles": 2_000, "kills": 100, "signals": 60, "disk": 60, "pairs": 50}
"""How often each part is tried in a whole campaign; of each model file --mutants."""


def main() -> None:
    """Parse, run, print."""
    given = _parser().parse_args()
    rows: list[Outcome] = []
    found = Findings()
    start = time.monotonic()
    try:
        for row in _outcomes(given, found):
            rows.append(row)
            print(f"{time.monotonic() - start:7,.0f} s  {row.name}: {row.fine:,} of {row.tried:,} fine", flush=True)
    except KeyboardInterrupt:
        print("stopped from the keyboard: what was found until then")
    _print(rows, found, given.keep)
    sys.exit(1 if any(row.faults or row.lost or row.executed for row in rows) or found.faults else 0)


def _outcomes(given: argparse.Namespace, found: Findings) -> Iterator[Outcome]:
    chosen = given.parts.split(",")
    run = ROOT / "exported" / "resnet8"
    if "models" in chosen:
        kinds = [(kind, precision) for kind in ("tflite", "onnx") for precision in ("float32", "int8")]
        plan = Plan(
            count=given.mutants,
            skip=given.skip,
            seed=given.seed,
            keep=given.keep,
            first_runtime_only=given.one_runtime,
            with_unusual=not given.no_unusual,
            left_out=tuple(given.leave_out),
            until=time.monotonic() + 60 * given.minutes,
        )
        yield from verify_damaged(
            given.files or [run / kind / f"model-{name}.{kind}" for kind, name in kinds], plan, found
        )

    def trials(part: str) -> Trials:
        count = max(1, round(given.share * NUM_TRIALS[part]))
        return Trials(count=count, seed=given.seed, until=time.monotonic() + 60 * given.minutes)

    on_a_run: dict[str, Callable[[Path, Trials], Outcome | list[Outcome]]] = {
        "edits": edited,
        "bundles": damaged_bundles,
        "kills": killed,
        "signals": ended,
        "disk": on_a_full_disk,
        "pairs": concurrent,
    }
    if set(chosen) & set(on_a_run):
        with tempfile.TemporaryDirectory(prefix="edgekit-campaign-") as folder:
            made = make_run(Path(folder))
            for part, work in on_a_run.items():
                if part in chosen:
                    rows = work(made, trials(part))
                    yield from [rows] if isinstance(rows, Outcome) else rows
    if "keras" in chosen:  # last: it brings TensorFlow into this process
        yield from damaged_keras_files(run / "model.keras", trials("keras"))


def _print(rows: list[Outcome], found: Findings, keep: Path) -> None:
    if found.verdicts:
        print("rows:", ", ".join(f"{count:,} {verdict}" for verdict, count in found.verdicts.most_common()))
        print(f"{found.num_sound:,} rows of the sound files beside them, none an error")
        print(f"largest memory of a verification: {found.peak_bytes / 2**20:,.0f} MiB")
    for reason, times in found.reasons.most_common(25):
        print(f"  {times:6,}  {reason}")
    print()
    print(table(rows))
    faults = [fault for row in rows for fault in row.faults] + found.faults
    print(f"\n{len(faults):,} faults" + (f", model files of them in {keep}" if found.faults else ""))
    for line in faults[:50]:
        print("  ", line)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("files", nargs="*", type=Path, help="what to damage [default: resnet8, float32 and int8]")
    parser.add_argument("--parts", default=",".join(PARTS), help=f"[default: {','.join(PARTS)}]")
    parser.add_argument("--share", type=float, default=1.0, help="of the trials of every part but models [default: 1]")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="of every part at most")
    parser.add_argument("--mutants", type=int, default=2000, help="of every model file [default: 2000]")
    parser.add_argument("--skip", type=int, default=0, help="so many of every file, which an earlier campaign has done")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-findings"), help="where model files with findings stay")
    parser.add_argument("--one-runtime", action="store_true", help="only the first runtime of each format")
    parser.add_argument("--no-unusual", action="store_true", help="mutants only")
    parser.add_argument("--leave-out", action="append", default=[], help="an unusual file, by its name")
    return parser


if __name__ == "__main__":
    main()
