"""Pages that need nothing but themselves: one file, no network, light and dark, phone and desktop, print.

A page is made of small pure functions that return `Html`; plain `str` is escaped wherever it is put in, so a class
called `<script>` is only a name. There is no template language: a page is a Python expression.

    from edgekit.rendering.pages.html import facts, line_chart, page, section, Series, table, Column

    text = page(
        "resnet8",
        section("Summary", facts([("Accuracy", "86.87 %"), ("Images", "10,000")])),
        section(
            "Learning",
            line_chart("Loss by epoch", [Series(name="training", points=[(1, 1.9), (2, 1.2)])], x="epoch", y="loss"),
        ),
        section("Classes", table("Quality by class", [Column(name="class"), Column(name="F1", is_number=True)], rows)),
        lead="Trained for 60 epochs on cifar10.",
        data={"accuracy": 0.8687},
    )

What there is: `page` and `section` (headings with anchors, from which the page makes its contents); `facts`, `badge`,
`note`, `details`, `open_all`, `code_block`, `paragraph`, `bullets`; `table` (sorted by its headings, filtered by
buttons, scrolls inside its own box); `line_chart`, `scatter_chart`, `delta_bar` (inline SVG with title and
description) and `figure` to put a caption under anything; `matrix` (a coloured table of counts or of changes);
`photo`, `image_strip` and `png_file` (pictures as data URIs); `tag` and `join` for everything else.

A page carries a Content-Security-Policy that names the SHA-256 of its own style and script and allows nothing
else, so there are no `style` attributes and no event attributes: style by the classes in style.css, position in SVG
by attributes. Where a component is missing, add it here. Knows no report.
"""

from edgekit.rendering.pages.html.charts import Point, Series, delta_bar, line_chart, scatter_chart
from edgekit.rendering.pages.html.components import (
    badge,
    bullets,
    code_block,
    details,
    facts,
    figure,
    figures,
    note,
    open_all,
    paragraph,
    section,
)
from edgekit.rendering.pages.html.images import image_strip, photo, png_file
from edgekit.rendering.pages.html.markup import Html, join, tag
from edgekit.rendering.pages.html.matrix import matrix
from edgekit.rendering.pages.html.page import page
from edgekit.rendering.pages.html.tables import Cell, Column, Filter, Row, table

__all__ = [
    "Cell",
    "Column",
    "Filter",
    "Html",
    "Point",
    "Row",
    "Series",
    "badge",
    "bullets",
    "code_block",
    "delta_bar",
    "details",
    "facts",
    "figure",
    "figures",
    "image_strip",
    "join",
    "line_chart",
    "matrix",
    "note",
    "open_all",
    "page",
    "paragraph",
    "photo",
    "png_file",
    "scatter_chart",
    "section",
    "table",
    "tag",
]
