"""Which images of the test split each candidate runs, and the files that hold them; each is made once, when needed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.datasets.splits import evenly_spread_order, spread_over_classes
from edgekit.execution.candidates import ScoringTask
from edgekit.execution.image_files import images_file, write_images
from edgekit.execution.workload import TimeBudget, Workload
from edgekit.foundation.files.temporary_folders import TemporaryFolder
from edgekit.runtimes import RUNTIMES, Runtime
from edgekit.verification.candidate import Candidate
from edgekit.verification.sampling import Sampling

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edgekit.datasets import Split

CHECKING_BUDGET = TimeBudget(seconds=10.0, min_images=50)
"""What a row may take whose kernels no app uses, unless asked otherwise."""
NUM_PIXEL_IMAGES = 32
"""Images whose values are looked at."""


class Workloads:
    """What is run of the test split by each runtime; each file is made when first asked for.

    Args:
        split: The test split.
        folder: Where files may be written.
        num_slow: Images for slow runtimes that no app uses, at least 1; None: as many as there is time for.
        sampling: How much is run.
    """

    def __init__(self, split: "Split", folder: Path, num_slow: int | None, sampling: Sampling) -> None:
        self._split = split
        self._folder = folder
        self._num_slow = num_slow
        self._sampling = sampling
        self._checking: dict[int, Workload] = {}

    def of(self, runtime: type[Runtime]) -> Workload:
        """What that runtime is to run: all that is usual, or a part of it if no app uses it."""
        is_slow = runtime.max_images is not None
        if runtime.is_shipped or self._sampling.all_images:
            return self.usual
        if is_slow and self._num_slow is not None:
            return self.slow
        if self._sampling.confidence is not None:
            return self.usual
        return self._in_time(runtime.max_images)

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
        usual, why = self.usual, "because these kernels are slow (--reference-kernel-images N)"
        if self._num_slow is None or self._num_slow >= usual.num_images:
            return usual
        if self._sampling.confidence is not None:
            return self._in_random_order(self._num_slow, f"in random order, {why}")
        return self._part(self._chosen(self._num_slow), "slow", f"spread evenly over the classes, {why}")

    def _in_time(self, max_images: int | None) -> Workload:
        """As many of the usual images as there is time for; wherever it ends, every class had its share."""
        import numpy as np

        count = min(max_images or self.usual.num_images, self.usual.num_images)
        if count not in self._checking:
            chosen = self._chosen(count)
            order = chosen[evenly_spread_order(self._split.labels[chosen])]
            path = self._folder / f"checking{count}.npy"
            np.save(path, order)
            seconds, least = CHECKING_BUDGET.seconds, CHECKING_BUDGET.min_images
            self._checking[count] = Workload(
                images=self._whole_file,
                num_images_of_split=len(self._split),
                indices=order,
                order_file=path,
                why_a_part=f"spread evenly over the classes. These kernels are slow or in no app, so a row takes "
                f"{seconds:g} s and at least {least} images{f', at most {max_images}' if max_images else ''} "
                f"(--all-images runs all)",
                budget=CHECKING_BUDGET,
            )
        return self._checking[count]

    def _chosen(self, count: int) -> "NDArray[np.int64]":
        """`count` of the usual images, spread evenly over the classes: their places in the split, ascending."""
        import numpy as np

        among = np.arange(len(self._split)) if self.usual.indices is None else self.usual.indices
        return among[spread_over_classes(self._split.labels[among], count)]

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
        slow_runtime_images: Images for a slow runtime that no app uses, at least 1; None: as many as there is time for,
            or as many as it takes if `sampling` asks for certainty.
    """
    with TemporaryFolder() as folder:
        workloads = Workloads(split, Path(folder), slow_runtime_images, sampling)
        runtimes = {one.runtime: RUNTIMES.load(one.runtime) for one in candidates}
        chosen = [workloads.of(runtimes[one.runtime]) for one in candidates]
        yield [
            ScoringTask(
                title=f"{number}/{len(candidates)} {one.title}{', some images' if workload.why_a_part else ''}",
                runtime=one.runtime,
                artifact=one.artifact.path,
                workload=workload,
                interface=one.interface,
            )
            for number, (one, workload) in enumerate(zip(candidates, chosen, strict=True), start=1)
        ]


def some_pixels(split: "Split") -> "NDArray[np.uint8]":
    """A few images of `split`, uint8 (n, H, W, 3), to see which values they hold."""
    import numpy as np

    return np.ascontiguousarray(split.images[spread_over_classes(split.labels, min(NUM_PIXEL_IMAGES, len(split)))])
