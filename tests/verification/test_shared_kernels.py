"""A file that two runtimes run with the same kernels is run once, unless a single bit differs."""

import threading
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from support.fakes import Answer, FakeExecutor, answer_with, fake_artifact, fake_dataset, fake_reference
from support.tiny_models import some_images

import edgekit
from edgekit.artifact import Format, Precision
from edgekit.datasets import Dataset, Split
from edgekit.datasets.splits import empty_split
from edgekit.runs.reference import Reference
from edgekit.runtimes import ExecutionFailure
from edgekit.verification.candidate import Candidate
from edgekit.verification.job import verify
from edgekit.verification.sampling import Sampling
from edgekit.verification.shared_kernels import NUM_CONFIRMING
from edgekit.verification.verdict.report import Verdict, VerificationReport

CLASSES = ("cat", "dog")
XNNPACK, BUILTIN = "litert-xnnpack", "litert-builtin"


class TwoAtOnce(FakeExecutor):
    """Both candidates are begun at the same time."""

    def prepare(self, num_candidates: int) -> int:
        return num_candidates


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return fake_dataset(np.arange(400) % 2, CLASSES)


@pytest.fixture(scope="module")
def reference(dataset: Dataset) -> Reference:
    return fake_reference(dataset)


class Verification:
    def __init__(self, folder: Path, dataset: Dataset, reference: Reference) -> None:
        self._dataset, self._reference = dataset, reference
        self._artifact = fake_artifact(folder, Format.TFLITE, Precision.INT16X8)
        self.calls: list[tuple[str, str, int]] = []

    def of(self, first: Answer, second: Answer, kind: type[FakeExecutor] = TwoAtOnce, **options) -> VerificationReport:
        name = self._artifact.path.name
        executor = kind({f"{name} in {XNNPACK}": first, f"{name} in {BUILTIN}": second})
        candidates = [
            Candidate(artifact=self._artifact, runtime=XNNPACK),
            Candidate(artifact=self._artifact, runtime=BUILTIN, same_kernels_as=XNNPACK),
        ]
        report = verify(candidates, reference=self._reference, dataset=self._dataset, executor=executor, **options)
        self.calls = [(runtime, name, count) for runtime, name, count in executor.calls]
        return report

    @property
    def num_run(self) -> dict[str, list[int]]:
        return {one: [count for runtime, _, count in self.calls if runtime == one] for one in (XNNPACK, BUILTIN)}


@pytest.fixture
def verification(tmp_path: Path, dataset: Dataset, reference: Reference) -> Verification:
    return Verification(tmp_path, dataset, reference)


@pytest.mark.parametrize("kind", [FakeExecutor, TwoAtOnce])
@pytest.mark.parametrize("sampling", [Sampling(), Sampling(num_images=100), Sampling(confidence=0.9)])
def test_the_second_runtime_runs_a_few_images_and_its_row_says_so(
    verification: Verification, reference: Reference, kind: type[FakeExecutor], sampling: Sampling
) -> None:
    answer = answer_with(reference.scores)
    report = verification.of(answer, answer, kind, sampling=sampling, pairwise=True)
    first, second = report.candidates
    assert verification.num_run[BUILTIN] == [NUM_CONFIRMING]
    assert (first.same_kernels_as, second.same_kernels_as) == (None, XNNPACK)
    assert second.runtime == BUILTIN
    assert second.measurement == first.measurement
    assert second.verdict is Verdict.PASS
    assert "bit by bit, on 16 images" in second.remarks[-1]
    assert second.summary.startswith(f"int16x8 in {BUILTIN}: pass.")
    assert report.pairwise is not None
    assert VerificationReport.from_dict(report.to_dict()).candidates[1].same_kernels_as == XNNPACK


def test_one_other_bit_and_both_run_everything(verification: Verification, reference: Reference) -> None:
    other = reference.scores.copy()
    other[3, 0] = np.nextafter(other[3, 0], np.float32(1))
    report = verification.of(answer_with(reference.scores), answer_with(other))
    assert verification.num_run[BUILTIN] == [NUM_CONFIRMING, 400]
    assert report.candidates[1].same_kernels_as is None


def test_where_the_first_fails_the_second_runs_everything(verification: Verification, reference: Reference) -> None:
    report = verification.of(ExecutionFailure(reason="crashed with SIGSEGV"), answer_with(reference.scores))
    assert verification.num_run[BUILTIN] == [400]
    assert [row.verdict for row in report.candidates] == [Verdict.ERROR, Verdict.PASS]


def test_an_exception_in_the_first_does_not_let_the_second_wait_for_ever(verification: Verification) -> None:
    def interrupt(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        raise KeyboardInterrupt

    done: list[KeyboardInterrupt] = []

    def work() -> None:
        try:
            verification.of(interrupt, interrupt)
        except KeyboardInterrupt as error:
            done.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(20)
    assert [type(error) for error in done] == [KeyboardInterrupt]


def test_a_real_int16x8_file_is_run_once(tflite_models: dict[str, Path], tmp_path: Path) -> None:
    images = some_images(96)
    data = Dataset(
        name="noise",
        class_names=("a", "b", "c", "d", "e"),
        train=empty_split(16, 16),
        validation=empty_split(16, 16),
        test=Split(images=images, labels=np.arange(96) % 5),
    )
    paths = [tflite_models[name] for name in ("int8", "int16x8")]
    report = edgekit.verify(paths, reference=paths[1], data=data, runtimes=[XNNPACK, BUILTIN], input_check=False)
    rows = {(row.artifact, row.runtime): row for row in report.candidates}
    shared = {name: row.same_kernels_as for name, row in rows.items() if row.same_kernels_as}
    assert shared == {(paths[1].name, BUILTIN): XNNPACK}
    assert rows[paths[1].name, BUILTIN].measurement == rows[paths[1].name, XNNPACK].measurement
