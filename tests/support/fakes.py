"""Stand-ins that keep the protocols of the real things, for tests that plant faults."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgekit.artifact import Artifact, FileOptions, Format, Precision
from edgekit.datasets import Dataset, Split
from edgekit.datasets.splits import empty_split
from edgekit.execution.executor import Watch
from edgekit.execution.workload import TimeBudget
from edgekit.foundation.progress import Advance
from edgekit.input_range import InputEncoding
from edgekit.runs.reference import Reference
from edgekit.runtimes import Availability, Execution, ExecutionFailure, SessionSettings
from support.one_by_one import OneByOne

Answer = Callable[[NDArray[np.uint8]], NDArray[np.float32]] | ExecutionFailure
"""What a planted candidate does: images uint8 (n, H, W, 3) -> scores float32 (n, C), or it fails."""


@dataclass
class FakeExecutor(OneByOne):
    """An `edgekit.execution.executor.Executor` that runs functions instead of files.

    Attributes:
        answers: File name, or "FILE in RUNTIME" where that matters -> what it does.
        unavailable: Runtime -> why it does not work.
        calls: (runtime, file name, images) of every execution, in order.
    """

    answers: Mapping[str, Answer]
    unavailable: Mapping[str, str] = field(default_factory=dict)
    calls: list[tuple[str, str, int]] = field(default_factory=list)

    def availability(self, runtime: str) -> Availability:
        return Availability(version="1.0", reason=self.unavailable.get(runtime))

    def _watched(self, scores: NDArray[np.float32], watch: Watch) -> NDArray[np.float32]:
        """The scores up to where they were enough, looked at a hundred at a time."""
        for start in range(0, len(scores), 100):
            if watch(scores[start : start + 100]):
                return scores[: start + 100]
        return scores

    def execute(
        self,
        runtime: str,
        artifact: Path,
        images_npy: Path,
        *,
        num_images: int,
        time_limit: float,
        advance: Advance,
        encoding: InputEncoding | None = None,
        file_options: FileOptions | None = None,
        order: Path | None = None,
        budget: TimeBudget | None = None,
        watch: Watch | None = None,
    ) -> Execution | ExecutionFailure:
        self.calls.append((runtime, artifact.name, num_images))
        answer = self.answers.get(f"{artifact.name} in {runtime}") or self.answers[artifact.name]
        if isinstance(answer, ExecutionFailure):
            return answer
        images = np.load(images_npy, mmap_mode="r")
        images = images[:num_images] if order is None else images[np.load(order)[:num_images]]
        scores = answer(images)
        if watch:
            scores = self._watched(scores, watch)
        advance(len(scores))
        return Execution(
            scores=scores,
            seconds=2.0,
            images_per_second=num_images / 2.0,
            peak_rss_bytes=1_000_000,
            runtime_version="1.0",
            settings=SessionSettings(num_threads=2, batch_size=8),
        )


def numbered_images(count: int) -> NDArray[np.uint8]:
    """uint8 (count, 2, 2, 3), count at most 65,536: image i carries the number i in its first two bytes."""
    images = np.zeros((count, 2, 2, 3), np.uint8)
    images[:, 0, 0, 0] = np.arange(count) >> 8
    images[:, 0, 0, 1] = np.arange(count) & 255
    return images


def numbers_of(images: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The number that each of `numbered_images` carries: int64 (n,)."""
    first = images[:, 0, 0].astype(np.int64)
    return first[:, 0] * 256 + first[:, 1]


def answer_with(scores: NDArray[np.float32]) -> Answer:
    """A candidate that gives image i the row i of `scores`, whichever images it is run on."""
    return lambda images: scores[numbers_of(images)]


def fake_dataset(labels: NDArray[np.int64], class_names: tuple[str, ...]) -> Dataset:
    """Numbered test images with these labels; nothing to train on."""
    return Dataset(
        name="planted",
        class_names=class_names,
        train=empty_split(2, 2),
        validation=empty_split(2, 2),
        test=Split(images=numbered_images(len(labels)), labels=labels.astype(np.int64)),
    )


def fake_reference(dataset: Dataset, accuracy: float = 0.9, seed: int = 0) -> Reference:
    """Probabilities whose top class is the label for `accuracy` of the images, with a margin of at least 0.1."""
    rng = np.random.default_rng(seed)
    count, num_classes = len(dataset.test), len(dataset.class_names)
    is_wrong = np.zeros(count, bool)
    is_wrong[rng.permutation(count)[: round(count * (1 - accuracy))]] = True
    top = (dataset.test.labels + is_wrong * rng.integers(1, num_classes, count)) % num_classes
    return Reference(
        scores=peaked_scores(top, num_classes, rng),
        labels=dataset.test.labels,
        dataset_sha256=dataset.sha256,
        class_names=dataset.class_names,
    )


def peaked_scores(top: NDArray[np.int64], num_classes: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Probabilities float32 (n, C) with the given top class, which gets 0.6 to 0.9."""
    height = rng.uniform(0.6, 0.9, len(top))
    rest = rng.dirichlet(np.ones(num_classes - 1), len(top)) * (1 - height)[:, None]
    scores = np.empty((len(top), num_classes))
    is_top = np.arange(num_classes) == top[:, None]
    scores[is_top] = height
    scores[~is_top] = rest.ravel()
    return scores.astype(np.float32)


def fake_artifact(folder: Path, artifact_format: Format, precision: Precision | None, name: str = "model") -> Artifact:
    """A file of a few bytes under the name that its format and precision have in a run folder."""
    stem = f"{name}-{precision.value}" if precision else name
    path = folder / artifact_format.value / f"{stem}.{artifact_format.value}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(f"not really {path.name}".encode())
    return Artifact.from_file(path)
