"""The images that clients are compared on: a few test images of the run's data, or made ones."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.datasets import Dataset, DatasetRequest, load_dataset
from edgekit.datasets.images.rule import RuleChoice
from edgekit.datasets.images.synthetic import synthetic_images
from edgekit.datasets.own import load_own
from edgekit.foundation.errors import ArtifactError, DatasetError, UsageError
from edgekit.foundation.progress import Progress
from edgekit.inspection.info import ModelInfo
from edgekit.runs.folder import RunFolder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class ChosenImages:
    """Images in a file.

    Attributes:
        path: An .npy file of uint8 (n, H, W, C).
        count: n.
        said: What they are: "test images of cifar10".
    """

    path: Path
    count: int
    said: str


def chosen_images(
    run: RunFolder | None, info: ModelInfo, data: str | Dataset | None, count: int, folder: Path, progress: Progress
) -> ChosenImages:
    """`count` images of the size that the file takes, in a file in `folder`.

    Raises:
        ArtifactError: The file takes no images, or leaves their size open.
        DatasetError, UsageError: The data that were named cannot be loaded.
    """
    size, channels = info.image_size, info.channels
    if size is None or channels is None:
        raise ArtifactError(
            f"{info.file} does not say which images it takes. Expected one input of images of fixed height and width."
        )
    path = folder / f"images-{size[0]}-{size[1]}-{channels}.npy"
    wanted = DatasetRequest(
        image_size=size,
        channels=channels,
        rule=RuleChoice().for_run(run.manifest.get("dataset", {}) if run else {}),
        test_only=True,
        progress=progress,
    )
    images, said = _of_data(run, data, wanted, count)
    if images is None:
        import numpy as np

        images = np.stack(synthetic_images(count, size, channels, vary=False))
        said = "made images (name real ones with --data)"
    _save(path, images)
    return ChosenImages(path=path, count=len(images), said=said)


def _of_data(
    run: RunFolder | None, data: str | Dataset | None, wanted: DatasetRequest, count: int
) -> "tuple[NDArray[np.uint8] | None, str]":
    """Test images spread over the split; None if no data are known, or not to be had here."""
    import numpy as np

    if data is not None:
        dataset = data if isinstance(data, Dataset) else load_dataset(data, wanted)
    elif run is None:
        return None, ""
    else:
        try:
            dataset = load_own(run.manifest.get("dataset", {}), wanted)
        except (UsageError, DatasetError):
            return None, ""
    places = np.linspace(0, len(dataset.test) - 1, min(count, len(dataset.test))).astype(int)
    images = np.stack([np.asarray(dataset.test.images[int(place)]) for place in places])
    expected = (*(wanted.image_size or ()), wanted.channels)
    if images.shape[1:] != expected:
        raise UsageError(
            f"The images of {dataset.name} are {' x '.join(map(str, images.shape[1:]))}; the file takes "
            f"{' x '.join(map(str, expected))}. Name other data: --data"
        )
    return images, f"test images of {dataset.name}"


def _save(path: Path, images: "NDArray[np.uint8]") -> None:
    import numpy as np

    np.save(path, np.ascontiguousarray(images, dtype=np.uint8))
