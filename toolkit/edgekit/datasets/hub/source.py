"""`hub:OWNER/NAME`: any image-classification data set of the Hugging Face hub, by its `datasets` library.

Which column holds images and which one labels, their types say. What the repository holds is data: the library
runs no code of it.
"""

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.datasets.base import Dataset, DatasetRequest, Split
from edgekit.datasets.hub.columns import Columns, choose_columns, labels_of
from edgekit.datasets.hub.location import HubLocation
from edgekit.datasets.images.cache import CACHE_VERSION, DecodedImages, ImageList, decode_list, digest_of
from edgekit.datasets.images.decoding import BrokenImageError, DecodedImage, decode_file
from edgekit.datasets.images.kinds import notes_on_kinds
from edgekit.datasets.splits import (
    TEST_FRACTION,
    TEST_SEED,
    empty_split,
    labels_of_kept,
    place_in_list,
    stratified_split,
)
from edgekit.foundation.errors import DatasetError, MissingExtraError, UsageError
from edgekit.foundation.grammar import counted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VALIDATION_NAMES = ("validation", "valid", "val", "dev")

Rows = dict[str, Any]
"""Name of a split -> the library's table of it."""


def load(request: DatasetRequest) -> Dataset:
    """The splits `train`, `test` and `validation` (or `valid`, `val`, `dev`), as far as there are any.

    A test split without labels, as in competitions, counts as none. Without one the validation split is the test
    split; without either, 20 % of each class are, the same images whatever the request's seed. Validation images are
    then taken out of the training ones. Images become pixels as those of `folder:` do.

    Args:
        request: `location` is OWNER/NAME, or a folder, and may end in @CONFIGURATION and in #LABEL_COLUMN.

    Raises:
        MissingExtraError: The library is not installed.
        DatasetError: The hub cannot be reached, there is no such data set, or it holds no images and classes.
        UsageError: No name was given.
    """
    if not request.location:
        raise UsageError("The data set 'hub' needs a name, as in hub:uoft-cs/cifar10.")
    location = HubLocation.parse(request.location)
    tables = _load_tables(location)
    columns = choose_columns(location, next(iter(tables.values())).features)
    class_names, labels = labels_of(location, columns, tables)
    places = _three_splits(location, labels, class_names, request)
    wanted = ("test",) if request.test_only else ("train", "validation", "test")
    form = request.form
    decoded = {
        name: _decode(location, tables[source], indices, columns, name, request)
        for name in wanted
        if name in places
        for source, indices in [places[name]]
    }
    splits = {
        name: Split(
            images=images.images,
            labels=labels_of_kept(labels[source][indices], images.skipped, class_names, name, location),
            known_sha256=images.checksums.of_split,
            file_of=_Contents(tables[source], columns, indices, images.skipped) if name == "test" else None,
        )
        for name, images in decoded.items()
        for source, indices in [places[name]]
    }
    notes = notes_on_kinds([images.kinds for images in decoded.values()], request)
    for note in notes:
        request.progress.note(f"{location}: {note}")
    num_skipped = sum(len(places[name][1]) - len(split) for name, split in splits.items())
    if num_skipped:
        request.progress.note(f"{location}: left out {counted(num_skipped, 'broken image')}, as asked")
    return Dataset(
        name=location.short_name,
        class_names=class_names,
        train=splits.get("train", empty_split(*form.shape)),
        validation=splits.get("validation", empty_split(*form.shape)),
        test=splits["test"],
        num_skipped=num_skipped,
        rule=form.rule,
        image_notes=tuple(notes),
    )


