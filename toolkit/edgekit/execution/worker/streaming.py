"""A whole image file through the sessions of one worker, in constant memory.

Images are read and scores are written at their place in the two `.npy` files, a piece at a time: a mapped
file would count as memory of the process, a million images long.
"""

import heapq
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.execution.scoring import PIECE, Scorer, check_images, piece_size
from edgekit.execution.worker.messages import ParentConnection
from edgekit.execution.workload import TimeBudget
from edgekit.foundation.errors import ArtifactError

REPORT_INTERVAL = 0.1
"""Seconds between two reports of progress."""


class ImageFile:
    """Images in a file: uint8 (N, H, W, 3). Several threads may read at once.

    Args:
        path: An .npy file; or a .json file that says where they lie in another one: path, offset in bytes, shape.
        order: An .npy file of whole numbers (n,), each 0 to N - 1: which images count, and in which order; None: all of
            them as they are.

    Raises:
        ArtifactError: A file is missing, is no `.npy`, or holds something else.
    """

    def __init__(self, path: Path, order: Path | None = None) -> None:
        try:
            path, self._offset, shape, dtype = _place_of_images(path)
            self._descriptor = os.open(path, os.O_RDONLY)
        except (OSError, ValueError) as error:
            raise ArtifactError(f"The image file {path} cannot be read: {error}") from error
        check_images(dtype, shape)
        self.image_shape: tuple[int, ...] = shape[1:]
        self.num_images: int = shape[0]
        self._stride = int(np.prod(self.image_shape))
        self._order: NDArray[Any] | None = None
        if order is not None:
            self._order = np.load(order, allow_pickle=False)
            self.num_images = len(self._order)

    def read(self, start: int, stop: int) -> NDArray[np.uint8]:
        """Images `start` to `stop`, in memory of their own."""
        if self._order is None:
            content = self._bytes(start, stop - start)
        else:
            content = b"".join(self._bytes(int(place), 1) for place in self._order[start:stop])
        return np.frombuffer(content, np.uint8).reshape(-1, *self.image_shape)

    def _bytes(self, place: int, count: int) -> bytes:
        wanted = count * self._stride
        content = os.pread(self._descriptor, wanted, self._offset + place * self._stride)
        if len(content) != wanted:
            raise ArtifactError(f"The image file ends before image {place + count}.")
        return content


def _place_of_images(path: Path) -> tuple[Path, int, tuple[int, ...], "np.dtype[Any]"]:
    """(file, offset, shape, dtype); raises OSError, ValueError and ArtifactError."""
    if path.suffix == ".json":
        note = json.loads(path.read_text())
        return Path(note["path"]), int(note["offset"]), tuple(note["shape"]), np.dtype(np.uint8)
    mapped = np.lib.format.open_memmap(path, mode="r")
    if not mapped.flags.c_contiguous:
        raise ArtifactError(f"The image file {path} is not stored row by row (C order). Save it again.")
    return path, int(mapped.offset), mapped.shape, mapped.dtype


class ScoreFile:
    """A `.npy` file of float32 (N, C) that is written row by row, in any order, by several threads."""

    def __init__(self, path: Path, num_images: int, num_classes: int) -> None:
        header = {"descr": "<f4", "fortran_order": False, "shape": (num_images, num_classes)}
        with path.open("wb") as file:
            np.lib.format.write_array_header_1_0(file, header)
            self._offset = file.tell()
            file.truncate(file.tell() + 4 * num_images * num_classes)
        self._row_bytes = 4 * num_classes
        self._descriptor = os.open(path, os.O_WRONLY)

    def write(self, start: int, scores: NDArray[np.float32]) -> None:
        """Put `scores`, float32 (n, C), at row `start`."""
        os.pwrite(self._descriptor, scores.astype("<f4", copy=False).tobytes(), self._offset + start * self._row_bytes)

    def __enter__(self) -> "ScoreFile":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        os.close(self._descriptor)


OpenScorer = Callable[[], Scorer]
"""Opens a scorer when its thread first has something to do."""


