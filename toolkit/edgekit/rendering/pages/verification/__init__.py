"""A whole verification on one page that needs nothing but itself. The numbers are verification.json's.

`page.py` puts it together; one file a section, or a part of a candidate in full: `overview` (what passes, what to do,
the table), `candidate` (one row in full: `classes`, `confusion`, `calibration`, `flipped`), `frontier` (size, speed,
accuracy), `reference`, `surroundings` (agreement, tolerance, machine, how to make it again). Measures nothing.
"""

from edgekit.rendering.pages.verification.page import verification_page

__all__ = ["verification_page"]
