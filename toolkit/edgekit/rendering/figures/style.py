"""What all figures have in common: size, fonts, names that can be drawn. No window and no global state."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec

from edgekit.foundation.atomic_files import atomic_path
from edgekit.foundation.errors import MissingExtraError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLE_INCHES = 0.5
MAX_LETTERS = 18
"""Longer names are cut."""

FONTS = (
    "DejaVu Sans",
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Noto Sans JP",
    "Noto Sans SC",
    "Noto Sans KR",
    "WenQuanYi Zen Hei",
    "Hiragino Sans",
    "PingFang SC",
    "Yu Gothic",
    "Microsoft YaHei",
    "Malgun Gothic",
    "Arial Unicode MS",
    "Noto Sans Arabic",
    "Noto Sans Hebrew",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
    "Noto Emoji",
    "Symbola",
)
"""Asked for each letter in this order, as far as they are installed. DejaVu Sans comes with matplotlib."""

P = ParamSpec("P")


def drawn(function: "Callable[P, Figure]") -> "Callable[P, Figure]":
    """Let a function draw with our fonts, and with "$" in names as nothing but a letter.

    What it makes raises MissingExtraError if matplotlib is not installed.
    """

    @wraps(function)
    def in_our_style(*arguments: P.args, **options: P.kwargs) -> "Figure":
        with _style():
            return function(*arguments, **options)

    return in_our_style


def save(figure: "Figure", path: Path) -> None:
    """Write a figure as PNG, whole or not at all, 100 pixels an inch; the same figure gives the same bytes."""
    with _style(), atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=100, metadata={"Software": None})


@contextmanager
def _style() -> Iterator[None]:
    try:
        import matplotlib as mpl
    except ImportError as error:
        raise MissingExtraError("The figure", "matplotlib", "train") from error
    with mpl.rc_context({"text.parse_math": False, "font.family": list(_installed_fonts())}):
        yield


def empty_figure(width: float, height: float) -> "Figure":
    """An empty figure of that size in inches, which finds room for its labels itself; for what is `drawn`."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def canvas_figure(width: float, height: float, left: float = 0.1) -> "tuple[Figure, Axes]":
    """A figure with one picture of that size in inches and a title; `left` inches stay free for names.

    For what is `drawn`, as `empty_figure`.
    """
    from matplotlib.figure import Figure

    whole = left + width + 0.1, height + 0.05 + TITLE_INCHES
    figure = Figure(figsize=whole)
    axes = figure.add_axes((left / whole[0], 0.05 / whole[1], width / whole[0], height / whole[1]))
    axes.axis("off")
    return figure, axes


def write_title(figure: "Figure", title: str) -> None:
    """A title over the whole figure, which `canvas_figure` has made."""
    figure.suptitle(title, fontsize=10, y=1 - 0.1 / figure.get_figheight(), va="top")


def labels_of(class_names: Sequence[str]) -> list[str]:
    """The names as figures show them: in one line, not too long, and by number if no font has their letters."""
    return [_label(number, name) for number, name in enumerate(class_names)]


def width_of(labels: Sequence[str], letter: float = 0.08) -> float:
    """Inches that the longest of the labels takes, at `letter` inches each; letters of East Asia count twice."""
    from unicodedata import east_asian_width

    return letter * max(sum(2 if east_asian_width(letter) in "WF" else 1 for letter in label) for label in labels)


def _label(number: int, name: str) -> str:
    line = " ".join(name.split())
    if not line or not all(ord(letter) in _letters() for letter in line):
        return f"class {number}"
    return line if len(line) <= MAX_LETTERS else f"{line[: MAX_LETTERS - 1]}…"


@cache
def _installed_fonts() -> tuple[str, ...]:
    from matplotlib import font_manager

    installed = {font.name for font in font_manager.fontManager.ttflist}
    return tuple(name for name in FONTS if name in installed)


@cache
def _letters() -> frozenset[int]:
    """Code points that one of the fonts can draw."""
    from matplotlib import font_manager

    fonts = (font_manager.get_font(font_manager.findfont(name)) for name in _installed_fonts())
    return frozenset().union(*(font.get_charmap() for font in fonts))
