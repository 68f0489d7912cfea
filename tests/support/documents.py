"""The documents that users read, their blocks and sentences, and what the texts call the reader's own files."""

import ast
import re
import shutil
from itertools import filterfalse
from pathlib import Path

from PIL import Image

from support.helpers import ROOT
from support.linear_run import digits

README = ROOT / "README.md"
PAGES = tuple(sorted(page for page in (ROOT / "docs").rglob("*.md") if not {"measured", "_build"} & set(page.parts)))
"""The pages of docs/; what programs have written into docs/measured is not among them."""

DOCUMENTS = (README, *PAGES)
_EVERYWHERE = ("*.md", "docs/**/*.md", "recipes/**/*.md", "exported/*.md", "exported/resnet8/*.md")
WRITTEN = tuple(
    sorted(
        {page for pattern in _EVERYWHERE for page in ROOT.glob(pattern) if "_build" not in page.relative_to(ROOT).parts}
    )
)
"""Every document of the project, also those that programs write, such as docs/measured and verification.md."""

NUM_PHOTOS = 6
"""Photographs per class and split."""

FENCE = re.compile(r"^( *)(`{3,}).*?^ *\2`* *$", re.DOTALL | re.MULTILINE)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
LINK = re.compile(r"!?\[([^\]]*)\]\(([^)\s]+)\)")
TABLE = re.compile(r"\S {2,}\S|^ {12,}\S|──|^ *(?:python|edgekit|cd|pip) ")
"""A line of a docstring that is part of a table, a drawing or a command."""

ENTRY = re.compile(r"\n(?= *\w+: | *[A-Z]\w+:\n)")
"""Where an argument, an attribute, an error or a section of a docstring begins."""

HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)


def name_of(document: Path) -> str:
    """A document's path in the checkout, for the names of tests."""
    return str(document.relative_to(ROOT))


def prose_of(document: Path) -> str:
    """A document without its code blocks and comments."""
    return COMMENT.sub("", FENCE.sub("", document.read_text()))


def anchors_of(document: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub and MyST make them."""
    titles = (LINK.sub(r"\1", title) for title in HEADING.findall(FENCE.sub("", document.read_text())))
    return {re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-") for title in titles}


def sentences_of(document: Path) -> list[str]:
    """Every sentence of a document's prose: of paragraphs, list items, quotations, headings and cells of tables."""
    return sentences_in(prose_of(document))


def sentences_in(prose: str) -> list[str]:
    """The sentences of a text in Markdown without code blocks."""
    pieces: list[str] = []
    for block in re.split(r"\n\s*\n", prose):
        for line in re.split(r"\n(?=\s*(?:[-*>#|]|\d+\.)\s?)", block):
            pieces += line.split("|") if line.lstrip().startswith("|") else [line]
    text = [re.sub(r"\s+", " ", LINK.sub(r"\1", piece)).strip(" >#-*") for piece in pieces]
    ends = r"(?<=[.!?])[\"')*]* (?=[A-Z0-9*`'\"\[(]|edgekit\b)"
    return [sentence for piece in text for sentence in re.split(ends, piece) if sentence]


def prose_of_code(source: str) -> list[str]:
    """The docstrings of a Python file, and its comments that fill lines; without tables, drawings and code."""
    tree = ast.parse(source)
    constants = [node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)]
    texts = [one.value for one in constants if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    comments = re.findall(r"(?:^ *# .*\n)+", source, re.MULTILINE)
    texts += [re.sub(r"^ *# ?", "", comment, flags=re.MULTILINE) for comment in comments]
    return [ENTRY.sub("\n\n", "\n".join(filterfalse(TABLE.search, text.splitlines()))) for text in texts]


def num_words(sentence: str) -> int:
    """Words of a sentence; a piece of code counts as one."""
    return len([word for word in re.sub(r"`[^`]*`", "code", sentence).split() if re.search(r"\w", word)])


def write_belongings(folder: Path, run: Path) -> Path:
    """What the texts call a user's own: a model, single files, photographs and a finished run on digits.

    Args:
        folder: Where to write `mine.keras`, `a.tflite`, `model.tflite`, `photo.png`, `photos/` and `exported/first`.
        run: A run on digits with every file exported.

    Returns:
        The folder.
    """
    shutil.copytree(run, folder / "exported" / "first")
    shutil.copy(run / "model.keras", folder / "mine.keras")
    for name in ("a.tflite", "model.tflite"):
        shutil.copy(run / "tflite" / "model-int8.tflite", folder / name)
    dataset = digits()
    for split_name, split in (("train", dataset.train), ("test", dataset.test)):
        for label, class_name in enumerate(dataset.class_names):
            photos = folder / "photos" / split_name / class_name
            photos.mkdir(parents=True)
            for number, image in enumerate(split.images[split.labels == label][:NUM_PHOTOS]):
                Image.fromarray(image).save(photos / f"{number}.png")
    Image.fromarray(dataset.test.images[0]).save(folder / "photo.png")
    return folder
