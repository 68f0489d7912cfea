"""The path of a verification: every folder and file is read once, before anything runs; what is left in the run."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from support.fakes import FakeExecutor
from support.linear_run import digits, nearest_mean, scores_of
from support.linear_run import make_run as make_linear_run
from support.run_folders import make_run

from edgekit.artifact import Artifact
from edgekit.datasets import Split
from edgekit.execution import file_inspection
from edgekit.foundation.errors import RunFolderError
from edgekit.foundation.progress import SilentProgress
from edgekit.runs.folder import RunFolder
from edgekit.runtimes import ExecutionFailure
from edgekit.verification.job import Verified, verify_request
from edgekit.verification.request import ExternalModelOptions, VerifyRequest
from edgekit.verification.subjects.resolve import resolve_request
from edgekit.verification.verdict.report import DatasetSummary, ReferenceSummary, Verdict, VerificationReport


def test_a_run_that_cannot_be_written_to_says_how_to_verify_it_all_the_same(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    run.verification_path.mkdir()  # in the way, for root too
    images, labels = np.zeros((1, 4, 4, 3), np.uint8), np.zeros(1, np.int64)
    dataset = DatasetSummary(name="digits", split="test", num_images=1, sha256="a" * 64, class_names=("one", "two"))
    reference = ReferenceSummary(runtime="keras", accuracy=1.0, report=())
    report = VerificationReport(dataset=dataset, reference=reference, tolerance={}, candidates=())
    verified = Verified(report=report, run=run, test=Split(images=images, labels=labels))
    with pytest.raises(RunFolderError, match=r"Could not write .*edgekit verify FILE… --reference .*run"):
        verified.save("# Markdown", "<html>")
    assert not run.verification_path.with_suffix(".md").exists()


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What reads run folders and model files, in the order of the calls."""
    calls: list[str] = []

    def count(owner: type, name: str, says: str) -> None:
        original = getattr(owner, name)
        function = getattr(original, "__func__", original)

        def counted(*arguments, **options):
            calls.append(says)
            return function(*arguments, **options)

        monkeypatch.setattr(owner, name, classmethod(counted) if function is not original else counted)

    count(RunFolder, "__init__", "run")
    count(RunFolder, "reference", "reference")
    count(Artifact, "from_file", "artifact")
    return calls


def test_a_run_is_read_once_and_before_anything_runs(
    tmp_path: Path, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_linear_run(tmp_path / "exported" / "made")
    monkeypatch.chdir(tmp_path)
    dataset = digits()
    places = {image.tobytes(): place for place, image in enumerate(dataset.test.images)}
    scores = scores_of(*nearest_mean(dataset), dataset.test.images)
    when_it_ran: list[list[str]] = []

    def answer(images):
        when_it_ran.append(list(reads))
        return scores[[places[image.tobytes()] for image in images]]

    reads.clear()
    executor = FakeExecutor({"model-float32.onnx": answer})
    for targets in ([], [run.path], [run.path / "onnx" / "model-float32.onnx"]):
        reads.clear()
        when_it_ran.clear()
        verified = verify_request(VerifyRequest(targets=targets), executor=executor)
        assert verified.report.count(Verdict.PASS) == len(when_it_ran) == 2
        assert reads.count("run") == 1
        assert reads.count("reference") == 1
        assert when_it_ran[0] == reads


def test_files_of_one_run_read_it_once_however_many_they_are(
    tmp_path: Path, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_linear_run(tmp_path / "exported" / "made")
    model = run.path / "onnx" / "model-float32.onnx"
    outside = tmp_path / "outside.onnx"
    outside.write_bytes(model.read_bytes())
    reads.clear()
    failing = FakeExecutor({name: ExecutionFailure(reason="hung") for name in (model.name, outside.name)})
    request = VerifyRequest(
        targets=[model, outside], reference=run.path, external=ExternalModelOptions(check_inputs=False)
    )
    verified = verify_request(request, executor=failing)
    assert {row.artifact for row in verified.report.candidates} == {model.name, outside.name}
    assert reads.count("run") == 1


def test_all_files_of_a_run_are_read_by_one_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker for each of nine files took 3 seconds in which nothing ran."""
    run = make_linear_run(tmp_path / "made")
    more = shutil.copy(run.path / "onnx" / "model-float32.onnx", run.path / "onnx" / "model-dynamic.onnx")
    run.record(Path(more))
    started = []
    start = file_inspection.run_in_worker
    monkeypatch.setattr(file_inspection, "run_in_worker", lambda job, *rest: started.append(job) or start(job, *rest))
    resolve_request(VerifyRequest(targets=[run.path]), SilentProgress())
    assert [len(job.files) for job in started] == [2]
