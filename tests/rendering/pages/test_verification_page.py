"""The page of a verification that holds every verdict, and names like markup; many classes; single parts by hand."""

import json
import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from support.reports.hard_report import HARD_NAMES, MESSAGE, hard_report
from support.reports.large_report import large_report
from support.reports.pages import Outline

from edgekit.rendering.markdown import verification_markdown
from edgekit.rendering.pages.numbers import MINUS, p_value, points, size
from edgekit.rendering.pages.verification import verification_page
from edgekit.rendering.pages.verification.advice import advice
from edgekit.rendering.pages.verification.flipped import images_for_each
from edgekit.rendering.pages.verification.grouping import files_of
from edgekit.rendering.pages.verification.page_size import LITTLE, PLENTY, page_size
from edgekit.rendering.pages.verification.pareto import unbeaten
from edgekit.verification.verdict.report import Verdict, VerificationReport

Made = tuple[VerificationReport, np.ndarray, str]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    report, images = hard_report(tmp_path_factory.mktemp("hard"))
    return report, images, verification_page(report, "my <run>", images=images, command="edgekit verify 'a <b>'")


def data_of(text: str) -> dict[str, object]:
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text).group(1))


def test_it_is_well_formed_and_every_link_leads_somewhere(made: Made) -> None:
    outline = Outline(made[2])
    assert outline.open == []
    assert outline.uneven == []
    assert len(set(outline.ids)) == len(outline.ids)
    assert {link for link in outline.links if not link.startswith("#")} == set()
    assert {link[1:] for link in outline.links} <= set(outline.ids)


def test_names_are_names(made: Made) -> None:
    outline = Outline(made[2])
    assert made[2].count("<script") == 2
    assert "b" not in outline.names
    assert not {name for name in outline.attributes if name.startswith("on") or name == "style"}
    for name in HARD_NAMES:
        assert name in unescape(made[2])
    assert MESSAGE in unescape(made[2])
    assert "edgekit verify &#39;a &lt;b&gt;&#39;" in made[2]


def rows_of(text: str) -> list[str]:
    """The rows of the table of files, folded ones too."""
    body = text.partition('<table id="files-table"')[2].partition("</table>")[0].partition("</thead>")[2]
    return re.findall(r"<tr(.*?)</tr>", body, re.DOTALL)


def part(text: str, anchor: str) -> str:
    """The details of a row, up to those of the next one."""
    return re.split(r'<details[^>]* id="file-', text.partition(f'id="{anchor}">')[2])[0]


def test_every_row_is_in_the_table_and_in_full(made: Made) -> None:
    report, _, text = made
    rows = rows_of(text)
    verdicts = [re.search(r'data-verdict="([^"]+)"', row).group(1) for row in rows]
    assert verdicts == [row.verdict.value for row in report.worst_first]
    assert verdicts == ["error", "drift", "not-compared", "pass", "pass", "pass"]
    anchors = ["file-1", "file-2", "file-3", "file-4", "file-5", "file-5-2"]
    assert [re.search(r'href="#([^"]+)"', row).group(1) for row in rows] == anchors
    assert re.findall(r'<details[^>]* id="(file-[^"]+)"', text) == anchors
    assert text.count("<details open") == 1
    for key in ("verdict", "runtime", "precision"):
        assert f'data-key="{key}"' in text


def test_the_top_says_what_to_do(made: Made) -> None:
    report = made[0]
    said = list(advice(report, files_of(report)))
    assert said[0].startswith("Do not ship files with errors: dynamic tflite in litert-xnnpack.")
    assert said[1].startswith(
        "Do not ship files that drift, unless you accept the loss: int8 tflite in litert-xnnpack."
    )
    assert any(line.startswith("The smallest file that passes: ") for line in said)
    assert said[-1].startswith("Not run here, so the result is unknown for <b>fremd.onnx in onnxruntime")
    for line in said:
        assert line in unescape(made[2])


