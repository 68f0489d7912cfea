"""The ranges of activations that quantization-aware training has learned, and how a converter finds its tensors.

Every converter folds, fuses and renames in its own way, so names would lie. A tensor is known by its fingerprint
instead: smallest, largest and mean value, and root mean square, on two probe images. What carries the fingerprint
of a layer's output has that layer's range. Knows no format and no Keras.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypedDict, cast

from edgekit.foundation.atomic_files import write_json
from edgekit.foundation.errors import ExportError, RunFolderError
from edgekit.foundation.files.documents import read_json
from edgekit.foundation.files.schema import Count, Limits
from edgekit.quantization.ranges import Range

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NUM_PROBES = 2
TOLERANCE = 1e-3
"""How far a fingerprint's numbers may differ, in parts of the tensor's root mean square."""

SCHEMA_VERSION = 1

_Fingerprint = tuple[float, float, float, float, float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class LearnedRange:
    """One tensor.

    Attributes:
        layer: The layer whose output it is.
        low: Smallest value that int8 will be able to say, at most 0.
        high: Largest, at least 0.
        size: Values of one image.
        fingerprint: Smallest, largest, mean, root mean square on the first probe image, then on the second.
    """

    layer: str
    low: Annotated[float, Limits(low=-3e38, high=0)]
    high: Annotated[float, Limits(low=0, high=3e38)]
    size: Count
    fingerprint: _Fingerprint

    def distance(self, size: int, fingerprint: Sequence[float]) -> float:
        """How far another tensor is from this one, in parts of its root mean square; infinite for another size."""
        if size != self.size:
            return float("inf")
        unit = max(self.fingerprint[3::4]) or 1e-12
        return max(abs(ours - theirs) for ours, theirs in zip(self.fingerprint, fingerprint, strict=True)) / unit


@dataclass(frozen=True, kw_only=True)
class LearnedRanges:
    """All ranges of one network.

    Attributes:
        image_shape: (height, width, channels) of the probe images.
        ranges: One for each tensor.
    """

    image_shape: tuple[int, int, int]
    ranges: tuple[LearnedRange, ...]

    @property
    def probe_images(self) -> "NDArray[np.uint8]":
        """uint8 (NUM_PROBES, H, W, C): numbers without a pattern, the same on every machine and in every version."""
        return probe_images(self.image_shape)

    def find(self, tensors: Mapping[str, "Sequence[NDArray[Any]]"]) -> dict[str, LearnedRange]:
        """Name of a tensor -> its learned range, for the tensors that are known again.

        Args:
            tensors: Name -> its values on each probe image, of any shape.
        """
        found = {}
        for name, values in tensors.items():
            size, fingerprint = int(values[0].size), fingerprint_of(values)
            nearest = min(self.ranges, key=lambda each: each.distance(size, fingerprint), default=None)
            if nearest is not None and nearest.distance(size, fingerprint) <= TOLERANCE:
                found[name] = nearest
        return found

    def expect(self, seen: "Mapping[str, Sequence[NDArray[Any]]]") -> dict[str, Range]:
        """Name of a tensor -> smallest and largest value, for the tensors that are known again.

        Args:
            seen: As for `find`; tensors that were not seen on every probe image are left out.

        Raises:
            ExportError: No tensor is known again, so the file is another network's.
        """
        complete = {name: values for name, values in seen.items() if len(values) == NUM_PROBES and values[0].size}
        found = self.find(complete)
        if not found and self.ranges:
            raise ExportError(
                "None of the ranges that quantization-aware training has learned belongs to a tensor of the exported "
                "file, so its int8 file would be an ordinary one. Expected the model that the training made; run "
                "edgekit compress again."
            )
        return {name: (each.low, each.high) for name, each in found.items()}

    def save(self, path: Path) -> None:
        """Write as JSON, atomically."""
        document = {
            "schema_version": SCHEMA_VERSION,
            "image_shape": list(self.image_shape),
            "fingerprint": f"min, max, mean, rms on each of {NUM_PROBES} probe images",
            "ranges": [asdict(each) for each in self.ranges],
        }
        write_json(path, document)

    @classmethod
    def load(cls, path: Path) -> "LearnedRanges":
        """Read what `save` wrote; raises RunFolderError if it is missing or something else."""
        document = read_json(path, _Document, remedy=_AGAIN)
        if document["schema_version"] != SCHEMA_VERSION or document["image_shape"][2] not in (1, 3):
            raise RunFolderError(
                f"{path} has schema version {document['schema_version']} and images of shape "
                f"{document['image_shape']}; expected {SCHEMA_VERSION} and one channel or three. {_AGAIN}"
            )
        return cls(image_shape=document["image_shape"], ranges=document["ranges"])


_AGAIN = "Restore it, or run edgekit compress again."
_Side = Annotated[int, Limits(low=1, high=8192)]


class _Document(TypedDict):
    """learned-ranges.json."""

    schema_version: int
    image_shape: tuple[_Side, _Side, int]
    ranges: tuple[LearnedRange, ...]


def probe_images(image_shape: Iterable[int]) -> "NDArray[np.uint8]":
    """uint8 (NUM_PROBES, H, W, C): Knuth's multiplicative hash of each value's number."""
    import numpy as np

    shape = (NUM_PROBES, *image_shape)
    numbers = np.arange(1, int(np.prod(shape)) + 1, dtype=np.uint64) * np.uint64(2654435761)
    return ((numbers >> np.uint64(16)) & np.uint64(255)).astype(np.uint8).reshape(shape)


def fingerprint_of(values: "Sequence[NDArray[Any]]") -> _Fingerprint:
    """(smallest, largest, mean, root mean square) of each array, one array a probe image."""
    import numpy as np

    numbers: list[float] = []
    for array in (np.asarray(each, np.float64) for each in values):
        numbers += [array.min(), array.max(), array.mean(), np.sqrt((array**2).mean())]
    return cast("_Fingerprint", tuple(float(each) for each in numbers))
