"""A whole image file through the sessions of one worker, in constant memory.

Images are read and scores are written at their place in the two `.npy` files, a piece at a time: a mapped
file would count as memory of the process, a million images long.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.errors import ArtifactError
from edgekit.runtimes.scoring import Scorer, check_images, piece_size

REPORT_INTERVAL = 0.1
"""Seconds between two reports of progress."""


class ImageFile:
    """The images of a `.npy` file: uint8 (N, H, W, 3). Several threads may read at once.

    Raises:
        ArtifactError: The file is missing, is no `.npy`, or holds something else.
    """

    def __init__(self, path: Path) -> None:
        try:
            mapped = np.lib.format.open_memmap(path, mode="r")
            self._descriptor = os.open(path, os.O_RDONLY)
        except (OSError, ValueError) as error:
            raise ArtifactError(f"The image file {path} cannot be read: {error}") from error
        check_images(mapped.dtype, mapped.shape)
        if not mapped.flags.c_contiguous:
            raise ArtifactError(f"The image file {path} is not stored row by row (C order). Save it again.")
        self.image_shape: tuple[int, ...] = mapped.shape[1:]
        self.num_images: int = mapped.shape[0]
        self._offset = int(mapped.offset)
        self._stride = int(np.prod(self.image_shape))

    def read(self, start: int, stop: int) -> NDArray[np.uint8]:
        """Images `start` to `stop`, in memory of their own."""
        wanted = (stop - start) * self._stride
        content = os.pread(self._descriptor, wanted, self._offset + start * self._stride)
        if len(content) != wanted:
            raise ArtifactError(f"The image file ends before image {stop} of {self.num_images}.")
        return np.frombuffer(content, np.uint8).reshape(-1, *self.image_shape)


class ScoreFile:
    """A `.npy` file of float32 (N, C) that is written row by row, in any order, by several threads."""

    def __init__(self, path: Path, num_images: int, num_classes: int) -> None:
        header = {"descr": "<f4", "fortran_order": False, "shape": (num_images, num_classes)}
        with path.open("wb") as file:
            np.lib.format.write_array_header_1_0(file, header)
            self._offset = file.tell()
        self._row_bytes = 4 * num_classes
        self._descriptor = os.open(path, os.O_WRONLY)

    def write(self, start: int, scores: NDArray[np.float32]) -> None:
        """Put `scores`, float32 (n, C), at row `start`."""
        os.pwrite(self._descriptor, scores.astype("<f4", copy=False).tobytes(), self._offset + start * self._row_bytes)

    def __enter__(self) -> "ScoreFile":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        os.close(self._descriptor)


def run(
    scorers: Sequence[Scorer], images: ImageFile, scores: ScoreFile, num_images: int, report: Callable[[int], Any]
) -> float:
    """Score the first `num_images` images; every scorer works in a thread of its own.

    Args:
        scorers: Of one artifact, all at the same batch.
        images: Where images come from.
        scores: Where scores go.
        num_images: At most as many as there are.
        report: Called now and then, from this thread, with the number of images done so far.

    Returns:
        Seconds from the first image to the last score.
    """
    work = _Work(images, scores, num_images, _piece_size(scorers, num_images))
    threads = [threading.Thread(target=work.do, args=(scorer,), daemon=True) for scorer in scorers[1:]]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    work.do(scorers[0], report)
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - start
    if work.errors:
        raise work.errors[0]
    report(num_images)
    return seconds


def _piece_size(scorers: Sequence[Scorer], num_images: int) -> int:
    """Whole batches, and at least eight pieces for every scorer, so that all end at about the same time."""
    batch_size = scorers[0].session.batch_size
    fair = num_images // (8 * len(scorers))
    return min(piece_size(batch_size), max(1, fair // batch_size) * batch_size)


class _Work:
    """Pieces of the images that wait for a scorer; each is taken once."""

    def __init__(self, images: ImageFile, scores: ScoreFile, num_images: int, piece_size: int) -> None:
        self._images = images
        self._scores = scores
        self._num_images = num_images
        self._piece_size = piece_size
        self._starts = iter(range(0, num_images, piece_size))
        self._lock = threading.Lock()
        self._num_done = 0
        self.errors: list[Exception] = []

    def do(self, scorer: Scorer, report: Callable[[int], Any] | None = None) -> None:
        """Take pieces until there are none, or until one scorer failed."""
        reported = time.perf_counter()
        try:
            for start in self._take():
                stop = min(start + self._piece_size, self._num_images)
                self._scores.write(start, scorer(self._images.read(start, stop)))
                self._num_done += stop - start
                if report and time.perf_counter() - reported > REPORT_INTERVAL:
                    reported = time.perf_counter()
                    report(self._num_done)
        except Exception as error:  # noqa: BLE001  carried to the thread that called `run`, which raises it
            self.errors.append(error)

    def _take(self) -> Iterator[int]:
        while not self.errors:
            with self._lock:
                start = next(self._starts, None)
            if start is None:
                return
            yield start