@pytest.mark.parametrize(("verdict", "is_said"), [(Verdict.DRIFT, True), (Verdict.INCONCLUSIVE, False)])
def test_nothing_to_ship_is_said_only_where_no_file_is_recommended(made: Made, verdict: Verdict, is_said: bool) -> None:
    row = next(row for row in made[0].candidates if row.runtime == "litert-xnnpack" and row.measurement)
    report = replace(made[0], candidates=(replace(row, verdict=verdict),), pairwise=None)
    said = list(advice(report, files_of(report)))
    assert ("Nothing passes, so there is nothing to ship yet." in said) is is_said
    assert any(line.startswith("Android") and row.artifact in line for line in said) is not is_said


def test_a_sample_is_not_called_the_whole_split(made: Made) -> None:
    report = made[0]
    equal = next(row for row in report.candidates if row.measurement and row.measurement.agreement == 1)
    sample = replace(equal, measurement=replace(equal.measurement, num_images=3))
    text = verification_page(replace(report, candidates=(sample,), pairwise=None), "run")
    assert f"3 of {report.dataset.num_images:,}" in text
    assert "prediction on every image that it was run on" in text


def test_flips_are_shown_with_their_pictures_and_counted(made: Made) -> None:
    report, _, text = made
    drifted = next(row for row in report.candidates if row.verdict == "drift").measurement
    total = drifted.flips.total + drifted.tie_flips.total
    assert total > 300
    drifting = part(text, "file-2")
    assert f"{PLENTY.flipped} of {total:,} images whose prediction changed" in drifting
    assert "Chosen from the first 100 of them" in drifting
    assert drifting.count('<img src="data:image/png;base64,') == PLENTY.flipped
    assert "right → wrong" in drifting
    assert ">tie</span>" in part(text, "file-4")


def test_without_images_it_shows_the_answers_alone(made: Made) -> None:
    text = verification_page(made[0], "")
    assert "<img" not in text
    assert "whose prediction changed" in text
    assert "<h1>Verification</h1>" in text


def test_the_data_is_the_report(made: Made) -> None:
    assert VerificationReport.from_dict(data_of(made[2])) == made[0]


@pytest.mark.parametrize("num_classes", [100, 1000])
def test_many_classes_stay_small_and_say_what_is_left_out(tmp_path: Path, num_classes: int) -> None:
    names = [f"class {number:04}" for number in range(num_classes)]
    report, images = hard_report(tmp_path, names, num_images=2000, num_drifting=10)
    text = verification_page(report, "many", images=images)
    assert len(text) < (300_000 if num_classes > 100 else 3_000_000)
    assert "no matrix is drawn" in text
    outline = Outline(text)
    assert outline.uneven == []
    assert len(set(outline.ids)) == len(outline.ids)
    assert "<strong>model3-int8.tflite in litert-xnnpack</strong>" in text
    assert f"{num_classes - page_size(num_classes).classes:,} more are in verification.json" in text
    assert ("left_out" in data_of(text)) is (num_classes > 100)
    assert 'scope="row">class 0000<' in part(text, "file-2").partition("<tbody>")[2][:200]


def test_reports_of_before_show_what_they_have(made: Made) -> None:
    document = made[0].to_dict()
    for row in document["candidates"]:
        for name in ("confusion", "class_flips", "reliability", "reference_reliability", "flipped_images"):
            row.pop(name)
    document.pop("environment")
    text = verification_page(VerificationReport.from_dict(document), "old", command="edgekit verify")
    assert "Drift by class" in text
    assert '<p class="figure-title">Calibration' not in text


def test_nothing_beats_what_is_best_in_something() -> None:
    assert unbeaten([(1, 9, 5), (2, 8, 5), (2, 9, 5), (3, 3, 9), (1, 9, 5)]) == [0, 1, 3, 4]


def test_numbers_as_they_are_written() -> None:
    assert [points(change) for change in (0.0018, -0.012, 0.0, -0.00001)] == ["+0.18", f"{MINUS}1.20", "0.00", "0.00"]
    assert [p_value(p) for p in (0.3149, 1e-9, 1.0)] == ["0.31", "< 0.0001", "1"]
    assert [size(count) for count in (12, 96_800, 1_250_000, 3e9)] == ["12 B", "97 kB", "1.25 MB", "3.00 GB"]


