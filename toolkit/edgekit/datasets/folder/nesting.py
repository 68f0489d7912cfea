"""Class folders that hold other class folders, as archives leave them. Recognized by names; opens no image."""

from collections import Counter

from edgekit.datasets.files.tree import Tree, joined, level_of
from edgekit.datasets.folder.layout import VALIDATION_NAMES
from edgekit.foundation.errors import DatasetError
from edgekit.foundation.grammar import counted, for_shell, listed
from edgekit.foundation.progress import Progress

_SPLITS = frozenset({"train", "test", *VALIDATION_NAMES})
SHOWN = 5
"""Names in a message; of more, the rest is counted."""


def check_nesting(tree: Tree, folder: str, progress: Progress) -> None:
    """Raise DatasetError if the class folders in `folder` seem not to be the classes.

    Three signs: every class holds the same folder names (sessions or splits above the classes). A class holds
    folders with the names of its neighbours (a copy of the whole set). Or it holds one such folder (a class inside a
    class).
    """
    classes = tree.contents(folder).folders
    _check_sessions(tree, folder, classes)
    for name in classes:
        _check_copies(tree, folder, name, frozenset(classes) - {name})
    _note_folders_in_place_of_images(tree, folder, classes, progress)


def _check_sessions(tree: Tree, folder: str, classes: tuple[str, ...]) -> None:
    contents = [tree.contents(joined(folder, name)) for name in classes]
    if len(classes) < 2 or any(each.images for each in contents):
        return
    counts = Counter(name for each in contents for name in each.folders)
    common = sorted(name for name, count in counts.items() if count >= 2 and 2 * count >= len(classes))
    if len(common) < 2:
        return
    path = tree.path(folder)
    above, below = shown(classes), shown(common)
    if _SPLITS.issuperset(common):
        raise DatasetError(
            f"The folders {above} in {path} all hold {below}: the splits lie inside the classes. Expected the classes "
            f"inside the splits, as in {path}/{common[0]}/{classes[0]}/. Move them; or ignore these splits and let "
            f"edgekit make its own: --data folder:{for_shell(tree.root)}#{level_of(folder) + 1}"
        )
    raise DatasetError(
        f"The folders {above} in {path} all hold the same folders {below}, so it is not clear which of them are the "
        f"classes. If {below} are the classes: --data folder:{for_shell(tree.root)}#{level_of(folder) + 2}  "
        f"If {above} are the classes: --data folder:{for_shell(tree.root)}#{level_of(folder) + 1}"
    )


def _check_copies(tree: Tree, folder: str, name: str, neighbours: frozenset[str]) -> None:
    for each in tree.below(joined(folder, name)):
        inside = [one for one in tree.contents(each).folders if one in neighbours]
        if len(inside) >= 2:
            raise DatasetError(
                f"{tree.path(each)} holds folders with the names of the classes beside it: {shown(inside)}. It seems "
                f"to be a copy of the whole set, and every image would be in the data set twice. Expected class "
                f"folders only. Remove it, or move it out of {tree.path(folder)}: mv {tree.path(each)} {tree.root}-copy"
            )
        if inside:
            raise DatasetError(
                f"The class folder {tree.path(joined(folder, name))} holds the folder {tree.path(each)}/{inside[0]}, "
                f"and {inside[0]} is a class itself. Its images would be taken for '{name}'. Move them to "
                f"{tree.path(joined(folder, inside[0]))}, or rename the folder."
            )


def _note_folders_in_place_of_images(tree: Tree, folder: str, classes: tuple[str, ...], progress: Progress) -> None:
    """Name the classes that hold only folders where others hold images: perhaps a group of classes."""
    contents = {name: tree.contents(joined(folder, name)) for name in classes}
    groups = [name for name, each in contents.items() if not each.images and len(each.folders) > 1]
    if groups and len(groups) < len(classes):
        inner = contents[groups[0]].folders
        progress.note(
            f"{tree.path(folder)}: {groups[0]}/ holds no image directly but {counted(len(inner), 'folder')} "
            f"({shown(inner)}), all taken for class '{groups[0]}'"
        )


def shown(names: tuple[str, ...] | list[str]) -> str:
    """The first names as a phrase, and how many more there are."""
    if len(names) <= SHOWN:
        return listed(names)
    return f"{', '.join(names[: SHOWN - 1])} and {len(names) - SHOWN + 1:,} more"