def run(
    scorers: Sequence[Scorer | OpenScorer],
    images: ImageFile,
    scores: ScoreFile,
    num_images: int,
    parent: ParentConnection | None = None,
    *,
    first: int = 0,
    max_piece: int = PIECE,
    budget: TimeBudget | None = None,
) -> tuple[int, float]:
    """Score the first `num_images` images; every scorer works in its own thread.

    Args:
        scorers: Of one artifact, all at the same batch; the first is open.
        images: Where images come from.
        scores: Where scores go.
        num_images: At most as many as there are.
        parent: How many of the scorers may work, and whether enough was done; is told the number of images done,
            without gaps from the first on. None: all scorers do all the work.
        first: Where to begin: so many images are done already.
        max_piece: Images that one scorer takes at once, at most, but for a larger batch.
        budget: The time after which no more images are taken; None: all are.

    Returns:
        Images that were scored, without gaps from the first on, and seconds from the first to the last score.
    """
    piece = _piece_size(scorers, num_images, max_piece)
    parent = parent or ParentConnection(num_cpus=len(scorers))
    work = _Work(scorers, images, scores, (first, num_images), piece, parent, budget)
    threads = [threading.Thread(target=work.do, args=(index,), daemon=True) for index in range(1, len(scorers))]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    work.do(0)
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - start
    if work.errors:
        raise work.errors[0]
    work.report()
    return work.num_done, seconds


class _Work:
    """Pieces of the images that wait for a scorer; each is taken once."""

    def __init__(
        self,
        scorers: Sequence[Scorer | OpenScorer],
        images: ImageFile,
        scores: ScoreFile,
        span: tuple[int, int],
        piece_size: int,
        parent: ParentConnection,
        budget: TimeBudget | None,
    ) -> None:
        self._budget = budget
        self._started = time.perf_counter()
        self._scorers = scorers
        self._images = images
        self._scores = scores
        self._num_images = span[1]
        self._parent = parent
        self._piece_size = piece_size
        self._next = span[0]
        self._lock = threading.Lock()
        self._ahead: list[tuple[int, int]] = []
        self.num_done = span[0]
        self.errors: list[Exception] = []

    def do(self, index: int) -> None:
        """Take pieces for scorer `index` until there are none, or until one scorer failed; the first reports."""
        reported = time.perf_counter()
        scorer: Scorer | None = None
        try:
            for start in self._take(index):
                scorer = scorer or _opened(self._scorers[index])
                stop = min(start + self._piece_size, self._num_images)
                self._scores.write(start, scorer(self._images.read(start, stop)))
                self._finish(start, stop)
                if index == 0 and time.perf_counter() - reported > REPORT_INTERVAL:
                    reported = time.perf_counter()
                    self.report()
        except Exception as error:  # noqa: BLE001  carried to the thread that called `run`, which raises it
            self.errors.append(error)

    def report(self) -> None:
        """Say how far the work is."""
        self._parent.report(self.num_done)

    def _take(self, index: int) -> Iterator[int]:
        while not self.errors and not self._is_enough and self._next < self._num_images:
            if not self._parent.may_work(index):
                continue
            with self._lock:
                start, self._next = self._next, self._next + self._piece_size
            if start >= self._num_images:
                return
            yield start

    @property
    def _is_enough(self) -> bool:
        """Whether no more images are wanted, or there is no more time for any."""
        if self._parent.is_stopped or self._budget is None:
            return self._parent.is_stopped
        is_late = time.perf_counter() - self._started >= self._budget.seconds
        return is_late and self._next >= self._budget.min_images

    def _finish(self, start: int, stop: int) -> None:
        """Count the piece as soon as no image before it is missing."""
        with self._lock:
            heapq.heappush(self._ahead, (start, stop))
            while self._ahead and self._ahead[0][0] == self.num_done:
                self.num_done = heapq.heappop(self._ahead)[1]


def _opened(scorer: Scorer | OpenScorer) -> Scorer:
    return scorer if isinstance(scorer, Scorer) else scorer()


def _piece_size(scorers: Sequence[Scorer | OpenScorer], num_images: int, max_piece: int) -> int:
    """Whole batches, and at least eight pieces for every scorer, so that all end at about the same time."""
    batch_size = _opened(scorers[0]).session.batch_size
    fair = min(num_images // (8 * len(scorers)), max_piece)
    return min(piece_size(batch_size), max(1, fair // batch_size) * batch_size)
