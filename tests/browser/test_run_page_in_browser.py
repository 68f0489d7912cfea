"""The page of `edgekit report` in a real browser: phone and desktop, keys, no network, nothing that sticks out."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support.reports.pages import CUT
from support.run_folders import make_full_run

from edgekit.cli import run_command as edgekit
from edgekit.foundation.atomic_files import write_json


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = make_full_run(
        tmp_path_factory.mktemp("runs") / "run", ("a_class_with_a_name_that_never_ends_" * 3, "猫 & dog")
    )
    assert edgekit(["report", str(run.path)]) == 0
    return run.path / "model-report.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_is_quiet_and_fits(file: Path, width: int, scheme: str, open_page: Any) -> None:
    with open_page(file, width=width, scheme=scheme) as opened:
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
        pictures = opened.page.locator("img")
        assert pictures.count() == 3
        for picture in pictures.all():
            assert picture.evaluate("one => one.complete && one.naturalWidth") == 640
            assert picture.bounding_box()["width"] >= 560  # its words can be read, and
            box = picture.locator("xpath=..")
            assert box.bounding_box()["width"] <= width  # what is too wide scrolls in its own box,
            assert box.get_attribute("tabindex") == "0"  # by keyboard too
            assert picture.get_attribute("alt")
        shot = np.asarray(Image.open(io.BytesIO(opened.page.screenshot(full_page=True))))
        assert shot.shape[1] == width
        assert len(np.unique(shot.reshape(-1, shot.shape[2]), axis=0)) > 50
        assert opened.troubles == []
        assert opened.requests == []


def test_keys_are_enough(file: Path, open_page: Any) -> None:
    with open_page(file, width=390) as opened:
        page = opened.page
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        layers = page.locator("details", has_text="Layers")
        assert not layers.locator("pre").is_visible()
        layers.locator("summary").focus()
        page.keyboard.press("Enter")
        assert layers.locator("pre").is_visible()
        heading = page.get_by_role("button", name="recall")
        heading.focus()
        page.keyboard.press("Enter")
        assert opened.troubles == []


SCROLLING = """[...document.querySelectorAll('.scroll')].filter((box) => box.querySelector('table'))
    .filter((box) => box.scrollWidth > box.clientWidth).map((box) => box.getAttribute('aria-label'))"""
"""Captions of tables of which a part is outside their box."""


@pytest.mark.parametrize(("num_classes", "count"), [(2, 1234), (10, 957), (10, 1234), (20, 1234), (40, 1234)])
def test_no_table_scrolls_sideways_on_a_screen_and_matrices_fit_a_phone(
    tmp_path: Path, num_classes: int, count: int, open_page: Any
) -> None:
    run = make_full_run(tmp_path / "run")
    report = json.loads(run.report_path.read_text())
    names = [f"class number {number:02} of many" for number in range(num_classes)]
    report["per_class"] = [report["per_class"][0] | {"class": name} for name in names]
    report["confusion_matrix"] = [[count] * num_classes for _ in names]
    write_json(run.report_path, report)
    run.record(run.report_path)
    assert edgekit(["report", str(run.path)]) == 0
    for width in (1280, 390):
        with open_page(run.path / "model-report.html", width=width) as opened:
            opened.page.evaluate("dispatchEvent(new Event('beforeprint'))")
            scrolling = opened.page.evaluate(SCROLLING)
            assert [one for one in scrolling if width == 1280 or one.startswith("By ")] == []
            assert opened.page.locator("table.matrix").count() == 2
            assert opened.page.evaluate(CUT) == []
