"""What follows `csv:`: one table, or one per split, and the column of the labels."""

from dataclasses import dataclass
from pathlib import Path

from edgekit.datasets.base import DatasetRequest
from edgekit.datasets.csv_files.columns import SPLITS
from edgekit.foundation.errors import DatasetError, UsageError

SUFFIXES = (".csv", ".tsv", ".txt")


@dataclass(frozen=True, kw_only=True)
class CsvLocation:
    """The tables of one data set.

    Attributes:
        root: The folder that the file names are relative to.
        tables: By split, or one under "all".
        label: Name or number of the column of labels; None: found.
    """

    root: Path
    tables: dict[str, Path]
    label: str | None = None

    @classmethod
    def of(cls, request: DatasetRequest) -> "CsvLocation":
        """`FILE[#LABEL]`, or `FOLDER[#LABEL]` with `train.csv`, `test.csv` and perhaps `validation.csv` in it.

        Raises:
            UsageError: No path was given.
            DatasetError: There is no such file or folder, or a folder holds no lists.
        """
        path = request.path
        if path is None:
            raise UsageError("The data set 'csv' needs a path, as in csv:photos/labels.csv.")
        label = None
        if not path.exists() and "#" in str(path):
            text, _, label = str(path).rpartition("#")
            path = Path(text)
        if not path.is_dir():
            return cls(root=path.parent, tables={"all": path}, label=label or None)
        return cls(root=path, tables=_lists_in(path), label=label or None)


def _lists_in(folder: Path) -> dict[str, Path]:
    """The lists of the splits in a folder; raises DatasetError if a split has none or two."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        split = SPLITS.get(path.stem.lower())
        if split and path.suffix.lower() in SUFFIXES and path.is_file():
            found.setdefault(split, []).append(path)
    if "test" not in found:
        names = ", ".join(path.name for paths in found.values() for path in paths) or "none"
        raise DatasetError(
            f"{folder} holds no list of test images. Expected test.csv (or .tsv, .txt) and, for training, train.csv, "
            f"each with rows of file name and label; received {names}. Or name one file: --data csv:{folder}/labels.csv"
        )
    for split, paths in found.items():
        if len(paths) > 1:
            raise DatasetError(
                f"{folder} holds {' and '.join(path.name for path in paths)}, so it is not clear which one lists the "
                f"{split} images. Keep one."
            )
    return {split: found[split][0] for split in ("train", "validation", "test") if split in found}
