"""The message for a folder of images without one folder per class."""

import re
from collections import Counter
from shlex import quote

from edgekit.datasets.files.tree import Tree, joined
from edgekit.datasets.folder.layout import EXPECTED
from edgekit.foundation.errors import DatasetError
from edgekit.foundation.grammar import counted, listed

_CLASS_AND_NUMBER = re.compile(r"(?P<name>.*?\D)[-_. ]?\d+(?=\.[^.]+$)")
"""A file name such as "cat.12.png" or "golden_retriever_0012.jpg"."""

MAX_CLASSES = 100
"""More different beginnings of file names than this are not classes."""


def no_class_folders(tree: Tree, folder: str) -> DatasetError:
    """The error for a folder that holds no folder at all."""
    path = tree.path(folder)
    images = tree.contents(folder).images
    if not images:
        return DatasetError(f"{path} holds no class folders. {EXPECTED}.")
    return DatasetError(
        f"{path} holds no class folders but {counted(len(images), 'image')} directly. {EXPECTED}. "
        f"{_advice(tree, folder)}"
    )


def one_class_folder(tree: Tree, folder: str, name: str) -> DatasetError:
    """The error for a data set of a single class."""
    inner = joined(folder, name)
    images = tree.contents(inner).images
    text = f"A classifier needs at least two classes; data set 'folder' has 1: {name}."
    if len(_classes_in(images)) < 2:
        return DatasetError(f"{text} Add one folder per class to {tree.path(folder)}.")
    return DatasetError(f"{text} {tree.path(inner)} holds {counted(len(images), 'image')}. {_advice(tree, inner)}")


def _advice(tree: Tree, folder: str) -> str:
    path = tree.path(folder)
    found = sorted(_classes_in(tree.contents(folder).images))
    general = (
        f"Move them into class folders, or list them in a CSV file (file name, label): --data csv:{path}/labels.csv"
    )
    if len(found) < 2:
        return general
    names = f"{', '.join(found[:3])} and {len(found) - 3} more" if len(found) > 4 else listed(found)
    name_and_class = r"sed -nE 's/^(.*[^0-9])[0-9]+\.[A-Za-z]+$/&,\1/p' | sed -E 's/[-_. ]+$//'"
    return (
        f"Their names begin with {names}: if these are the classes, write them into a CSV file with\n"
        f"  (cd {quote(str(path))} && ls | {name_and_class} > labels.csv)\n"
        f"and use --data csv:{path}/labels.csv"
    )


def _classes_in(images: tuple[str, ...]) -> set[str]:
    """What the names begin with before a number, if that makes 2 to 100 groups of two images and more."""
    counts: Counter[str] = Counter(
        match["name"].rstrip("-_. ") if (match := _CLASS_AND_NUMBER.match(name)) else "" for name in images
    )
    is_clear = 2 <= len(counts) <= MAX_CLASSES and "" not in counts and min(counts.values()) >= 2
    return set(counts) if is_clear else set()
