"""Files of a run edited at random, and the commands that read them: data or a sentence, never a traceback, nothing run.

A Python file lies in the run and is named in every fourth edit, as a stranger would name it.
"""

import contextlib
import io
import json
import random
import shutil
import tempfile
from pathlib import Path
from typing import Any

from fuzz.outcome import Outcome, Trials

from edgekit.artifact import sha256_of
from edgekit.cli import run_command

QUICK = ("report run", "compare run", "compare-reports run run")
VERIFY = "verify run --sample 10 --runtime onnxruntime"
SLOW = (
    "bundle run --unverified --no-images --out new.zip",
    "publish run --to hub:jane/digits --unverified --no-images --dry-run",
)

VALUES: list[Any] = [
    None, True, -1, 0, 2**63, 10**400, 1e308, float("nan"), "", "\udcff", "\x1b[31m", "../../x", [], {}, [[]],
    "x" * 9999,
]  # fmt: skip
STRANGE = ["run/extra.py", "extra", "extra:load", "folder:run"]
CODE = "import pathlib; pathlib.Path({note!r}).write_text('ran')\n"


def edited(work: Path, plan: Trials) -> Outcome:
    """One edit at a time of one file of a copy of `work / "run"`, then one of the commands."""
    outcome, chance = Outcome("edited run files", until=plan.until), random.Random(plan.seed)
    with tempfile.TemporaryDirectory(prefix="edgekit-campaign-") as name, contextlib.chdir(name):
        shutil.copytree(work / "run", "run")
        note = Path(name) / "CODE_RAN"
        Path("run/extra.py").write_text(CODE.format(note=str(note)))
        files = sorted(path for path in Path("run").rglob("*") if path.suffix in (".json", ".csv", ".npz", ".jsonl"))
        for number in outcome.trials(plan.count):
            path = chance.choice(files)
            content, manifest = path.read_bytes(), Path("run/manifest.json").read_bytes()
            path.write_bytes(edit(path, content, chance))
            _list_again(path)
            outcome.count(fault_of(_command(number), path))
            outcome.executed += note.exists()
            path.write_bytes(content)
            Path("run/manifest.json").write_bytes(manifest)
    return outcome


def _command(number: int) -> str:
    """Every eighth verifies, every fortieth bundles: these start processes of their own."""
    if number % 40 == 39:
        return SLOW[number // 40 % len(SLOW)]
    return VERIFY if number % 8 == 7 else QUICK[number % len(QUICK)]


def fault_of(command: str, path: Path) -> str:
    """What is wrong with how the command ends in this process; "" for a sentence or an answer."""
    out, err = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = run_command(command.split())
    except Exception as error:  # noqa: BLE001  whatever escapes would be a traceback
        return f"{command} with {path.name}: {type(error).__name__}: {error}"
    return "" if status in (0, 1, 2, 3) and "Traceback" not in err.getvalue() else f"{command}: ended with {status}"


def edit(path: Path, content: bytes, chance: random.Random) -> bytes:
    """The content with another value somewhere, cut off, or with some bytes changed."""
    if path.suffix == ".json" and chance.random() < 0.7:
        document = json.loads(content)
        _change(document, chance)
        return json.dumps(document).encode()
    if chance.random() < 0.3:
        return content[: chance.randrange(len(content) + 1)]
    changed = bytearray(content)
    for _ in range(chance.randint(1, 8)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _change(node: Any, chance: random.Random) -> None:
    """Put another value in one place, somewhere below."""
    while isinstance(node, dict | list) and node:
        key = chance.choice(list(node)) if isinstance(node, dict) else chance.randrange(len(node))
        if not isinstance(node[key], dict | list) or not node[key] or chance.random() < 0.2:
            node[key] = chance.choice(STRANGE if chance.random() < 0.25 else VALUES)
            return
        node = node[key]


def _list_again(path: Path) -> None:
    """Let the manifest's checksum fit the edited file, as whoever wants to do harm would."""
    manifest = Path("run/manifest.json")
    if path == manifest:
        return
    document = json.loads(manifest.read_text())
    entry = document["files"].get(path.relative_to("run").as_posix())
    if entry:
        entry |= {"sha256": sha256_of(path), "size_bytes": path.stat().st_size}
        manifest.write_text(json.dumps(document))
