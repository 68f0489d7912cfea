"""The call that docs/reference/python-api.md shows for a search, executed as it is there, on a network of one layer."""

import json
from pathlib import Path

import numpy as np
import pytest
from support.helpers import ROOT
from support.keras_models import digits
from support.linear_run import nearest_mean
from support.models.compression_networks import make_run

import edgekit
from edgekit.foundation.keras_setup import import_keras
from edgekit.search import space

CALL = 'edgekit.tune(run, max_flips="1%")'


@pytest.fixture
def run(tmp_path: Path) -> edgekit.RunFolder:
    """A run on digits whose network is one matrix product."""
    keras = import_keras("the tests", backend="tensorflow")
    pixels = keras.Input((32, 32, 3))
    scores = keras.layers.Dense(10, activation="softmax", name="scores")(keras.layers.Flatten()(pixels))
    network = keras.Model(pixels, scores)
    network.layers[-1].set_weights([np.asarray(values) for values in nearest_mean(digits())])
    return make_run(tmp_path / "exported" / "mine", network, digits())


def test_the_documented_search_keeps_the_smallest_file_within_the_budget(
    run: edgekit.RunFolder, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(space, "CHOICES", space.CHOICES[:1])  # each precision once, not by every quantizer and scheme
    assert f"`{CALL}`" in (ROOT / "docs" / "reference" / "python-api.md").read_text()
    report = eval(CALL, {"edgekit": edgekit, "run": run})
    assert capfd.readouterr().out == ""
    assert (report.budget.max_accuracy_drop, report.budget.max_flips) == (0.5, 1.0)
    assert {one.value for one in edgekit.Precision} <= {trial.name.rpartition(" ")[2] for trial in report.trials}
    fitting = [trial for trial in report.trials if not trial.excess(report.budget)]
    assert report.chosen.size_bytes == min(trial.size_bytes for trial in fitting)
    assert report.artifact.stat().st_size == report.chosen.size_bytes
    assert report.test.measurement.num_images == len(digits().test)
    assert report.exit_status == (0 if report.test.verdict == "pass" else 3)
    assert json.loads((run.path / "tuning" / "tuning.json").read_text())["chosen"] == report.chosen.name
    assert (run.path / "tuning" / "frontier.png").is_file()
    assert repr(report) == f"<TuneReport {run.path}: {len(report.trials)} trials, chose {report.chosen.name}>"
    assert report._repr_html_().count("<tr>") > len(report.trials)
