"""report.html in a real browser: clicks, keys, phone and desktop, light and dark, contrast, print, no network."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support.hard_report import hard_report
from support.linear_run import digits, make_run, nearest_mean, write_onnx

from edgekit.cli import run_command as edgekit
from edgekit.rendering.pages.verification import verification_page

CONTRAST = (Path(__file__).parent / "contrast.js").read_text()
MIN_CONTRAST = 4.5
"""WCAG 2.2, level AA, for text of ordinary size."""

ROWS = "table#candidates tbody tr"


@pytest.fixture(scope="session")
def hard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every verdict, and names like markup."""
    folder = tmp_path_factory.mktemp("hard")
    report, images = hard_report(folder)
    (folder / "report.html").write_text(verification_page(report, "hard", images=images, command="edgekit verify"))
    return folder / "report.html"


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `edgekit verify` writes: one file that passes and one whose first two classes are swapped."""
    run = make_run(tmp_path_factory.mktemp("real") / "digits")
    weights, biases = nearest_mean(digits())
    swapped = [1, 0, *range(2, 10)]
    run.record(write_onnx(run.path / "onnx" / "model-int8.onnx", weights[:, swapped], biases[swapped]))
    assert edgekit(["verify", str(run.path), "--runtime", "onnxruntime", "--pairwise"]) == 3
    return run.path / "report.html"


def shown(page: Any) -> list[str]:
    """Numbers of the visible rows, from top to bottom."""
    rows = page.locator(ROWS)
    return [row.locator("a").inner_text() for row in rows.all() if row.is_visible()]


def column(page: Any, name: str) -> list[str]:
    place = page.locator("table#candidates thead th").all_inner_texts().index(name)
    return [row.locator("td").nth(place).inner_text() for row in page.locator(ROWS).all()]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1400])
@pytest.mark.parametrize("which", ["hard", "real"])
def test_it_is_quiet_fits_and_can_be_read(
    which: str, width: int, scheme: str, open_page: Any, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with open_page(request.getfixturevalue(which), width=width, scheme=scheme) as opened:
        page = opened.page
        page.get_by_role("button", name="Open all").click()
        sizes = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert sizes[0] <= sizes[1] == width
        pale = page.evaluate(CONTRAST, MIN_CONTRAST)
        assert pale == []
        image = Image.open(io.BytesIO(page.screenshot(path=tmp_path / "screenshot.png", full_page=True)))
        assert image.width == width
        assert len(np.unique(np.asarray(image.convert("L")))) > 50
        assert (np.asarray(image.convert("L"))[:, 2].mean() > 128) == (scheme == "light")
    assert opened.troubles == []
    assert opened.requests == []


def test_filters_show_what_is_pressed(hard: Path, open_page: Any) -> None:
    with open_page(hard) as opened:
        page = opened.page
        verdicts, status = page.get_by_role("group", name="Verdict"), page.get_by_role("status")
        everything = shown(page)
        assert len(everything) == 6
        verdicts.get_by_role("button", name="drift").click()
        assert shown(page) == ["2"]
        assert status.inner_text() == "1 of 6 shown"
        assert verdicts.get_by_role("button", name="pass").get_attribute("aria-pressed") == "false"
        verdicts.get_by_role("button", name="pass").click()
        assert shown(page) == ["2", "4", "5", "6"]
        page.get_by_role("group", name="Runtime").get_by_role("button", name="litert-xnnpack").click()
        assert shown(page) == ["2", "5"]
        page.get_by_role("group", name="Precision").get_by_role("button", name="int8", exact=False).first.click()
        assert shown(page) == ["2"]
        verdicts.get_by_role("button", name="drift").click()
        assert shown(page) == []
        assert status.inner_text() == "0 of 6 shown"
        verdicts.get_by_role("button", name="pass").click()  # the last one released: all again
        assert shown(page) == ["2"]


def test_headings_sort_and_say_so(hard: Path, open_page: Any) -> None:
    with open_page(hard) as opened:
        page = opened.page
        heading = page.locator("table#candidates th", has=page.get_by_role("button", name="agreement, %"))
        heading.get_by_role("button").click()
        assert heading.get_attribute("aria-sort") == "descending"
        assert column(page, "agreement, %") == ["100.00", "100.00", "99.38", "85.14", "", ""]
        heading.get_by_role("button").click()
        assert heading.get_attribute("aria-sort") == "ascending"
        assert column(page, "agreement, %") == ["85.14", "99.38", "100.00", "100.00", "", ""]
        page.locator("table#candidates").get_by_role("button", name="verdict").click()
        assert heading.get_attribute("aria-sort") is None
        assert column(page, "verdict") == ["drift", "error", "not-compared", "pass", "pass", "pass"]


def wait_until_open(page: Any, number: int) -> None:
    """The page hears of a new address only after the click has returned."""
    page.locator(f"#candidate-{number}[open]").wait_for(state="attached")


def test_a_click_on_a_number_opens_its_candidate(hard: Path, open_page: Any) -> None:
    with open_page(hard, width=360) as opened:
        page, candidate = opened.page, opened.page.locator("#candidate-4")
        assert candidate.get_attribute("open") is None
        page.get_by_role("link", name="Candidate 4 in full").first.click()
        wait_until_open(page, 4)
        assert 0 <= candidate.bounding_box()["y"] < 200
        candidate.locator("summary").click()
        page.get_by_role("link", name="Candidate 4 in full").first.click()  # the same link again
        wait_until_open(page, 4)
        candidate.get_by_role("link", name="Back to all candidates").click()
        assert page.locator("table#candidates").is_visible()


def test_everything_can_be_done_with_the_keyboard(hard: Path, open_page: Any) -> None:
    with open_page(hard) as opened:
        page, keys = opened.page, opened.page.keyboard
        keys.press("Tab")
        skip = page.get_by_role("link", name="Skip to the content")
        assert skip.evaluate("link => link === document.activeElement")
        assert skip.bounding_box()["x"] >= 0
        keys.press("Enter")
        assert page.evaluate("document.activeElement.id") == "content"
        tab_to(page, "button", "drift (1)")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        keys.press("Space")
        assert shown(page) == ["2"]
        tab_to(page, "button", "accuracy, %")
        keys.press("Enter")
        assert page.locator("th[aria-sort=descending]").inner_text() == "accuracy, %"
        tab_to(page, "a", "2")
        keys.press("Enter")
        wait_until_open(page, 2)


def tab_to(page: Any, element: str, text: str) -> None:
    """Press Tab until that element has the focus, as somebody without a mouse would."""
    for _ in range(80):
        page.keyboard.press("Tab")
        name, words = page.evaluate("[document.activeElement.localName, document.activeElement.textContent]")
        if (name, words) == (element, text):
            return
    pytest.fail(f"<{element}> {text!r} cannot be reached with Tab")


def test_an_address_with_an_anchor_opens_it(hard: Path, open_page: Any) -> None:
    with open_page(hard, anchor="#candidate-5") as opened:
        wait_until_open(opened.page, 5)


def test_without_scripts_it_is_whole(hard: Path, open_page: Any) -> None:
    with open_page(hard, java_script_enabled=False) as opened:
        assert opened.page.locator(".filters").is_hidden()
        assert len(opened.page.locator(ROWS).all()) == 6
        opened.page.locator("#candidate-4 summary").click()
        assert opened.page.locator("#candidate-4").get_by_text("Drift by class").is_visible()


def test_on_paper_everything_is_open_and_buttons_are_gone(real: Path, open_page: Any) -> None:
    with open_page(real, scheme="dark") as opened:
        page = opened.page
        page.emulate_media(media="print", color_scheme="dark")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.locator("details:not([open])").count() == 0
        assert page.locator(".filters, .open-all").first.is_hidden()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert page.evaluate("getComputedStyle(document.body).color") == "rgb(23, 28, 38)"


def test_real_pictures_are_there_and_have_words(real: Path, open_page: Any) -> None:
    with open_page(real) as opened:
        page = opened.page
        pictures = page.locator("#candidate-1 img")
        assert pictures.count() == 24
        sizes = pictures.evaluate_all("images => images.map(one => [one.naturalWidth, one.alt])")
        assert all(width == 32 and alt.startswith("Test image ") for width, alt in sizes)
        assert page.locator("svg[role=img]").count() >= 4
        assert page.get_by_text("edgekit verify", exact=False).first.is_visible()
