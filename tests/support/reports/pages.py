"""What tests of pages share: a piece of a template drawn alone, and a reader that sees what is wrong with markup."""

from html.parser import HTMLParser

from edgekit.rendering.pages.templating import environment

VOID = {"br", "hr", "img", "meta", "link"}


def drawn(source: str, **values: object) -> str:
    """A piece of a template, with all macros at hand."""
    names = {
        "charts": "calibration_chart, delta_bar, line_chart, scatter_chart",
        "figures": "figure, matrix, thumbnail",
        "parts": "badge, bullets, code, facts, note, scroll",
        "tables": "filters, number, numbers, table, words",
    }
    imports = "".join(f'{{% from "macros/{file}.html" import {macros} %}}' for file, macros in names.items())
    return environment().from_string(imports + source).render(values)


class Outline(HTMLParser):
    """Open elements, ids, links and tables; fails where an element is closed that is not open.

    Attributes:
        open: Elements that are not closed.
        names: Elements that occur.
        ids: Every id, in its order.
        links: Targets of links.
        attributes: Attributes that occur.
        uneven: Captions of tables of which a row has another number of cells than the first one.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.names: set[str] = set()
        self.ids: list[str] = []
        self.links: set[str] = set()
        self.attributes: set[str] = set()
        self.uneven: list[str] = []
        self._rows: list[int] = []
        self._caption = ""
        self.feed(text)

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        self.names.add(name)
        self.attributes |= {key for key, _ in attributes}
        found = dict(attributes)
        if "id" in found:
            self.ids.append(str(found["id"]))
        if name == "a":
            self.links.add(str(found["href"]))
        if name not in VOID:
            self.open.append(name)
        if name == "table":
            self._rows, self._caption = [], ""
        elif name == "tr":
            self._rows.append(0)
        elif name in ("td", "th"):
            self._rows[-1] += int(found.get("colspan") or 1)

    def handle_endtag(self, name: str) -> None:
        assert self.open.pop() == name
        if name == "table" and len(set(self._rows)) != 1:
            self.uneven.append(self._caption)

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "caption":
            self._caption += data


CUT = """[...document.querySelectorAll('table.matrix td')].filter((cell) => cell.scrollWidth > cell.clientWidth)
    .filter((cell) => getComputedStyle(cell).color !== 'rgba(0, 0, 0, 0)').map((cell) => cell.textContent)"""
"""JavaScript: numbers of matrices that do not fit their cell, though they are shown."""
