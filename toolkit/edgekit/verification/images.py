"""Test images as .npy files that worker processes map into memory: written once, in constant memory."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.errors import VerificationError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edgekit.datasets import Split
    from edgekit.run_folder import Reference

WRITE_BATCH = 1024


@dataclass(frozen=True, kw_only=True, eq=False)
class Workload:
    """Images to run, and what the reference says of the same images.

    Attributes:
        images_npy: uint8 (n, H, W, 3), RGB, 0 to 255, an .npy file.
        reference_scores: float32 (n, C).
        labels: int64 (n,).
        indices: int64 (n,), where each image stands in the split, ascending.
        num_images_of_split: Images of the whole split; above n for a subset.
    """

    images_npy: Path
    reference_scores: "NDArray[np.float32]"
    labels: "NDArray[np.int64]"
    indices: "NDArray[np.int64]"
    num_images_of_split: int

    @property
    def is_subset(self) -> bool:
        """Whether some images of the split are left out."""
        return len(self.labels) < self.num_images_of_split


class Workloads:
    """The whole test split, and a small part of it for slow runtimes; each file is made when first asked for.

    Args:
        split: The test split.
        reference: The reference's scores on it.
        folder: Where files may be written.
        num_slow: Images of the small part, at least 1.
    """

    def __init__(self, split: "Split", reference: "Reference", folder: Path, num_slow: int) -> None:
        self._split = split
        self._reference = reference
        self._folder = folder
        self._num_slow = num_slow

    @cached_property
    def whole(self) -> Workload:
        """Every image of the split."""
        import numpy as np

        existing = file_of(self._split.images)
        path = existing or write_images(self._split.images, self._folder / "test.npy")
        return self._workload(path, np.arange(len(self._split)))

    @cached_property
    def slow(self) -> Workload:
        """`num_slow` images spread evenly over the classes; the whole split where it has no more than that."""
        if self._num_slow >= len(self._split):
            return self.whole
        chosen = spread_over_classes(self._split.labels, self._num_slow)
        return self._workload(write_images(self._split.images[chosen], self._folder / "slow.npy"), chosen)

    def _workload(self, path: Path, chosen: "NDArray[np.int64]") -> Workload:
        return Workload(
            images_npy=path,
            reference_scores=self._reference.scores[chosen],
            labels=self._split.labels[chosen],
            indices=chosen,
            num_images_of_split=len(self._split),
        )


@contextmanager
def open_workloads(split: "Split", reference: "Reference", num_slow: int) -> Iterator[Workloads]:
    """Workloads whose files are removed at the end."""
    with tempfile.TemporaryDirectory(prefix="edgekit-verify-") as folder:
        yield Workloads(split, reference, Path(folder), num_slow)


def spread_over_classes(labels: "NDArray[np.int64]", count: int) -> "NDArray[np.int64]":
    """`count` indices, ascending, with every class in proportion; the same for the same labels.

    Args:
        labels: int64 (N,).
        count: 1 to N.
    """
    import numpy as np

    by_class = np.argsort(labels, kind="stable")
    positions = (np.arange(count) * len(labels)) // count
    return np.sort(by_class[positions])


def file_of(images: "NDArray[np.uint8]") -> Path | None:
    """The .npy file that `images` maps as a whole and in its order; None where there is no such file."""
    import numpy as np

    if not isinstance(images, np.memmap) or images.filename is None:
        return None
    path = Path(images.filename)
    try:
        on_disk = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    same = (on_disk.shape, on_disk.dtype, on_disk.strides) == (images.shape, images.dtype, images.strides)
    return path if same and on_disk.offset == images.offset else None


def write_images(images: "NDArray[np.uint8]", path: Path) -> Path:
    """Write uint8 (N, H, W, 3) as .npy, some images at a time; raises VerificationError on a full disk."""
    import numpy as np

    try:
        with path.open("wb") as file:
            header = {"descr": "|u1", "fortran_order": False, "shape": tuple(int(n) for n in images.shape)}
            np.lib.format.write_array_header_1_0(file, header)
            for start in range(0, len(images), WRITE_BATCH):
                file.write(np.ascontiguousarray(images[start : start + WRITE_BATCH]).data)
    except OSError as error:
        raise VerificationError(
            f"The test images ({images.nbytes:,} bytes) could not be written to {path.parent}: "
            f"{error.strerror or error}. Free space there, or name another folder in TMPDIR."
        ) from error
    return path
