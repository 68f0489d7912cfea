"""Test images as .npy files that worker processes map into memory: written once, in constant memory."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.foundation.errors import VerificationError
from edgekit.foundation.mapped_arrays import pieces, place_of, put_together, release, rows_at
from edgekit.verification.sampling import Sampling

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edgekit.datasets import Split
    from edgekit.runs.reference import Reference

WRITE_BATCH = 1024


@dataclass(frozen=True, kw_only=True, eq=False)
class Workload:
    """Images to run, and what the reference says of the same images.

    Attributes:
        images_npy: uint8 (n, H, W, 3), RGB, 0 to 255, an .npy file, or a note where they lie; see `images_file`.
        split_scores: float32 (N, C), the reference's scores of the whole split.
        split_labels: int64 (N,), its labels.
        indices: Whole numbers (n,), where each image stands in the split, in the order of running; None: all of them.
        order_npy: `indices` as a file, where `images_npy` holds the whole split; None: it holds these images.
        why_a_part: Why some images are left out, as half a sentence.
    """

    images_npy: Path
    split_scores: "NDArray[np.float32]"
    split_labels: "NDArray[np.int64]"
    indices: "NDArray[Any] | None" = None
    order_npy: Path | None = None
    why_a_part: str = ""

    @property
    def num_images(self) -> int:
        """Images to run: n."""
        return self.num_images_of_split if self.indices is None else len(self.indices)

    @property
    def num_images_of_split(self) -> int:
        """Images of the whole split: N."""
        return len(self.split_labels)

    @property
    def is_subset(self) -> bool:
        """Whether some images of the split are left out."""
        return self.num_images < self.num_images_of_split

    @cached_property
    def sorted_indices(self) -> "NDArray[Any] | None":
        """`indices`, ascending; None where they are all."""
        import numpy as np

        return np.sort(self.indices) if self.indices is not None and self.is_subset else None

    @property
    def reference_scores(self) -> "NDArray[np.float32]":
        """float32 (n, C), in the order of the split."""
        return self.split_scores if self.sorted_indices is None else _taken(self.split_scores, self.sorted_indices)

    @property
    def labels(self) -> "NDArray[np.int64]":
        """int64 (n,), in the order of the split."""
        return self.split_labels if self.sorted_indices is None else self.split_labels[self.sorted_indices]

    def first(self, count: int) -> "Workload":
        """The first `count` images in the order of running; of a workload that has `indices`."""
        return replace(self, indices=None if self.indices is None else self.indices[:count])

    def in_order_of_the_split(self, scores: "NDArray[np.float32]") -> "NDArray[np.float32]":
        """`scores` float32 (n, C) of a candidate that ran these images, in the order of `reference_scores`."""
        if self.order_npy is None or self.indices is None or len(scores) != len(self.indices):
            return scores
        return _taken(scores, self.indices.argsort() if self.is_subset else _inverse(self.indices))


def _inverse(order: "NDArray[Any]") -> "NDArray[Any]":
    """Where each number stands in `order`, which holds 0 to N - 1 once each: what argsort gives, in half its memory."""
    import numpy as np

    places = np.empty_like(order)
    for piece in pieces(len(order)):  # an index of another type than numpy's own is copied
        places[order[piece]] = np.arange(piece.start, piece.stop, dtype=order.dtype)
    return places


def _taken(scores: "NDArray[np.float32]", places: "NDArray[Any]") -> "NDArray[np.float32]":
    """`scores[places]`, a piece at a time."""
    return put_together(
        lambda: (rows_at(scores, places[piece]) for piece in pieces(len(places), scores)),
        (len(places), *scores.shape[1:]),
        scores.dtype,
    )


class Workloads:
    """What is run of the test split, and what slow runtimes run of it; each file is made when first asked for.

    Args:
        split: The test split.
        reference: The reference's scores on it.
        folder: Where files may be written.
        num_slow: Images for slow runtimes, at least 1.
        sampling: How much is run.
    """

    def __init__(self, split: "Split", reference: "Reference", folder: Path, num_slow: int, sampling: Sampling) -> None:
        self._split = split
        self._reference = reference
        self._folder = folder
        self._num_slow = num_slow
        self._sampling = sampling

    def of(self, is_slow: bool) -> Workload:
        """What a runtime is to run."""
        return self.slow if is_slow else self.usual

    @cached_property
    def usual(self) -> Workload:
        """Every image of the split, or the sample that was asked for; in random order where that was."""
        count = self._sampling.num_images
        if self._sampling.confidence is not None:
            return self._in_random_order(len(self._split), "")
        if count is None or count >= len(self._split):
            return self._workload(self._whole_npy)
        chosen = spread_over_classes(self._split.labels, count, self._sampling.seed)
        return self._part(
            chosen, "sample", f"drawn class by class in proportion (--sample, seed {self._sampling.seed})"
        )

    @cached_property
    def slow(self) -> Workload:
        """At most `num_slow` of these images, spread evenly over the classes."""
        import numpy as np

        usual, why = self.usual, "because these kernels are slow (--reference-kernel-images N)"
        if self._num_slow >= usual.num_images:
            return usual
        if self._sampling.confidence is not None:
            return self._in_random_order(self._num_slow, f"in random order, {why}")
        among = np.arange(len(self._split)) if usual.indices is None else usual.indices
        return self._part(
            among[spread_over_classes(self._split.labels[among], self._num_slow)],
            "slow",
            f"spread evenly over the classes, {why}",
        )

    @cached_property
    def _whole_npy(self) -> Path:
        return images_file(self._split.images, self._folder / "test.npy")

    def _in_random_order(self, count: int, why: str) -> Workload:
        """The first `count` images of a uniformly random order, the same for the same seed."""
        import numpy as np

        numbers = np.arange(len(self._split), dtype=np.int32 if len(self._split) < 2**31 else np.int64)
        order = np.random.default_rng(self._sampling.seed).permutation(numbers)[:count]
        path = self._folder / f"order{count}.npy"
        np.save(path, order)
        return replace(self._workload(self._whole_npy), indices=order, order_npy=path, why_a_part=why)

    def _part(self, chosen: "NDArray[np.int64]", name: str, why: str) -> Workload:
        path = write_images(self._split.images, self._folder / f"{name}.npy", chosen)
        return replace(self._workload(path), indices=chosen, why_a_part=why)

    def _workload(self, path: Path) -> Workload:
        return Workload(images_npy=path, split_scores=self._reference.scores, split_labels=self._split.labels)


@contextmanager
def open_workloads(
    split: "Split", reference: "Reference", num_slow: int, sampling: Sampling | None = None
) -> Iterator[Workloads]:
    """Workloads whose files are removed at the end."""
    with tempfile.TemporaryDirectory(prefix="edgekit-verify-") as folder:
        yield Workloads(split, reference, Path(folder), num_slow, sampling or Sampling())


def spread_over_classes(labels: "NDArray[np.int64]", count: int, seed: int | None = None) -> "NDArray[np.int64]":
    """`count` indices, ascending, with every class in proportion; the same for the same labels and seed.

    Args:
        labels: int64 (N,).
        count: 1 to N.
        seed: Which images of a class are taken is drawn by it; None: they are spread evenly over the class.
    """
    import numpy as np

    draw = np.arange(len(labels)) if seed is None else np.random.default_rng(seed).permutation(len(labels))
    by_class = np.lexsort((draw, labels))
    positions = (np.arange(count) * len(labels)) // count
    return np.sort(by_class[positions])


def images_file(images: "NDArray[np.uint8]", path: Path) -> Path:
    """A file that workers read `images` from: uint8 (N, H, W, 3), RGB.

    Images that are mapped from a file stay where they are: only a note is written, `path` with the suffix .json.
    Others are written to `path`, an .npy.
    """
    place = place_of(images)
    if place is None:
        return write_images(images, path)
    note = path.with_suffix(".json")
    note.write_text(json.dumps({"path": str(place[0].resolve()), "offset": place[1], "shape": list(images.shape)}))
    return note


def write_images(images: "NDArray[np.uint8]", path: Path, chosen: "NDArray[np.int64] | None" = None) -> Path:
    """Write uint8 (N, H, W, 3), or those `chosen` of them, as .npy; raises VerificationError on a full disk.

    Some images at a time are in memory.
    """
    import numpy as np

    count = len(images) if chosen is None else len(chosen)
    try:
        with path.open("wb") as file:
            shape = (count, *(int(size) for size in images.shape[1:]))
            np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
            for start in range(0, count, WRITE_BATCH):
                part = slice(start, start + WRITE_BATCH)
                file.write(np.ascontiguousarray(images[part if chosen is None else chosen[part]]).data)
                release(images)
    except OSError as error:
        raise VerificationError(
            f"The test images ({images.nbytes:,} bytes) could not be written to {path.parent}: "
            f"{error.strerror or error}. Free space there, or name another folder in TMPDIR."
        ) from error
    return path
