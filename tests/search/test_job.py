"""The whole search on a real run: real quantizers, a real runtime, real images."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from edgekit.artifact import Format
from edgekit.foundation.errors import RunFolderError, UsageError
from edgekit.foundation.progress import SilentProgress
from edgekit.runs.folder import RunFolder
from edgekit.search.budget import Budget
from edgekit.search.job import TuneRequest, tune_request
from edgekit.search.journal import Journal
from edgekit.search.trial import Trial


@pytest.fixture
def new_run(finished_run: Path, tmp_path: Path) -> Callable[[], RunFolder]:
    """Makes a copy that a test may change."""
    return lambda: RunFolder(Path(shutil.copytree(finished_run, tmp_path / "run")))


@pytest.mark.slow
def test_the_smallest_file_is_found_kept_and_measured_once_and_a_second_search_repeats_nothing(new_run):
    run = new_run()
    request = TuneRequest(run=run.path, budget=Budget(max_accuracy_drop=3, max_flips=5))
    report = tune_request(request)
    fitting = [trial.size_bytes for trial in report.trials if not trial.excess(request.budget)]
    assert report.chosen.size_bytes == min(fitting)
    assert report.artifact.is_file()
    assert report.test.measurement.num_images == 359
    assert report.exit_status == (0 if report.test.verdict == "pass" else 3)
    stored = (run.path / "tuning" / "trials.jsonl").read_text()
    assert len(stored.splitlines()) == 1 + len(report.trials)
    assert json.loads((run.path / "tuning" / "tuning.json").read_text())["chosen"] == report.chosen.name

    again = tune_request(TuneRequest(run=run.path, budget=Budget(max_accuracy_drop=100, max_flips=100)))
    assert (run.path / "tuning" / "trials.jsonl").read_text() == stored
    assert again.chosen.size_bytes == min(trial.size_bytes for trial in again.trials if trial.is_measured)
    assert RunFolder(run.path).export_entry(again.artifact)


@pytest.mark.slow
def test_an_interrupted_search_says_what_it_keeps_and_goes_on(new_run, monkeypatch):
    run, notes, add = new_run(), [], Journal.add

    class Listening(SilentProgress):
        def note(self, text: str) -> None:
            notes.append(text)

    def add_and_stop(journal: Journal, trial: Trial) -> None:
        add(journal, trial)
        if len(journal.trials) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(Journal, "add", add_and_stop)
    request = TuneRequest(run=run.path, budget=Budget(max_accuracy_drop=100, max_flips=100))
    with pytest.raises(KeyboardInterrupt):
        tune_request(request, progress=Listening())
    assert notes[-1] == f"2 trials are kept in {run.path / 'tuning'}: the same command continues from there."
    monkeypatch.undo()
    report = tune_request(request, progress=Listening())
    assert f"2 trials are known from {run.path / 'tuning'}; the search continues." in notes
    assert len(report.trials) > 2


def test_trials_of_another_search_are_refused(new_run):
    run = new_run()
    (run.path / "tuning").mkdir()
    (run.path / "tuning" / "trials.jsonl").write_text('{"model": "of another day"}\n')
    with pytest.raises(RunFolderError, match="another search"):
        tune_request(TuneRequest(run=run.path))


def test_a_runtime_that_reads_none_of_the_formats_is_a_sentence(new_run):
    with pytest.raises(UsageError, match=r"onnxruntime reads \.onnx files"):
        tune_request(TuneRequest(run=new_run().path, formats=(Format.TFLITE,), runtimes=("onnxruntime",)))


def test_no_run_is_a_sentence(tmp_path: Path):
    with pytest.raises(RunFolderError):
        tune_request(TuneRequest(run=tmp_path / "nothing"))
