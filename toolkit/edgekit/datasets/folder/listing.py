"""Which images a folder holds, of which classes, in which splits. Opens no image."""

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from edgekit.datasets.images.decoding import SUFFIXES
from edgekit.foundation.errors import DatasetError
from edgekit.foundation.progress import Progress

VALIDATION_NAMES = ("validation", "val")
_SPLIT_WORDS = frozenset({"train", "training", "test", "testing", "val", "valid", "validation"})
LAYOUT = (
    "Expected a folder a class with PNG, JPEG, WebP or BMP images, either directly in it or in its folders "
    "train/ and test/"
)


@dataclass(frozen=True, kw_only=True)
class Listing:
    """The images of one split.

    Attributes:
        class_names: Names of the class folders, sorted.
        names: Paths relative to the data set's folder with `/`, sorted within a class.
        labels: One index into `class_names` for each name.
    """

    class_names: tuple[str, ...]
    names: tuple[str, ...]
    labels: tuple[int, ...]


def list_splits(root: Path, progress: Progress) -> dict[str, Listing]:
    """The listings by split: "train", "validation" and "test" as far as there are such folders, or "all".

    A folder is taken to have splits if it holds both `train` and `test`, or one of them with folders in it.
    Names that start with a dot are passed over; files that are no images are counted in a note.

    Raises:
        DatasetError: There is no such folder, no test split, no image, or not the same classes everywhere.
    """
    if not root.is_dir():
        raise DatasetError(f"There is no folder {root}. {LAYOUT}.")
    folders = _split_folders(root)
    if folders and "test" not in folders:
        raise DatasetError(
            f"{root} has {'/ and '.join(folder.name for folder in folders.values())}/ but no test/, and without test "
            f"images nothing can be verified. Add test/ with a folder a class, or give only the class folders: then "
            f"20 % of each class become the test split."
        )
    if not folders:
        _check_no_other_splits(root)
    elif surplus := [f"{each.name}/" for each in _folders(root) if each not in folders.values()]:
        progress.note(f"{root}: passed over {', '.join(surplus)}: none of train/, test/, validation/ and val/")
    ignored: Counter[str] = Counter()
    listings = {name: _list_classes(root, folder, ignored) for name, folder in (folders or {"all": root}).items()}
    if ignored:
        kinds = ", ".join(f"{suffix} ({count})" for suffix, count in sorted(ignored.items()))
        progress.note(f"{root}: passed over files that are not PNG, JPEG, WebP or BMP by name: {kinds}")
    _check_same_classes(root, listings)
    return listings


def _split_folders(root: Path) -> dict[str, Path]:
    """The folders of the splits; empty where the class folders stand directly in `root`."""
    found = {name: root / name for name in ("train", "test") if (root / name).is_dir()}
    if len(found) == 1 and not any(_folders(folder) for folder in found.values()):
        return {}  # a class that happens to be called "train"
    validation = [root / name for name in VALIDATION_NAMES if (root / name).is_dir()]
    if len(validation) > 1:
        raise DatasetError(f"{root} has both validation/ and val/, so it is not clear which one is meant. Keep one.")
    if found and validation:
        found["validation"] = validation[0]
    return found


def _check_no_other_splits(root: Path) -> None:
    """Raise DatasetError where the class folders are splits under other names: "Train" would become a class."""
    folders = _folders(root)
    if len(folders) > 1 and all(each.name.lower() in _SPLIT_WORDS and _folders(each) for each in folders):
        found = " and ".join(f"{each.name}/" for each in folders)
        raise DatasetError(
            f"{root} holds {found} with folders in them, which seem to be splits, not classes. Call them train/, test/ "
            f"and, for validation images, validation/."
        )


def _folders(folder: Path) -> list[Path]:
    return sorted((path for path in folder.iterdir() if path.is_dir() and not _is_hidden(path)), key=_name)


def _list_classes(root: Path, folder: Path, ignored: Counter[str]) -> Listing:
    class_folders = _folders(folder)
    if not class_folders:
        raise DatasetError(f"{folder} holds no class folders. {LAYOUT}.")
    names: list[str] = []
    labels: list[int] = []
    _check_links(root, class_folders)
    for label, class_folder in enumerate(class_folders):
        _check_name(class_folder)
        images = _list_images(root, class_folder, ignored)
        if not images:
            raise DatasetError(f"The class folder {class_folder} holds no images. {LAYOUT}.")
        names += images
        labels += [label] * len(images)
    return Listing(class_names=tuple(map(_name, class_folders)), names=tuple(names), labels=tuple(labels))


def _list_images(root: Path, class_folder: Path, ignored: Counter[str]) -> list[str]:
    """Relative paths of a class, sorted; plain text throughout, because there may be very many."""
    images = []
    for parent, folder_names, file_names in os.walk(class_folder, onerror=_refuse):
        folder_names[:] = [name for name in folder_names if not name.startswith(".")]
        prefix = Path(parent).relative_to(root).as_posix()
        for name in file_names:
            suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122
            if name.startswith("."):
                continue
            if suffix in SUFFIXES:
                images.append(f"{prefix}/{name}")
            else:
                ignored[suffix or name] += 1
    return sorted(images)


def _refuse(error: OSError) -> None:
    """A folder that cannot be read must not look like an empty one."""
    raise DatasetError(f"The folder {error.filename} cannot be read: {error.strerror}. It may hold images.") from error


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


def _check_name(folder: Path) -> None:
    try:
        folder.name.encode()
    except UnicodeEncodeError as error:
        raise DatasetError(f"The name of the class folder '{folder}' is not valid UTF-8. Rename it.") from error


def _is_hidden(path: Path) -> bool:
    return path.name.startswith(".")


def _name(path: Path) -> str:
    return path.name
