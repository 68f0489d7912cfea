"""`make docs` fails, and names the page or the picture, where a link is broken or a picture cannot be drawn.

The real Makefile and the real configuration of the site build a small folder of documents.
"""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.helpers import ROOT

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("sphinx") is None, reason="Sphinx is not installed here; `make docs` installs it"
)

INDEX = "# The site\n\n```{toctree}\nguide\n```\n\n![A report](report.png)\n"
BROKEN = {
    "See [the other guide](other.md).": "other.md",
    "See [the second step](#second-step).": "second-step",
    "See [the start](index.md#nowhere).": "nowhere",
    "![A chart](chart.png)": "chart.png",
}
"""Markdown with a link to what is not there -> its target."""

COPIED = ("Makefile", "docs/conf.py", "docs/pictures.py", "docs/report.png", "exported/resnet8/verification.json")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A checkout with one page, whose environment `make` takes for installed."""
    for name in COPIED:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "docs" / "index.md").write_text(INDEX)
    (tmp_path / "docs" / "guide.md").write_text("# Guide\n\n## First step\n\nText.\n")
    for name in ("requirements.lock", "pyproject.toml", "docs/requirements.lock", "installed", "docs-installed"):
        (tmp_path / name).touch()
    return tmp_path


def make_docs(site: Path, path: str = os.environ["PATH"]) -> "subprocess.CompletedProcess[str]":
    settings = [f"BIN={Path(sys.executable).parent}", "STAMP=installed", "DOCS_STAMP=docs-installed"]
    environment = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    return subprocess.run(
        ["make", "docs", *settings], cwd=site, env=environment | {"PATH": path}, capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_a_site_without_mistakes_is_built(site: Path) -> None:
    result = make_docs(site)
    assert result.returncode == 0, result.stderr
    assert "First step" in (site / "docs" / "_build" / "guide.html").read_text()


@pytest.mark.slow
def test_every_broken_link_is_named_with_its_page_and_line(site: Path) -> None:
    page = site / "docs" / "guide.md"
    start = len(page.read_text().splitlines()) + 2
    page.write_text(page.read_text() + "\n" + "\n\n".join(BROKEN) + "\n")
    result = make_docs(site)
    assert result.returncode != 0
    warnings = [line for line in result.stderr.splitlines() if "WARNING" in line]
    for number, target in enumerate(BROKEN.values()):
        assert any(f"guide.md:{start + 2 * number}: " in line and target in line for line in warnings), target
    assert len(warnings) == len(BROKEN)


@pytest.mark.slow
def test_a_picture_whose_command_fails_is_named(site: Path) -> None:
    report = site / "exported" / "resnet8" / "verification.json"
    report.write_text(json.dumps(json.loads(report.read_text()), indent=1))
    before = (site / "docs" / "report.png").read_bytes()
    browser = site / "bin" / "chromium"
    browser.parent.mkdir()
    browser.write_text("#!/bin/sh\necho 'no display' >&2\nexit 1\n")
    browser.chmod(0o755)
    result = make_docs(site, path=f"{browser.parent}{os.pathsep}{os.environ['PATH']}")
    assert result.returncode != 0
    assert "docs/report.png was not drawn" in result.stderr
    assert "Traceback" not in result.stderr
    assert (site / "docs" / "report.png").read_bytes() == before
    assert not (site / "docs" / "_build").exists()
