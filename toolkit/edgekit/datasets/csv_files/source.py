"""`csv:FILE`: images and their labels as rows of a CSV file, or of one file per split."""

from edgekit.datasets.base import Dataset, DatasetRequest, check_class_names
from edgekit.datasets.csv_files.columns import SPLITS
from edgekit.datasets.csv_files.location import CsvLocation
from edgekit.datasets.csv_files.rows import Row, read_rows
from edgekit.datasets.files.listing import Listing
from edgekit.datasets.files.loading import load_listings
from edgekit.foundation.errors import DatasetError


def load(request: DatasetRequest) -> Dataset:
    """The images that a CSV file lists, split as it says, or as `folder:` splits them.

    Columns are found by their names (file_name, label, split and others) or, without a header, by what they hold.
    The separator may be a comma, a semicolon, a tab or a bar, and blanks in lists without any. File names are relative
    to the folder of the CSV file. Class names that are whole numbers are ordered as numbers, others as text.

    Args:
        request: `location` is FILE or FOLDER, and may end in #LABEL_COLUMN.

    Raises:
        DatasetError: A table or a file that it names is missing, an image has two labels or none, the classes of the
            splits differ, or an image is broken and `skip_broken` is not set.
        UsageError: No path was given.
    """
    location = CsvLocation.of(request)
    return load_listings("csv", location.root, list_tables(location, request), request)


def list_tables(location: CsvLocation, request: DatasetRequest) -> dict[str, Listing]:
    """The listings by split: "train", "validation" and "test" as far as the tables have them, or "all"."""
    rows = read_rows(location, request)
    classes = _class_names({row.label for row in rows})
    check_class_names("csv", classes)
    splits = _by_split(location, rows)
    _check_same_classes(location, splits)
    return {split: _listing(found, classes) for split, found in splits.items()}


def _class_names(labels: set[str]) -> tuple[str, ...]:
    """Sorted; as numbers if all are whole numbers, so that class 10 comes after class 9."""
    are_numbers = all(label.isascii() and label.isdigit() for label in labels)
    return tuple(sorted(labels, key=lambda label: (int(label), label) if are_numbers else (0, label)))


def _by_split(location: CsvLocation, rows: list[Row]) -> dict[str, list[Row]]:
    """The rows of each split: as the tables say, or as the first folder of all files does, or all together."""
    folders = {SPLITS.get(str(row.name).partition("/")[0].lower()) for row in rows}
    by_folder = set(location.tables) == {"all"} and all(row.split == "all" for row in rows) and None not in folders
    found: dict[str, list[Row]] = {}
    for row in rows:
        split = SPLITS[str(row.name).partition("/")[0].lower()] if by_folder else row.split
        found.setdefault(split, []).append(row)
    if "all" not in found and "test" not in found:
        if by_folder and len(found) == 1:
            return {"all": rows}
        raise DatasetError(
            f"{', '.join(map(str, location.tables.values()))} lists images for {' and '.join(sorted(found))}, but none "
            f"for test, and without test images nothing can be verified. Give some rows the split 'test'."
        )
    return found


def _check_same_classes(location: CsvLocation, splits: dict[str, list[Row]]) -> None:
    expected = {row.label for row in splits["test" if "test" in splits else "all"]}
    for split, rows in splits.items():
        labels = {row.label for row in rows}
        if labels != expected:
            missing, surplus = sorted(expected - labels), sorted(labels - expected)
            differences = [f"without {', '.join(missing[:5])}"] * bool(missing)
            differences += [f"with {', '.join(surplus[:5])}"] * bool(surplus)
            raise DatasetError(
                f"The {split} and test images of {', '.join(map(str, location.tables.values()))} do not have the same "
                f"classes: {split} is {' and '.join(differences)}. Correct the labels, or list images of every class "
                f"in each split."
            )


def _listing(rows: list[Row], classes: tuple[str, ...]) -> Listing:
    label_of = {name: label for label, name in enumerate(classes)}
    ordered = sorted((label_of[row.label], str(row.name)) for row in rows)
    return Listing(
        class_names=classes,
        names=tuple(name for _, name in ordered),
        labels=tuple(label for label, _ in ordered),
    )
