"""Which images of the test split each candidate runs, and the files that hold them; each is made once, when needed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.execution.candidates import ScoringTask
from edgekit.execution.executor import SLOW_RUNTIMES
from edgekit.execution.image_files import images_file, write_images
from edgekit.execution.workload import Workload
from edgekit.foundation.files.temporary_folders import TemporaryFolder
from edgekit.verification.candidate import Candidate
from edgekit.verification.sampling import Sampling

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edgekit.datasets import Split

SLOW_RUNTIME_IMAGES = 200
"""Images for a slow runtime, unless asked otherwise."""
NUM_PIXEL_IMAGES = 32
"""Images whose values are looked at."""


class Workloads:
    """What is run of the test split, and what slow runtimes run of it; each file is made when first asked for.

    Args:
        split: The test split.
        folder: Where files may be written.
        num_slow: Images for slow runtimes, at least 1.
        sampling: How much is run.
    """

    def __init__(self, split: "Split", folder: Path, num_slow: int, sampling: Sampling) -> None:
        self._split = split
        self._folder = folder
        self._num_slow = num_slow
        self._sampling = sampling

    def of(self, runtime: str) -> Workload:
        """What the runtime of that name is to run."""
        return self.slow if runtime in SLOW_RUNTIMES else self.usual

    @cached_property
    def usual(self) -> Workload:
        """Every image of the split, or the sample that was asked for; in random order if that was."""
        count = self._sampling.num_images
        if self._sampling.confidence is not None:
            return self._in_random_order(len(self._split), "")
        if count is None or count >= len(self._split):
            return Workload(images=self._whole_file, num_images_of_split=len(self._split))
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
    def _whole_file(self) -> Path:
        return images_file(self._split.images, self._folder / "test.npy")

    def _in_random_order(self, count: int, why: str) -> Workload:
        """The first `count` images of a uniformly random order, the same for the same seed."""
        import numpy as np

        numbers = np.arange(len(self._split), dtype=np.int32 if len(self._split) < 2**31 else np.int64)
        order = np.random.default_rng(self._sampling.seed).permutation(numbers)[:count]
        path = self._folder / f"order{count}.npy"
        np.save(path, order)
        return Workload(
            images=self._whole_file,
            num_images_of_split=len(self._split),
            indices=order,
            order_file=path,
            why_a_part=why,
        )

    def _part(self, chosen: "NDArray[np.int64]", name: str, why: str) -> Workload:
        path = write_images(self._split.images, self._folder / f"{name}.npy", chosen)
        return Workload(images=path, num_images_of_split=len(self._split), indices=chosen, why_a_part=why)


@contextmanager
def scoring_tasks(
    candidates: Sequence[Candidate], split: "Split", sampling: Sampling, slow_runtime_images: int | None = None
) -> Iterator[list[ScoringTask]]:
    """One task per candidate, in their order; the files of images are removed at the end.

    Args:
        candidates: What is to be run.
        split: The test split.
        sampling: How much of it is run.
        slow_runtime_images: Images for a slow runtime, at least 1; None: SLOW_RUNTIME_IMAGES, or the whole split if
            `sampling` asks for certainty.
    """
    num_slow = slow_runtime_images or (len(split) if sampling.confidence else SLOW_RUNTIME_IMAGES)
    with TemporaryFolder() as folder:
        workloads = Workloads(split, Path(folder), num_slow, sampling)
        yield [
            ScoringTask(
                title=f"{number}/{len(candidates)} {one.title}{', slow kernels' * (one.runtime in SLOW_RUNTIMES)}",
                runtime=one.runtime,
                artifact=one.artifact.path,
                workload=workloads.of(one.runtime),
                interface=one.interface,
            )
            for number, one in enumerate(candidates, start=1)
        ]


def some_pixels(split: "Split") -> "NDArray[np.uint8]":
    """A few images of `split`, uint8 (n, H, W, 3), to see which values they hold."""
    import numpy as np

    return np.ascontiguousarray(split.images[spread_over_classes(split.labels, min(NUM_PIXEL_IMAGES, len(split)))])


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
