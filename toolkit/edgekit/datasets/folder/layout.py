"""Where the splits and the class folders of a data set lie. Opens no image."""

from dataclasses import dataclass

from edgekit.datasets.files.tree import Tree, joined
from edgekit.foundation.errors import DatasetError
from edgekit.foundation.grammar import listed
from edgekit.foundation.progress import Progress

VALIDATION_NAMES = ("validation", "valid", "val")
_SPLIT_WORDS = frozenset({"train", "training", "test", "testing", *VALIDATION_NAMES})
EXPECTED = (
    "Expected one folder per class with PNG, JPEG, WebP, BMP, TIFF or GIF images, either directly in it or in its "
    "folders train/ and test/"
)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where class folders are looked for.

    Attributes:
        base: The folder that holds the data set: "", or below folders that hold nothing else.
        splits: "train", "validation" and "test" as far as they are there, or "all" -> the folder that holds its
            class folders.
    """

    base: str
    splits: dict[str, str]


def find_layout(tree: Tree, progress: Progress) -> Layout:
    """Find the folders of the splits.

    A folder that holds one folder and no image is a wrapper: it is entered, with a note. A folder has splits if it
    holds both `train` and `test`, or one of them with folders in it.

    Raises:
        DatasetError: There is no test split, or it is not clear which folder is meant.
    """
    base = entered(tree, "")
    if base:
        progress.note(f"{tree.root}: entered {base}/, the only folder in it")
    folders = _split_folders(tree, base)
    if folders and "test" not in folders:
        raise _no_test_split(tree, folders)
    if folders:
        _note_passed_over(tree, base, folders, progress)
        return Layout(base=base, splits=_without_wrappers(tree, folders, progress))
    _check_no_other_splits(tree, base)
    return Layout(base=base, splits={"all": base})


def entered(tree: Tree, folder: str) -> str:
    """`folder`, or the folder below it at which wrappers end."""
    while True:
        contents = tree.contents(folder)
        if len(contents.folders) != 1 or contents.images or contents.links or _split_folders(tree, folder):
            return folder
        inner = joined(folder, contents.folders[0])
        below = tree.contents(inner)
        if below.images or not below.folders:
            return folder
        folder = inner


def _split_folders(tree: Tree, folder: str) -> dict[str, str]:
    """The folders of the splits; empty if the class folders lie directly in `folder`."""
    present = tree.contents(folder).folders
    found: dict[str, str] = {name: joined(folder, name) for name in ("train", "test") if name in present}
    if len(found) == 1 and not any(tree.contents(each).folders for each in found.values()):
        return {}  # a class that happens to be called "train"
    validation = [name for name in VALIDATION_NAMES if name in present]
    if found and len(validation) > 1:
        raise DatasetError(
            f"{tree.path(folder)} has {' and '.join(f'{name}/' for name in validation)}, so it is not clear which one "
            f"is meant. Keep one."
        )
    if found and validation:
        found["validation"] = joined(folder, validation[0])
    return found


def _no_test_split(tree: Tree, folders: dict[str, str]) -> DatasetError:
    found = listed([f"{tree.path(folder).name}/" for folder in folders.values()])
    parent = tree.path(folders["train"]).parent
    advice = ""
    if "validation" in folders:
        name = tree.path(folders["validation"]).name
        advice = (
            f", or make it of {name}/ (validation images are then taken from train/): mv {parent}/{name} {parent}/test"
        )
    return DatasetError(
        f"{parent} has {found} but no test/, and without test images nothing can be verified. Add test/ with one "
        f"folder per class, give only the class folders (20 % of each class then become the test split){advice}"
    )


def _note_passed_over(tree: Tree, base: str, folders: dict[str, str], progress: Progress) -> None:
    surplus = [f"{name}/" for name in tree.contents(base).folders if joined(base, name) not in folders.values()]
    if surplus:
        progress.note(
            f"{tree.path(base)}: ignored {', '.join(surplus)}: not one of train/, test/, validation/, valid/ and val/"
        )


def _without_wrappers(tree: Tree, folders: dict[str, str], progress: Progress) -> dict[str, str]:
    """The same folders, or one level deeper if every split holds a wrapper."""
    inner = {name: entered(tree, folder) for name, folder in folders.items()}
    if any(inner[name] == folder for name, folder in folders.items()):
        return folders
    progress.note(f"{tree.root}: entered {listed([f'{folder}/' for folder in inner.values()])}")
    return inner


def _check_no_other_splits(tree: Tree, base: str) -> None:
    """Raise DatasetError if the class folders are splits under other names: "Train" would become a class."""
    folders = tree.contents(base).folders
    if len(folders) > 1 and all(
        name.lower() in _SPLIT_WORDS and tree.contents(joined(base, name)).folders for name in folders
    ):
        found = " and ".join(f"{name}/" for name in folders)
        raise DatasetError(
            f"{tree.path(base)} holds {found} with folders in them, which seem to be splits, not classes. Call them "
            f"train/, test/ and, for validation images, validation/."
        )
