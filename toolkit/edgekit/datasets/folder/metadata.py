"""Labels in a `metadata.csv` beside the images, as the Hugging Face hub's image folders have them."""

from pathlib import Path

from edgekit.datasets.csv_files.columns import FILE_NAMES, LABEL_NAMES, SPLITS
from edgekit.datasets.csv_files.location import CsvLocation
from edgekit.datasets.csv_files.table import read_table
from edgekit.datasets.files.tree import Tree, joined
from edgekit.datasets.folder.layout import entered
from edgekit.foundation.progress import Progress

NAME = "metadata.csv"


def find_metadata(root: Path, progress: Progress) -> CsvLocation | None:
    """The `metadata.csv` of the folder, or those of its splits; None if there is none with files and labels.

    Raises:
        DatasetError: Such a file cannot be read.
    """
    if not root.is_dir():
        return None
    tree = Tree(root)
    base = entered(tree, "")
    tables = _tables(tree, base)
    if unlabelled := [path for path in tables.values() if not _has_labels(path)]:
        progress.note(f"{unlabelled[0]}: ignored: no columns file_name and label. Classes are the folders' names")
        return None
    if not tables:
        return None
    progress.note(f"{root}: labels from {', '.join(str(path.relative_to(root)) for path in tables.values())}")
    return CsvLocation(root=root, tables=tables)


def _tables(tree: Tree, base: str) -> dict[str, Path]:
    """By split, or one under "all"."""
    if (tree.path(base) / NAME).is_file():
        return {"all": tree.path(base) / NAME}
    found = {
        SPLITS[name.lower()]: path
        for name in tree.contents(base).folders
        if name.lower() in SPLITS and (path := tree.path(joined(base, name)) / NAME).is_file()
    }
    return {"all": next(iter(found.values()))} if len(found) == 1 else found


def _has_labels(path: Path) -> bool:
    names = {cell.lower().replace(" ", "_") for cell in read_table(path).rows[0]}
    return bool(names & set(FILE_NAMES)) and bool(names & set(LABEL_NAMES))
