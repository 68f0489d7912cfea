"""Bundles from a stranger: damaged zips, and bundles whose lists fit what was edited in them; never a traceback.

Nothing may be written outside, and a Python file that lies in the bundle and is named in its documents never runs.
"""

import contextlib
import hashlib
import json
import random
import shutil
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from fuzz.edited_files import CODE, edit, fault_of
from fuzz.mutation import BLIND
from fuzz.outcome import Outcome, Trials

QUICK = "verify-bundle b.zip"
SLOW = ("check-golden b --runtime onnxruntime", "verify-bundle b")
"""Commands on the folder of the bundle; they start processes of their own."""


def damaged_bundles(work: Path, plan: Trials) -> list[Outcome]:
    """Blind mutants of `work / "bundle.zip"`, and an eighth as many bundles with one edited document."""
    content = (work / "bundle.zip").read_bytes()
    damaged, edits = (Outcome(name, until=plan.until) for name in ("damaged bundles (.zip)", "edited bundles"))
    rng, chance = np.random.default_rng(plan.seed), random.Random(plan.seed)
    with tempfile.TemporaryDirectory(prefix="edgekit-campaign-") as name, contextlib.chdir(name):
        for number in damaged.trials(plan.count):
            Path("b.zip").write_bytes(BLIND[number % len(BLIND)](content, rng))
            damaged.count(fault_of(QUICK, Path("b.zip")) or _strays(name))
        note = Path(name) / "CODE_RAN"
        for number in edits.trials(plan.count // 8):
            folder = _unpacked(work / "bundle.zip")
            (folder / "extra.py").write_text(CODE.format(note=str(note)))
            path = chance.choice(sorted(path for path in folder.rglob("*.json")))
            path.write_bytes(edit(path, path.read_bytes(), chance))
            _list_again(folder)
            edits.count(fault_of(SLOW[number % len(SLOW)], path))
            edits.executed += note.exists()
            shutil.rmtree(folder)
    return [damaged, edits]


def _strays(folder: str) -> str:
    found = sorted(path.name for path in Path(folder).iterdir() if path.name != "b.zip")
    return f"wrote {found}" if found else ""


def _unpacked(bundle: Path) -> Path:
    """The one folder of the bundle, as `b`."""
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall()
    return next(path for path in Path().iterdir() if path.is_dir()).rename("b")


def _list_again(folder: Path) -> None:
    """Let bundle.json and SHA256SUMS fit the files, as whoever wants to do harm would."""
    files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    own = {"bundle.json", "SHA256SUMS", "SHA256SUMS.sig"}
    digests = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items() if name not in own}
    with contextlib.suppress(ValueError, TypeError, AttributeError):  # it is what was edited: it stays as it is
        document = json.loads(files["bundle.json"].read_text())
        document["files"] = {
            name: {"size_bytes": files[name].stat().st_size, "sha256": digest} for name, digest in digests.items()
        }
        files["bundle.json"].write_text(json.dumps(document))
    digests["bundle.json"] = hashlib.sha256(files["bundle.json"].read_bytes()).hexdigest()
    (folder / "SHA256SUMS").write_text("".join(f"{digests[name]}  {name}\n" for name in sorted(digests)))
