"""Make the pictures of the documents from the committed reports, with the browser that is on the PATH.

    python docs/pictures.py

A picture holds the SHA-256 of the report that it shows. A picture of the report as it is now is left alone, so a
build without a browser passes as long as no report has changed. Where one has changed and there is no browser, the
exit status is 1 and the message names the picture; so it is if the browser fails.
"""

import hashlib
import io
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

ROOT = Path(__file__).resolve().parents[1]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
FIELD = "verification.json SHA-256"
"""The PNG text field that says which report a picture shows."""

NUM_COLORS = 128
MARGIN = 16
"""Pixels around a picture's part of the page."""


@dataclass(frozen=True)
class Picture:
    """A part of a run's verification page.

    Attributes:
        file: The PNG file.
        run: The run folder whose verification.json is shown.
        title: The details of a row, by the beginning of its title.
        width: Of the browser window, in pixels.
        first: The text at which the picture begins.
        last: The text that the picture ends above.
    """

    file: Path
    run: Path
    title: str
    width: int = 1200
    first: str = "Drift by class"
    last: str = "Confusion matrix of the reference"

    def digest(self) -> str:
        """SHA-256 of the report that is to be shown."""
        return hashlib.sha256((self.run / "verification.json").read_bytes()).hexdigest()

    def shown(self) -> str | None:
        """SHA-256 of the report that the file shows; None where there is no such file."""
        if not self.file.is_file():
            return None
        with Image.open(self.file) as image:
            return image.info.get(FIELD)


PICTURES = (Picture(ROOT / "docs" / "report.png", ROOT / "exported" / "resnet8", "int8 tflite in litert-xnnpack"),)


def draw(picture: Picture, browser: Any) -> None:
    """Write the picture's file: the page that `edgekit verify` makes of the report, cut to one part."""
    from edgekit.rendering.pages.verification import verification_page
    from edgekit.rendering.stored_report import load_stored_report

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "verification.html"
        file.write_text(verification_page(load_stored_report(picture.run), picture.run.name), encoding="utf-8")
        page = browser.new_page(viewport={"width": picture.width, "height": 900}, color_scheme="light")
        page.goto(file.as_uri())
        page.get_by_role("button", name="Open all").click()
        details = page.locator("details[id^=file-]", has=page.locator("> summary", has_text=picture.title)).first
        page.evaluate("window.scrollTo({top: 0, behavior: 'instant'})")  # boxes are relative to what is on the screen
        first, last = (
            details.get_by_text(name, exact=True).first.bounding_box() for name in (picture.first, picture.last)
        )
        inside = details.locator(".inside").first.bounding_box()
        top = first["y"] - MARGIN
        part = {"x": inside["x"], "y": top, "width": inside["width"], "height": last["y"] - top - MARGIN}
        _save(page.screenshot(full_page=True, clip=part), picture)
        page.close()


def _save(png: bytes, picture: Picture) -> None:
    fields = PngInfo()
    fields.add_text(FIELD, picture.digest())
    reduced = Image.open(io.BytesIO(png)).convert("RGB").quantize(NUM_COLORS, dither=Image.Dither.NONE)
    reduced.save(picture.file, optimize=True, pnginfo=fields)


def main() -> int:
    """Draw the pictures whose report has changed."""
    old = [picture for picture in PICTURES if picture.shown() != picture.digest()]
    if not old:
        return 0
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    names = ", ".join(str(picture.file.relative_to(ROOT)) for picture in old)
    if found is None:
        print(
            f"Out of date: {names}. Its report has changed, and drawing it again needs a browser: none of "
            f"{', '.join(BROWSERS)} is on the PATH. Install one and type: make pictures",
            file=sys.stderr,
        )
        return 1
    from playwright.sync_api import Error, sync_playwright

    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=found, args=list(ARGUMENTS))
            for picture in old:
                draw(picture, browser)
                print(f"Wrote {picture.file.relative_to(ROOT)}")
            browser.close()
    except Error as error:
        print(f"{names} was not drawn: {found} failed ({error.message.splitlines()[0]})", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
