"""Damaged `.h5` and `.keras` files, given to `edgekit verify` as a reference: a sentence, or scores; never a traceback.

Each is loaded by a child of one process that has TensorFlow already, because a process of its own would take seconds.
"""

import os
import tempfile
import traceback
from pathlib import Path

from fuzz.forking import wait
from fuzz.mutation import BLIND
from fuzz.outcome import Outcome, Trials

TIME_LIMIT = 60.0


def damaged_keras_files(source: Path, plan: Trials) -> list[Outcome]:
    """Blind mutants of the model in `source`, as it is and as `.h5`."""
    import numpy as np

    from edgekit.foundation.keras_setup import import_keras

    keras = import_keras("the campaign", backend="tensorflow")
    model = keras.saving.load_model(source, compile=False)
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="edgekit-campaign-") as name:
        for suffix in (".h5", ".keras"):
            sound, path = Path(name) / f"sound{suffix}", Path(name) / f"mutant{suffix}"
            model.save(sound)
            content, rng = sound.read_bytes(), np.random.default_rng(plan.seed)
            outcome = Outcome(f"damaged {suffix} files", until=plan.until)
            for number in outcome.trials(plan.count):
                path.write_bytes(BLIND[number % len(BLIND)](content, rng))
                outcome.count(_fault(path))
            outcomes.append(outcome)
    return outcomes


def _fault(path: Path) -> str:
    report = path.with_suffix(".txt")
    report.unlink(missing_ok=True)
    pid = os.fork()
    if pid == 0:
        _load_in_child(path, report)
    status = wait(pid, TIME_LIMIT)
    if status == 0 or (status is not None and status < 0):  # a crash is that of the reference's worker process
        return ""
    return report.read_text()[-500:] if report.is_file() else "it did not end"


def _load_in_child(path: Path, report: Path) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    try:
        from edgekit.foundation.errors import EdgekitError
        from edgekit.runtimes import SessionSettings
        from edgekit.verification.subjects.keras_reference import KerasReference

        try:
            KerasReference.open(path, SessionSettings())
        except EdgekitError:
            os._exit(0)
    except BaseException:  # noqa: BLE001  what escapes would be a traceback
        report.write_text(traceback.format_exc())
        os._exit(9)
    os._exit(0)
