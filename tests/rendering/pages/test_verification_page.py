"""The page of a verification that holds every verdict, and names like markup; many classes; single parts by hand."""

import json
import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from support.hard_report import HARD_NAMES, MESSAGE, hard_report
from support.pages import Outline

from edgekit.rendering.pages.numbers import MINUS, p_value, points, size
from edgekit.rendering.pages.verification import verification_page
from edgekit.rendering.pages.verification.advice import advice
from edgekit.rendering.pages.verification.flipped import MAX_SHOWN, images_for_each
from edgekit.rendering.pages.verification.frontier import unbeaten
from edgekit.verification.verdict.report import VerificationReport

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


def test_every_candidate_has_a_row_and_a_place_in_full(made: Made) -> None:
    report, _, text = made
    body = text.partition('<table id="candidates"')[2].partition("</table>")[0].partition("<tbody>")[2]
    rows = re.findall(r"<tr (.*?)</tr>", body, re.DOTALL)
    verdicts = [re.search(r'data-verdict="([^"]+)"', row).group(1) for row in rows]
    assert verdicts == [row.verdict.value for row in report.worst_first]
    assert verdicts == ["error", "drift", "not-compared", "pass", "pass", "pass"]
    assert [f'id="candidate-{number}"' in text for number in range(1, 8)] == [True] * 6 + [False]
    assert text.count("<details open") == 1
    for key in ("verdict", "runtime", "precision"):
        assert f'data-key="{key}"' in text


def test_the_top_says_what_to_do(made: Made) -> None:
    report = made[0]
    said = list(advice(report))
    assert said[0].startswith("Do not ship what failed: dynamic tflite in litert-xnnpack.")
    assert said[1].startswith(
        "Do not ship what drifted, unless you accept what it lost: int8 tflite in litert-xnnpack."
    )
    assert any(line.startswith("The smallest file that passes: ") for line in said)
    assert said[-1].startswith("Not run here, so nothing is known of <b>fremd.onnx in onnxruntime")
    for line in said:
        assert line in unescape(made[2])


def test_a_sample_is_not_called_the_whole_split(made: Made) -> None:
    report = made[0]
    equal = next(row for row in report.candidates if row.measurement and row.measurement.agreement == 1)
    part = replace(equal, measurement=replace(equal.measurement, num_images=3))
    text = verification_page(replace(report, candidates=(part,), pairwise=None), "run")
    assert f"3 of {report.dataset.num_images:,}" in text
    assert "prediction on every image that it was run on" in text


def test_flips_are_shown_with_their_pictures_and_counted(made: Made) -> None:
    report, _, text = made
    drifted = next(row for row in report.candidates if row.verdict == "drift").measurement
    total = drifted.flips.total + drifted.tie_flips.total
    assert total > 300
    part = text.partition('id="candidate-2"')[2].partition('id="candidate-3"')[0]
    assert f"{MAX_SHOWN} of {total:,} images whose prediction changed" in part
    assert "Chosen from the first 100 of them" in part
    assert part.count('<img src="data:image/png;base64,') == MAX_SHOWN
    assert "right → wrong" in part
    tied = text.partition('id="candidate-4"')[2].partition('id="candidate-5"')[0]
    assert ">tie</span>" in tied


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
    assert len(text) < 3_000_000
    assert "no matrix is drawn" in text
    outline = Outline(text)
    assert len(set(outline.ids)) == len(outline.ids)
    assert "<strong>model3-int8.tflite in litert-xnnpack</strong>" in text
    assert f"{num_classes - 30:,} more are in verification.json" in text
    assert ("left_out" in data_of(text)) is (num_classes > 100)
    assert 'scope="row">class 0000<' in text.partition('id="candidate-2"')[2].partition("<tbody>")[2][:200]


def test_reports_of_before_show_what_they_have(made: Made) -> None:
    document = made[0].to_dict()
    for row in document["candidates"]:
        for name in ("confusion", "class_flips", "reliability", "reference_reliability", "flipped_images"):
            row.pop(name)
    document.pop("environment")
    text = verification_page(VerificationReport.from_dict(document), "old", command="edgekit verify")
    assert "Drift by class" in text
    assert "Reliability" not in text


def test_nothing_beats_what_is_best_in_something() -> None:
    assert unbeaten([(1, 9, 5), (2, 8, 5), (2, 9, 5), (3, 3, 9), (1, 9, 5)]) == [0, 1, 3, 4]


def test_numbers_as_they_are_written() -> None:
    assert [points(change) for change in (0.0018, -0.012, 0.0, -0.00001)] == ["+0.18", f"{MINUS}1.20", "0.00", "0.00"]
    assert [p_value(p) for p in (0.3149, 1e-9, 1.0)] == ["0.31", "< 0.0001", "1"]
    assert [size(count) for count in (12, 96_800, 1_250_000, 3e9)] == ["12 B", "97 kB", "1.25 MB", "3.00 GB"]


def test_many_candidates_show_fewer_pictures_each() -> None:
    assert images_for_each(1) == images_for_each(12) == 24
    assert images_for_each(48) == 6
    assert images_for_each(1000) == 4