def test_many_candidates_show_fewer_pictures_each() -> None:
    assert images_for_each(1, 24) == images_for_each(12, 24) == 24
    assert images_for_each(48, 24) == 6
    assert images_for_each(1000, 24) == 4
    assert images_for_each(1, LITTLE.flipped) == LITTLE.flipped < 24


def test_one_row_per_file_its_other_runtimes_and_passing_files_are_folded(made: Made) -> None:
    text = made[2]
    assert [row.startswith(' class="other"') for row in rows_of(text)] == [False] * 5 + [True]
    assert text.count('class="unfold" aria-expanded="false" aria-label="1 more, float32 tflite"') == 1
    folded = text.partition('<details class="fold"><summary><strong>2 files pass in every runtime')[2]
    assert re.findall(r'<details[^>]* id="(file-[^"]+)"', folded) == ["file-4", "file-5", "file-5-2"]


def test_nothing_is_listed_three_times(made: Made) -> None:
    """A file has its row in the table and its details; charts name it, but no other list does."""
    body = made[2].partition("<main")[2].partition("</main>")[0]
    lists = re.sub(r"<svg.*?</svg>|<figcaption>.*?</figcaption>", "", body, flags=re.DOTALL)
    assert len(re.findall(r">model-int16x8\.tflite<", lists)) == 2  # below its name, and among its facts
    assert len(re.findall(r">int16x8 tflite<", lists)) == 1


def with_reference(report: VerificationReport, **changes: object) -> VerificationReport:
    return replace(report, reference=replace(report.reference, **changes))


def test_an_int8_reference_is_never_called_the_float_model(made: Made) -> None:
    remark = "The reference itself is int8: what it lost is not seen here."
    report = with_reference(made[0], runtime="litert-xnnpack", precision="int8", remarks=(remark,))
    text = verification_page(report, "run")
    assert "float model" not in text
    assert "Compared with the int8 reference in litert-xnnpack" in text
    assert "Accuracy of the int8 reference" in text
    assert text.count(f"{remark}<") == 2  # in the summary, and where the reference is described
    assert VerificationReport.from_dict(data_of(text)) == report
    assert "float model" not in verification_markdown(report, "run")


@pytest.mark.parametrize(
    ("runtime", "precision", "name"),
    [
        ("keras", None, "the float model in keras"),
        ("onnxruntime", "float32", "the float model in onnxruntime"),
        ("onnxruntime", None, "the reference in onnxruntime"),
        ("onnxruntime", "float16", "the float16 reference in onnxruntime"),
        ("file of scores", None, "a file of scores"),
    ],
)
def test_the_reference_is_called_what_it_is(made: Made, runtime: str, precision: str | None, name: str) -> None:
    report = with_reference(made[0], runtime=runtime, precision=precision)
    assert f"Compared with {name}: accuracy" in verification_page(report, "run")


def test_no_chart_where_the_sample_is_too_small(tmp_path: Path, made: Made) -> None:
    assert "Pareto front: size and accuracy</p>" in made[2]
    assert ">Calibration</p>" in made[2]
    few, _ = hard_report(tmp_path, num_images=700)
    text = verification_page(few, "few")
    assert "Pareto front: size and speed</p>" in text
    assert "Pareto front: size and accuracy</p>" not in text
    assert "No chart of accuracy: with fewer than 1,000 images" in text
    assert ">Calibration</p>" not in text
    assert "No calibration diagram: it takes 1,000 images" in text


def test_titles_are_the_standard_ones(made: Made) -> None:
    for heading in ("<h3>Confusion matrix</h3>", "<h3>Calibration</h3>", ">Pareto front <a"):
        assert heading in made[2]


def test_a_thousand_classes_and_fifty_thousand_images_stay_below_300_kb() -> None:
    report, images = large_report()
    text = verification_page(report, "large", images=images, command="edgekit verify exported/large")
    assert len(text.encode()) < 300_000
    assert len(report.candidates) == 23
    assert len(rows_of(text)) == 23
    assert text.count('<img src="data:image/jpeg;base64,') >= 8
    assert "left_out" in data_of(text)
    outline = Outline(text)
    assert outline.open == []
    assert outline.uneven == []
