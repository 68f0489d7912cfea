"""A whole verification on one self-contained page. The numbers are verification.json's.

`page.py` puts it together, one file per section: `summary`, `files` (the table), `pareto`, `details` (each file in
full; `classes`, `confusion`, `calibration` and `flipped` are its parts), `reference`, `context` (agreement,
tolerance, machine, the command). `grouping.py` brings the rows of a file together. Measures nothing.
"""

from edgekit.rendering.pages.verification.page import verification_page

__all__ = ["verification_page"]