def _load_tables(location: HubLocation) -> Rows:
    """The library's tables by split; nothing is decoded yet."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        import datasets
    except ImportError as error:
        raise MissingExtraError("The data set 'hub'", "datasets", "hub") from error
    datasets.disable_progress_bars()
    datasets.logging.set_verbosity_error()
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    try:
        if location.is_saved_to_disk:
            loaded = datasets.load_from_disk(location.path)
        else:
            loaded = datasets.load_dataset(location.path, location.configuration)
    except Exception as error:  # what is missing, private, offline or damaged is said by errors of four libraries
        raise location.cannot_be_loaded(error) from error
    tables = dict(loaded) if isinstance(loaded, Mapping) else {"train": loaded}
    tables = {name: table for name, table in tables.items() if len(table)}
    if not tables:
        raise DatasetError(f"{location} holds no rows at all.")
    return tables


# --- Splits --------------------------------------------------------------------------------------------

Places = dict[str, tuple[str, "NDArray[np.int64]"]]
"""Split of ours -> (split of the hub, which of its rows)."""


def _three_splits(
    location: HubLocation, labels: "dict[str, NDArray[np.int64]]", class_names: tuple[str, ...], request: DatasetRequest
) -> Places:
    """Which rows belong to which split; without training images only "test" comes back."""
    import numpy as np

    labelled = {name: values for name, values in labels.items() if (values >= 0).any()}
    places: Places = {name: (name, np.arange(len(labelled[name]))) for name in ("train", "test") if name in labelled}
    given = next((name for name in VALIDATION_NAMES if name in labelled), None)
    if given:
        places["validation" if "test" in places else "test"] = (given, np.arange(len(labelled[given])))
    if "train" not in places and "test" not in places:
        places["train"] = _only_split(location, labelled)
    if "test" not in places:
        places["train"], places["test"] = _part(places["train"], labels, TEST_FRACTION, TEST_SEED, class_names)
    if "train" in places and "validation" not in places and not request.test_only:
        fraction, seed = request.validation_fraction, request.seed
        places["train"], places["validation"] = _part(places["train"], labels, fraction, seed, class_names)
    return places


def _only_split(location: HubLocation, labelled: "dict[str, NDArray[np.int64]]") -> "tuple[str, NDArray[np.int64]]":
    """The one split that there is, whatever its name."""
    import numpy as np

    if len(labelled) != 1:
        raise DatasetError(
            f"{location} has the splits {', '.join(labelled) or 'without labels only'}. Expected 'train' and 'test', "
            f"or a single split with labels."
        )
    [(name, labels)] = labelled.items()
    return name, np.arange(len(labels))


def _part(
    whole: "tuple[str, NDArray[np.int64]]",
    labels: "dict[str, NDArray[np.int64]]",
    fraction: float,
    seed: int,
    class_names: tuple[str, ...],
) -> "tuple[tuple[str, NDArray[np.int64]], tuple[str, NDArray[np.int64]]]":
    source, indices = whole
    kept, held_out = stratified_split(labels[source][indices], fraction, seed, class_names)
    return (source, indices[kept]), (source, indices[held_out])


# --- Pixels --------------------------------------------------------------------------------------------


def _decode(
    location: HubLocation,
    table: Any,
    indices: "NDArray[np.int64]",
    columns: Columns,
    name: str,
    request: DatasetRequest,
) -> DecodedImages:
    """The images of some rows, through the cache."""
    form = request.form
    undecoded = _undecoded(table, columns)

    def decode(row: str) -> DecodedImage:
        return decode_file(_content(undecoded[int(row)][columns.image]), form)

    key = digest_of(CACHE_VERSION, form.key, undecoded._fingerprint, columns.image, indices.tobytes().hex())
    rows = ImageList(root=str(location), names=[str(index) for index in indices], key=key, decode=decode)
    return decode_list(rows, form, name, request)


class _Contents:
    """From the place of an image in a split to its file, or to what the file holds.

    Args:
        table: The library's table.
        columns: Of it.
        indices: int64 (N,), the rows of the split.
        skipped: Places in `indices` that were left out, rising.
    """

    def __init__(self, table: Any, columns: Columns, indices: "NDArray[np.int64]", skipped: Sequence[int]) -> None:
        self._rows, self._column = _undecoded(table, columns), columns.image
        self._indices, self._skipped = indices, skipped

    def __call__(self, place: int) -> Path | bytes:
        row = int(self._indices[place_in_list(place, self._skipped)])
        return _content(self._rows[row][self._column])


def _undecoded(table: Any, columns: Columns) -> Any:
    """The column of images, each as the bytes of its file or as a path."""
    return table.select_columns([columns.image]).cast_column(columns.image, type(columns.image_type)(decode=False))


def _content(cell: Any) -> Path | bytes:
    """What an undecoded cell of the type Image holds: the bytes of a file, or the path of one."""
    if isinstance(cell, dict) and cell.get("bytes"):
        return bytes(cell["bytes"])
    if isinstance(cell, dict) and cell.get("path"):
        return Path(cell["path"])
    raise BrokenImageError("the row has no image")
