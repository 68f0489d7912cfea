"""A real browser for the tests of pages; they skip, with the reason, where there is none."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Opened:
    """A page in the browser.

    Attributes:
        page: Playwright's page.
        troubles: What the console, the page or the policy complained about.
        requests: Addresses that the page asked for, other than its own file and its own data.
    """

    page: Any
    troubles: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


OpenPage = Callable[..., Any]
"""`with open_page(file, width=360, scheme="dark", anchor="#all") as opened:`"""


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install playwright")
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(f"no browser here: none of {', '.join(NAMES)} is on the PATH")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Any) -> OpenPage:
    @contextmanager
    def opening(
        file: Path, *, width: int = 1400, height: int = 900, scheme: str = "light", anchor: str = "", **options: Any
    ) -> Iterator[Opened]:
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce", **options
        )
        opened = Opened(context.new_page())
        opened.page.on("console", lambda message: opened.troubles.append(message.text))
        opened.page.on("pageerror", lambda error: opened.troubles.append(str(error)))
        opened.page.on("request", lambda request: _note(opened, request.url, file))
        opened.page.goto(file.as_uri() + anchor)
        yield opened
        context.close()

    return opening


def _note(opened: Opened, url: str, file: Path) -> None:
    if not url.startswith((file.as_uri(), "data:")):
        opened.requests.append(url)
