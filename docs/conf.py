"""Sphinx: the site of docs/, built by `make docs`."""

import re
from pathlib import Path

from sphinx.application import Sphinx

import edgekit

project = "edgekit"
author = "the edgekit authors"
copyright = "the edgekit authors"  # noqa: A001 - Sphinx wants this name
version = release = edgekit.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_click",
]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build", "measured/variants/*"]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 4

html_extra_path = [path for path in ("reference/verification.schema.json",) if (Path(__file__).parent / path).is_file()]
"""Published beside the pages, under its own name."""

html_theme = "furo"
html_title = f"edgekit {version}"
html_show_sphinx = False
smartquotes = False
"""Two dashes of an option stay two dashes."""

autodoc_typehints = "none"
autodoc_member_order = "bysource"
nitpicky = True
nitpick_ignore_regex = [("py:.*", ".*")]
"""Types of other libraries and of edgekit's inner parts have no page here; links between pages are all checked."""

OUTSIDE = re.compile(
    r"\]\(((?:\.\./)+(?:ARCHITECTURE|CONTRIBUTING|SECURITY|CHANGELOG|recipes|exported|findings)[^)#]*)(?:#[^)]*)?\)"
)


def _download_what_lies_outside(app: Sphinx, docname: str, source: list[str]) -> None:
    """Files of the repository that are not pages of the site can be downloaded from it; GitHub shows them in place."""
    folder = (Path(app.srcdir) / docname).parent

    def link(match: re.Match[str]) -> str:
        missing = not (folder / match[1]).is_file()
        return match[0] if missing else f"](path:{match[1]})"

    source[0] = OUTSIDE.sub(link, source[0])


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("source-read", _download_what_lies_outside)
