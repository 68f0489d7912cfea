"""scikit-learn's 1,797 handwritten digits, enlarged: a data set that needs no download.

Reads the file that scikit-learn brings, without importing scikit-learn, which takes seconds and 100 MB.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.datasets.base import Dataset, DatasetRequest, Split
from edgekit.datasets.splits import TEST_FRACTION, TEST_SEED, empty_split, split_validation, stratified_split, take
from edgekit.foundation.errors import DatasetError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CLASS_NAMES = tuple("0123456789")
SIDE = 32


def load(request: DatasetRequest) -> Dataset:
    """1,797 digits as uint8 (N, 32, 32, C), white on black, gray or with three equal channels.

    20 % of each class, always the same, are the test split.

    Raises:
        DatasetError: The installed scikit-learn does not hold the digits.
        UsageError: A path was given.
    """
    if request.location is not None:
        raise UsageError(f"The data set 'digits' takes no path. Received 'digits:{request.location}'.")
    small_images, labels = _read()
    everything = Split(images=_enlarge(small_images, request.channels or 3), labels=labels)
    training, test = (
        take(everything, indices) for indices in stratified_split(labels, TEST_FRACTION, TEST_SEED, CLASS_NAMES)
    )
    train = validation = empty_split(*test.images.shape[1:])
    if not request.test_only:
        train, validation = split_validation(training, request, CLASS_NAMES)
    return Dataset(name="digits", class_names=CLASS_NAMES, train=train, validation=validation, test=test)


def _read() -> tuple["NDArray[np.uint8]", "NDArray[np.int64]"]:
    """Images uint8 (1797, 8, 8), 0 to 16, and labels int64 (1797,)."""
    import numpy as np

    path = _csv_path()
    try:
        table = np.loadtxt(path, delimiter=",", dtype=np.uint8)
    except (OSError, EOFError, ValueError) as error:
        raise DatasetError(f"The digits cannot be read from {path}: {error}. Install scikit-learn again.") from error
    if table.ndim != 2 or table.shape[1] != 65:
        raise DatasetError(
            f"The digits in {path} are not as expected: 65 columns, received a table of shape {table.shape}. "
            f"Install scikit-learn again."
        )
    return table[:, :64].reshape(-1, 8, 8), table[:, 64].astype(np.int64)


def _csv_path() -> Path:
    spec = find_spec("sklearn")
    if spec is None or not spec.submodule_search_locations:
        raise DatasetError("The data set 'digits' comes with scikit-learn, which is not installed here. Install it.")
    return Path(spec.submodule_search_locations[0]) / "datasets" / "data" / "digits.csv.gz"


def _enlarge(images: "NDArray[np.uint8]", channels: int) -> "NDArray[np.uint8]":
    """(N, 8, 8), 0 to 16 -> (N, 32, 32, channels), 0 to 255, bilinear."""
    import numpy as np
    from PIL import Image

    gray = np.rint(images * (255 / 16)).astype(np.uint8)
    large = [Image.fromarray(image).resize((SIDE, SIDE), Image.Resampling.BILINEAR) for image in gray]
    return np.repeat(np.stack([np.asarray(image) for image in large])[..., None], channels, axis=3)
