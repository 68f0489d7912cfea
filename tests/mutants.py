"""Mutation testing of what decides verdicts: `make mutants`, or `python tests/mutants.py metrics/drift.py` for one.

cosmic-ray changes one operator, comparison or number at a time in a copy of the checkout, and runs the tests of the
module's own folder. A mutant that they let pass is printed with its change. Takes some seconds per mutant, so it is no
part of CI. Needs cosmic-ray: `make mutants` installs it into an environment of its own, or name its folder in
COSMIC_RAY.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]

TESTS = {
    "metrics": "tests/metrics",
    "quantization/ranges.py": "tests/quantization/test_ranges.py",
    "verification/measuring": "tests/verification/measuring",
    "verification/verdict": "tests/verification/verdict",
    "tolerance.py": "tests/test_tolerance.py",
    "input_range.py": "tests/test_input_range.py",
    "exporting/keras/batchnorm_folding.py": "tests/exporting/keras/test_batchnorm_folding.py",
    "datasets/splits.py": "tests/datasets/test_splits.py",
}
"""Module or folder below toolkit/edgekit -> its own tests."""

CONFIGURATION = """
[cosmic-ray]
module-path = ["{module}"]
timeout = {timeout}
excluded-modules = []
test-command = "{python} -m pytest -x -q -p no:xdist -p no:cacheprovider {tests}"

[cosmic-ray.distributor]
name = "local"
"""


def main() -> None:
    """Run the modules that are named, all by default; ends with 1 where a module is below the share that is wanted."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("modules", nargs="*", default=list(TESTS), help="below toolkit/edgekit [default: all]")
    parser.add_argument("--at-least", type=float, default=95.0, help="percent killed that are wanted [default: 95]")
    parser.add_argument("--minutes", type=float, help="stop a module after this, and print what was found until then")
    parser.add_argument("--timeout", type=float, default=120.0, help="seconds for the tests of one mutant")
    given = parser.parse_args()
    shares = []
    with tempfile.TemporaryDirectory(prefix="edgekit-mutants-") as name:
        copy = Path(name)
        for part in ("toolkit", "tests", "pyproject.toml", "exported", "recipes"):
            source = ROOT / part
            (shutil.copytree if source.is_dir() else shutil.copy)(source, copy / part)
        for module in given.modules:
            for path in _files(copy / "toolkit" / "edgekit" / module):
                shares.append(_mutate(copy, path, _tests_of(module), given))
    sys.exit(any(share < given.at_least for share in shares))


def _files(place: Path) -> list[Path]:
    found = [place] if place.is_file() else sorted(place.glob("*.py"))
    return [path for path in found if path.name != "__init__.py"]


def _tests_of(module: str) -> str:
    return next(tests for place, tests in TESTS.items() if module == place or module.startswith(f"{place}/"))


def _mutate(copy: Path, path: Path, tests: str, given: argparse.Namespace) -> float:
    """Try all mutants of one module; the percentage that was killed, 100 where there are none."""
    name = path.relative_to(copy / "toolkit" / "edgekit").as_posix()
    session, configuration = copy / "session.sqlite", copy / "cosmic-ray.toml"
    session.unlink(missing_ok=True)
    configuration.write_text(
        CONFIGURATION.format(
            module=path.relative_to(copy).as_posix(), timeout=given.timeout, python=sys.executable, tests=tests
        )
    )
    for words in (("baseline", configuration), ("init", configuration, session)):
        done = subprocess.run([_tool(), *map(str, words)], cwd=copy, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"cosmic-ray {words[0]} of {name} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    _execute([_tool(), "exec", str(configuration), str(session)], copy, given.minutes)
    shutil.copy(ROOT / path.relative_to(copy), path)  # who is stopped leaves a mutant
    rows = [json.loads(line) for line in _dump(session, copy).splitlines()]
    survivors = [(item, result) for item, result in rows if result and result["test_outcome"] == "survived"]
    num_run = sum(result is not None for _, result in rows)
    killed = 100.0 * (num_run - len(survivors)) / num_run if num_run else 100.0
    tried = f"{num_run} mutants" if num_run == len(rows) else f"{num_run} mutants that were tried, of {len(rows)},"
    print(f"{name}: {num_run - len(survivors)} of {tried} killed ({killed:.1f} %)", flush=True)
    for item, result in survivors:
        [mutation] = item["mutations"]
        lines = (result["diff"] or "").splitlines()
        changed = [line for line in lines if line[:1] in ("+", "-") and line[:3] not in ("+++", "---")]
        print(f"  line {mutation['start_pos'][0]}: {mutation['operator_name'].partition('/')[2]}")
        print("".join(f"    {line}\n" for line in changed), end="")
    return killed


def _execute(command: list[str], folder: Path, minutes: float | None) -> None:
    """Run cosmic-ray with its tests as one group of processes, which ends with it."""
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        process.wait(None if minutes is None else 60 * minutes)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _dump(session: Path, copy: Path) -> str:
    return subprocess.run([_tool(), "dump", str(session)], cwd=copy, capture_output=True, text=True, check=True).stdout


def _tool() -> str:
    return str(Path(os.environ.get("COSMIC_RAY", ROOT / ".mutants" / "bin")) / "cosmic-ray")


if __name__ == "__main__":
    main()
