"""The ranges of activations that quantization-aware training has learned, and how a converter finds its tensors.

Every converter folds, fuses and renames in its own way, so names would lie. A tensor is known by its fingerprint
instead: smallest, largest and mean value, and root mean square, on two probe images. What carries the fingerprint
of a layer's output has that layer's range. Knows no format and no Keras.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.foundation.atomic_files import read_json, write_json
from edgekit.foundation.errors import ExportError, RunFolderError
from edgekit.quantization.ranges import Range

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NUM_PROBES = 2
TOLERANCE = 1e-3
"""How far a fingerprint's numbers may differ, in parts of the tensor's root mean square."""

SCHEMA_VERSION = 1


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
    low: float
    high: float
    size: int
    fingerprint: tuple[float, ...]

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
        image_shape: (height, width, 3) of the probe images.
        ranges: One for each tensor.
    """

    image_shape: tuple[int, int, int]
    ranges: tuple[LearnedRange, ...]

    @property
    def probe_images(self) -> "NDArray[np.uint8]":
        """uint8 (NUM_PROBES, H, W, 3): numbers without a pattern, the same on every machine and in every version."""
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
        """Read what `save` wrote; raises RunFolderError where it is missing or something else."""
        document = read_json(path)
        try:
            if document["schema_version"] != SCHEMA_VERSION:
                raise ValueError(f"schema version {document['schema_version']}, expected {SCHEMA_VERSION}")  # noqa: TRY301
            height, width, channels = document["image_shape"]
            return cls(
                image_shape=(int(height), int(width), int(channels)),
                ranges=tuple(_range_from(each) for each in document["ranges"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise RunFolderError(
                f"{path} does not hold learned ranges ({error}). Restore it, or run edgekit compress again."
            ) from error


def _range_from(entry: Mapping[str, Any]) -> LearnedRange:
    fingerprint = tuple(float(each) for each in entry["fingerprint"])
    low, high = float(entry["low"]), float(entry["high"])
    if len(fingerprint) != 4 * NUM_PROBES or not low <= 0 <= high or not high - low < float("inf"):
        raise ValueError(f"the range of {entry['layer']} is {low} to {high}")
    return LearnedRange(layer=str(entry["layer"]), low=low, high=high, size=int(entry["size"]), fingerprint=fingerprint)


def probe_images(image_shape: Iterable[int]) -> "NDArray[np.uint8]":
    """uint8 (NUM_PROBES, H, W, 3): Knuth's multiplicative hash of each value's number."""
    import numpy as np

    shape = (NUM_PROBES, *image_shape)
    numbers = np.arange(1, int(np.prod(shape)) + 1, dtype=np.uint64) * np.uint64(2654435761)
    return ((numbers >> np.uint64(16)) & np.uint64(255)).astype(np.uint8).reshape(shape)


def fingerprint_of(values: "Sequence[NDArray[Any]]") -> tuple[float, ...]:
    """(smallest, largest, mean, root mean square) of each array, one array a probe image."""
    import numpy as np

    numbers: list[float] = []
    for array in (np.asarray(each, np.float64) for each in values):
        numbers += [array.min(), array.max(), array.mean(), np.sqrt((array**2).mean())]
    return tuple(float(each) for each in numbers)
