import json
import re

import pytest
from support.reports.hard_report import hard_report
from support.reports.pages import Outline
from support.run_folders import make_full_run, make_run

from edgekit.cli import run_command as edgekit
from edgekit.foundation.atomic_files import write_json
from edgekit.foundation.errors import RunFolderError
from edgekit.rendering.pages.run.page import run_page
from edgekit.runs.folder import RunFolder

HEADINGS = ["Summary", "Learning", "Classes", "Confusion matrix", "Training images", "Mistakes", "Verification",
            "Network", "Provenance"]  # fmt: skip


def headings_of(text: str) -> list[str]:
    return re.findall(r"<h2[^>]*>([^<]*?) <a", text)


def test_a_run_is_shown_in_full_and_nothing_is_loaded_from_elsewhere(tmp_path):
    text = run_page(make_full_run(tmp_path / "run"))
    assert headings_of(text) == HEADINGS
    outline = Outline(text)
    assert outline.open == []
    assert outline.uneven == []
    assert "96.67 %" in text
    assert "over-fitting gap at the end: +10.0 points" in text
    assert "0.9677" in text  # F1 of the class that is right throughout
    assert text.count("data:image/png;base64,") == 3
    assert not re.search(r"""(src|href)=["'](https?:|//|/)""", text)
    assert json.loads(re.search(r'id="data">(.*?)</script>', text)[1])["best_epoch"] == 2


@pytest.mark.parametrize("name", ["confusion_matrix", "confusion_cells"])
def test_a_class_that_is_never_predicted_is_named_on_top(tmp_path, name):
    run = make_full_run(tmp_path / "run")
    assert "never predicts" not in run_page(run)
    report = json.loads(run.report_path.read_text("utf-8"))
    report.pop("confusion_matrix")
    given = {"confusion_matrix": [[30, 0], [30, 0]], "confusion_cells": [[0, 0, 30], [1, 0, 30]]}
    write_json(run.report_path, report | {name: given[name]})
    run.record(run.report_path)
    summary = run_page(run).partition('id="learning"')[0]
    assert "The model never predicts &#39;dog&#39;, which 30 test images show." in summary
    assert "right on 50.0% of 60 test images, and guessing among 2 classes is right on 50.0%." in summary


def test_the_epoch_of_the_model_is_named(tmp_path):
    run = make_full_run(tmp_path / "run")
    assert "The model is that of epoch" not in run_page(run)
    run.record(saved_epoch=3)
    assert re.search(r"Best epoch by validation accuracy: 2 \(.*%\)\. The model is that of epoch 3 \(", run_page(run))
    run.record(saved_epoch=99)  # there is no such epoch
    assert "The model is that of epoch" not in run_page(run)


def ticks_of(text, title):
    """What stands at both axes of the chart of that title."""
    chart = re.search(rf"<svg[^>]*><title>{title}</title>.*?</svg>", text, re.DOTALL)[0]
    across, up = (
        [float(value) for value in re.findall(rf'text-anchor="{anchor}"[^>]*>([\d.e-]+)<', chart)]
        for anchor in ("middle", "end")
    )
    return across, up


@pytest.mark.parametrize(
    ("rate_factor", "ticks"), [(1.0, [0, 0.025, 0.05, 0.075, 0.1]), (0.1, [0.001, 0.003, 0.01, 0.03, 0.1])]
)
def test_epochs_are_whole_and_the_rate_is_shown_so_that_it_can_be_seen(tmp_path, rate_factor, ticks):
    run = make_full_run(tmp_path / "run", rate_factor=rate_factor)
    assert ticks_of(run_page(run), "Learning rate at the end of each epoch") == ([1, 2, 3], ticks)
    assert ticks_of(run_page(run), "Loss")[0] == [1, 2, 3]


def test_names_are_names_and_no_markup(tmp_path):
    text = run_page(make_full_run(tmp_path / "run", ("<script>alert(1)</script>", "猫 & “dog”")))
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "猫 &amp;" in text
    assert "one &lt;Layer&gt;" in text


def test_what_a_run_does_not_have_is_left_out(tmp_path):
    assert headings_of(run_page(RunFolder.create(tmp_path / "foreign", {}))) == [
        "Summary",
        "Verification",
        "Provenance",
    ]
    assert "is not finished: 3 epochs" in run_page(make_run(tmp_path / "half", status="interrupted"))


def test_an_external_model_is_not_said_to_be_trained_here(tmp_path):
    source = {"file": "mine<1>.keras", "sha256": "c" * 64}
    run = make_full_run(tmp_path / "run", source=source)
    run.manifest.pop("recipe")
    text = run_page(run)
    assert (
        "An external model (mine&lt;1&gt;.keras), not trained by edgekit, measured on 30 test images of digits." in text
    )
    assert "trained on" not in text
    assert "these test images may have been among its training images" in text
    assert "Best epoch" not in text.partition('id="summary"')[2].partition("</section>")[0]
    assert "may have been among" not in run_page(make_full_run(tmp_path / "own"))


@pytest.mark.parametrize(
    ("pages", "linked"),
    [
        ((), None),
        (("report.html",), "report.html"),
        (("verification.html",), "verification.html"),
        (("report.html", "verification.html"), "verification.html"),
    ],
)
def test_the_page_of_the_verification_is_linked_under_its_name_or_the_old_one(tmp_path, pages, linked):
    run = make_full_run(tmp_path / "run")
    report, _ = hard_report(tmp_path)
    write_json(run.verification_path, report.to_dict())
    for name in pages:
        (run.path / name).write_text("<!doctype html>")
    links = re.findall(r'<a href="([^#"][^"]*)">', run_page(run))
    assert links == ([linked] if linked else [])


def test_a_verification_is_one_row_per_file(tmp_path):
    run = make_full_run(tmp_path / "run")
    report, _ = hard_report(tmp_path)
    write_json(run.verification_path, report.to_dict())
    text = run_page(run)
    table = text.partition('id="verification"')[2].partition("</table>")[0]
    assert table.count("<tr>") == 1 + 5
    assert 'litert-xnnpack <span class="muted">and 1 more</span>' in table


def test_a_report_that_is_none_is_a_sentence(tmp_path):
    run = make_full_run(tmp_path / "run")
    write_json(run.report_path, {"accuracy": 0.5, "per_class": 3, "confusion_matrix": [[1]]})
    with pytest.raises(RunFolderError, match="was changed after its run's manifest"):
        run_page(run)
    run.record(run.report_path)
    with pytest.raises(
        RunFolderError, match=r"report\.json is not what edgekit wrote: 'per_class' must be a list\. Received 3\."
    ):
        run_page(run)


def test_the_command_writes_the_page_of_the_newest_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    make_full_run(tmp_path / "exported" / "run")
    assert edgekit(["report"]) == 0
    assert "Page: exported/run/model-report.html" in capsys.readouterr().out
    assert edgekit(["report", "exported/run", "--out", "elsewhere/page.html"]) == 0
    written = [(tmp_path / name).read_bytes() for name in ("exported/run/model-report.html", "elsewhere/page.html")]
    assert written[0] == written[1]
    assert edgekit(["report", "nowhere"]) == 1
    assert "There is no run folder nowhere" in capsys.readouterr().err
