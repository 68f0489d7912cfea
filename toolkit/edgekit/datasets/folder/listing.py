"""Which images a folder holds, of which classes, in which splits. Opens no image."""

from collections import Counter
from pathlib import Path

from edgekit.datasets.base import check_class_names
from edgekit.datasets.files.listing import Listing
from edgekit.datasets.files.tree import Tree, joined, level_of
from edgekit.datasets.folder.layout import EXPECTED, find_layout
from edgekit.datasets.folder.location import FolderLocation
from edgekit.datasets.folder.loose_images import no_class_folders, one_class_folder
from edgekit.datasets.folder.nesting import check_nesting
from edgekit.datasets.images.decoding import FORMAT_WORDS
from edgekit.foundation.errors import DatasetError
from edgekit.foundation.grammar import counted
from edgekit.foundation.progress import Progress

ClassFolders = dict[str, list[str]]
"""Name of a class -> the folders of its images, relative to the data set's folder."""


def list_splits(location: FolderLocation, progress: Progress) -> dict[str, Listing]:
    """The listings by split: "train", "validation" and "test" as far as there are such folders, or "all".

    Class names are sorted, and paths are sorted within a class. Hidden files are ignored; files that are not images
    are counted in a note.

    Raises:
        DatasetError: There is no such folder, no test split, no image, fewer than two classes, not the same classes
            everywhere, or folders that seem not to be the classes.
    """
    root = location.path
    if not root.is_dir():
        raise DatasetError(f"There is no folder {root}. {EXPECTED}.")
    tree = Tree(root)
    layout = find_layout(tree, progress)
    classes = {name: _class_folders(tree, folder, location.level, progress) for name, folder in layout.splits.items()}
    listings = {name: _listing(tree, layout.splits[name], found) for name, found in classes.items()}
    _note_others(tree, [folder for found in classes.values() for each in found.values() for folder in each], progress)
    _check_same_classes(root, listings)
    _check_two_classes(tree, layout.splits, listings)
    return listings


def _class_folders(tree: Tree, folder: str, level: int | None, progress: Progress) -> ClassFolders:
    if not tree.contents(folder).folders:
        raise no_class_folders(tree, folder)
    if level is None:
        _check_links(tree.root, [tree.path(joined(folder, name)) for name in tree.contents(folder).folders])
        check_nesting(tree, folder, progress)
        return {name: [joined(folder, name)] for name in tree.contents(folder).folders}
    return _at_level(tree, folder, level, progress)


def _at_level(tree: Tree, folder: str, level: int, progress: Progress) -> ClassFolders:
    """The folders `level` below the root; those of one name are one class."""
    found: ClassFolders = {}
    num_above = 0
    for each in tree.below(folder):
        if level_of(each) == level and each != folder:
            found.setdefault(each.rpartition("/")[2], []).append(each)
        elif level_of(each) < level:
            num_above += len(tree.contents(each).images)
    if not found:
        raise DatasetError(
            f"No class folder lies {counted(level, 'folder')} below {tree.root} in {tree.path(folder)}, as '#{level}' "
            f"says. See what is there: find {tree.path(folder)} -type d"
        )
    if num_above:
        progress.note(f"{tree.path(folder)}: ignored {counted(num_above, 'image')} above the class folders")
    return dict(sorted(found.items()))


def _listing(tree: Tree, folder: str, classes: ClassFolders) -> Listing:
    names: list[str] = []
    labels: list[int] = []
    _check_links(tree.root, [tree.path(each) for folders in classes.values() for each in folders])
    for label, folders in enumerate(classes.values()):
        images = sorted(image for each in folders for image in tree.images_below(each))
        if not images:
            raise _no_images(tree, folders[0])
        names += images
        labels += [label] * len(images)
    for name in classes:
        _check_name(tree.path(folder), name)
    return Listing(class_names=tuple(classes), names=tuple(names), labels=tuple(labels))


def _no_images(tree: Tree, folder: str) -> DatasetError:
    others = tree.others_below(folder)
    found = f" but other files: {kinds_of(others)}" if others else ""
    return DatasetError(f"The class folder {tree.path(folder)} holds no images{found}. {EXPECTED}.")


def kinds_of(others: Counter[str]) -> str:
    """Suffixes with their numbers, in words."""
    return ", ".join(f"{suffix} ({count:,})" for suffix, count in sorted(others.items()))


def _note_others(tree: Tree, folders: list[str], progress: Progress) -> None:
    others: Counter[str] = sum((tree.others_below(folder) for folder in folders), Counter())
    if others:
        progress.note(f"{tree.root}: ignored files that are not {FORMAT_WORDS} by name: {kinds_of(others)}")


def _check_same_classes(root: Path, listings: dict[str, Listing]) -> None:
    """Every split must have the classes of the test split, in number and name."""
    expected = set(listings["test" if "test" in listings else "all"].class_names)
    for split_name, listing in listings.items():
        missing, surplus = sorted(expected - set(listing.class_names)), sorted(set(listing.class_names) - expected)
        if missing or surplus:
            differences = [f"without {', '.join(missing)}"] * bool(missing)
            differences += [f"with {', '.join(surplus)}"] * bool(surplus)
            raise DatasetError(
                f"The {split_name} and test folders of {root} do not have the same classes: {split_name} is "
                f"{' and '.join(differences)}. Give every class a folder in each."
            )


def _check_two_classes(tree: Tree, splits: dict[str, str], listings: dict[str, Listing]) -> None:
    for name, listing in listings.items():
        if len(listing.class_names) == 1:
            raise one_class_folder(tree, splits[name], listing.class_names[0])
        check_class_names("folder", listing.class_names)


def _check_links(root: Path, class_folders: list[Path]) -> None:
    """Each class must be a folder of its own: a link to another one would give an image two classes."""
    seen: dict[Path, Path] = {}
    for folder in class_folders:
        real = folder.resolve()
        if root.resolve().is_relative_to(real):
            raise DatasetError(f"The class folder {folder} is a link to a folder that holds it. Remove it.")
        if real in seen:
            raise DatasetError(f"The class folders {seen[real]} and {folder} are one and the same. Remove the link.")
        seen[real] = folder


def _check_name(folder: Path, name: str) -> None:
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise DatasetError(f"The name of the class folder '{folder / name}' is not valid UTF-8. Rename it.") from error
