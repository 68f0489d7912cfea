"""Mutation testing of what decides verdicts: `make mutants`, or `python tests/mutants metrics/drift.py` for one module.

cosmic-ray changes one operator, comparison or number at a time, and a test of the module's own folder must fail.
Mutants that no test can kill are in `explained.toml`, each with its reason. Every other one that the tests let pass is
printed with its change. Results are kept, so that the last table holds the modules of earlier calls too, and
`--survivors` repeats only what was not killed. Needs cosmic-ray and coverage: `make mutants` installs them in .mutants.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
import time
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / ".mutants"
RESULTS = TOOLS / "results"
sys.path.append(str(TOOLS))  # last: libraries that both environments have are those of the first

from changes import Mutant, mutants_of  # noqa: E402
from trials import Trials  # noqa: E402

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

EXPLAINED: dict[str, dict[str, str]] = tomllib.loads((Path(__file__).parent / "explained.toml").read_text())
ANYWHERE = EXPLAINED["any module"]

FATES = ("killed", "explained", "survived")


def main() -> None:
    """Try the modules that are named, all by default; ends with 1 if one of them is below the wanted percentage."""
    given = _parser().parse_args()
    modules = [name for place in given.modules for name in _modules(place)]
    with tempfile.TemporaryDirectory(prefix="edgekit-mutants-") as name:
        copy = Path(name)
        for part in ("toolkit", "tests", "pyproject.toml", "exported", "recipes", "docs"):
            source = ROOT / part
            (shutil.copytree if source.is_dir() else shutil.copy)(source, copy / part)
        os.chdir(copy)
        os.environ["PYTHONPATH"] = str(copy / "toolkit")
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        sys.path[:0] = [str(copy / "toolkit"), str(copy / "tests")]
        for tests in dict.fromkeys(map(_tests_of, modules)):
            _in_a_fork(copy, [each for each in modules if _tests_of(each) == tests], tests, given)
    shares = _print_table()
    sys.exit(any(shares.get(module, 0.0) < given.at_least for module in modules))


def _in_a_fork(copy: Path, modules: list[str], tests: str, given: argparse.Namespace) -> None:
    """Try the modules of one folder of tests in a process of its own, without the libraries of other tests."""
    pid = os.fork()
    if pid == 0:
        try:
            trials = Trials(copy, [Path("toolkit/edgekit") / module for module in modules], tests, given.seconds)
            for module in modules:
                _try_module(trials, module, given)
        except RuntimeError as error:
            print(error, flush=True)
        finally:
            os._exit(0)
    os.waitpid(pid, 0)


def _try_module(trials: Trials, module: str, given: argparse.Namespace) -> None:
    start, path = time.monotonic(), Path("toolkit/edgekit") / module
    mutants, explained, earlier = mutants_of(ROOT / path), _explained(module), _kept(module)
    fates: dict[str, str] = {}
    for mutant in mutants:
        name = _unique(mutant, fates)
        was_killed = given.survivors and earlier.get(name) == "killed"
        if was_killed or trials.kills(path, mutant.source, mutant.lines):
            fates[name] = "killed"
        else:
            fates[name] = _not_killed(module, name)
            if fates[name] == "survived":
                print(f"{module}:{mutant.lines.start} {mutant.function}\n  - {mutant.before}\n  + {mutant.after}")
                sys.stdout.flush()
    RESULTS.mkdir(parents=True, exist_ok=True)
    _result(module).write_text(json.dumps({"sha256": _sha256(module), "fates": fates}, indent=1))
    counts = {fate: list(fates.values()).count(fate) for fate in FATES}
    print(f"{module}: {counts}, {time.monotonic() - start:,.0f} s", flush=True)
    for name in sorted(explained - ANYWHERE.keys() - {mutant.name for mutant in mutants}):
        print(f"{module}: explained, but no mutant any more: {name}", flush=True)


def _unique(mutant: Mutant, taken: dict[str, str]) -> str:
    """The mutant's name, numbered if the same change is made twice in a function."""
    name, number = mutant.name, 2
    while name in taken:
        name, number = f"{mutant.name} ({number})", number + 1
    return name


def _kept(module: str) -> dict[str, str]:
    """What an earlier call found, by today's list of reasons; nothing if the module has changed since."""
    if not _result(module).is_file():
        return {}
    kept: dict[str, Any] = json.loads(_result(module).read_text())
    if kept["sha256"] != _sha256(module):
        return {}
    return {name: fate if fate == "killed" else _not_killed(module, name) for name, fate in kept["fates"].items()}


def _not_killed(module: str, name: str) -> str:
    said = re.sub(r" \(\d+\)$", "", name)
    return "explained" if {said, said.partition(": ")[2]} & _explained(module) else "survived"


def _print_table() -> dict[str, float]:
    """Print every module with a result that is still about it; the percentage of each that is killed or explained."""
    print("\n| module | mutants | killed | explained | survived |\n|---|---:|---:|---:|---:|")
    shares, total = {}, dict.fromkeys(FATES, 0)
    for module in (name for place in TESTS for name in _modules(place)):
        fates = list(_kept(module).values())
        counts = {fate: fates.count(fate) for fate in FATES}
        if fates:
            print(_row(module, counts))
            shares[module] = 100.0 * (1 - counts["survived"] / len(fates))
        elif _result(module).is_file() and not mutants_of(ROOT / "toolkit/edgekit" / module):
            shares[module] = 100.0
        total = {fate: total[fate] + counts[fate] for fate in FATES}
    print(_row("all", total))
    return shares


def _row(name: str, counts: dict[str, int]) -> str:
    return f"| {name} | {sum(counts.values()):,} | " + " | ".join(f"{counts[fate]:,}" for fate in FATES) + " |"


def _modules(place: str) -> list[str]:
    package = ROOT / "toolkit/edgekit"
    found = [package / place] if place.endswith(".py") else sorted((package / place).glob("*.py"))
    return [path.relative_to(package).as_posix() for path in found if path.name != "__init__.py"]


def _tests_of(module: str) -> str:
    return next(tests for place, tests in TESTS.items() if module == place or module.startswith(f"{place}/"))


def _explained(module: str) -> set[str]:
    return {*ANYWHERE, *EXPLAINED.get(module, {})}


def _result(module: str) -> Path:
    return RESULTS / (module.replace("/", ".") + ".json")


def _sha256(module: str) -> str:
    return hashlib.sha256((ROOT / "toolkit/edgekit" / module).read_bytes()).hexdigest()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("modules", nargs="*", default=list(TESTS), help="below toolkit/edgekit [default: all]")
    parser.add_argument("--survivors", action="store_true", help="only mutants that an earlier call did not kill")
    parser.add_argument("--at-least", type=float, default=95.0, help="percent that are wanted [default: 95]")
    parser.add_argument("--seconds", type=float, default=10.0, help="time limit of a mutant, beside 5 times the usual")
    return parser


if __name__ == "__main__":
    main()
