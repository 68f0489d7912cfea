"""The functions on a real run, without TensorFlow: what they take, write and return, and that they print nothing."""

import json
import os
import shutil
from pathlib import Path

import pytest
from support.linear_run import digits, make_run

import edgekit
from edgekit.cli import run_command as run_edgekit


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("api") / "made").path


@pytest.fixture
def run(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run called "made" under exported/ of the current folder."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(made, tmp_path / "exported" / "made")
    return Path("exported/made")


def test_verify_writes_what_the_command_writes_prints_nothing_and_returns_the_report(
    run: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    report = edgekit.verify(str(run), runtimes=["onnxruntime"], precisions=["float32"])
    assert capfd.readouterr() == ("", "")
    assert report.exit_status == 0
    assert [path.name for path in report.files] == ["verification.json", "verification.md", "verification.html"]
    assert report.to_dict() == json.loads((run / "verification.json").read_text())
    (row,) = report.candidates
    assert row.accuracy == report.reference.accuracy == row.measurement.accuracy
    assert (row.agreement, row.accuracy_delta) == (1.0, 0.0)
    page = (run / "verification.html").read_text()
    assert "edgekit verify exported/made --runtime onnxruntime --precision float32" in page
    assert str(run.resolve()) not in page


def test_a_run_is_a_path_a_name_or_a_run_folder_and_by_default_the_newest(run: Path) -> None:
    folder = edgekit.RunFolder(run)
    for given in (run, str(run), "made", folder, None, [run], ["made"]):
        report = edgekit.verify(given, runtimes="onnxruntime", data="digits", sample=50)
        assert [row.num_images for row in (one.measurement for one in report.candidates)] == [50]
    for given in (run, str(run), "made", folder, None):
        assert edgekit.report(given).path == run / "model-report.html"
        assert [one.run for one in edgekit.compare(given).runs] == [str(run)]


def test_files_a_reference_and_data_are_text_or_paths_and_data_may_be_loaded(run: Path, tmp_path: Path) -> None:
    file = shutil.copy(run / "onnx" / "model-float32.onnx", tmp_path / "elsewhere.onnx")
    kept = sorted(run.iterdir())
    for target in (str(file), Path(file), [str(file)], (Path(file),)):
        for reference in (run, str(run / "reference.npz"), "made", edgekit.RunFolder(run)):
            data = digits() if isinstance(target, str) else "digits"
            report = edgekit.verify(target, reference=reference, data=data, runtimes=["onnxruntime"], sample=40)
            assert (report.exit_status, report.files) == (0, ())
    page = tmp_path / "new folder" / "page.html"
    report = edgekit.verify(file, reference=run, data=digits(), runtimes=["onnxruntime"], sample=40, html=page)
    assert report.files == (page,)
    assert "edgekit verify elsewhere.onnx --reference exported/made" in page.read_text().replace(f"{tmp_path}/", "")
    assert sorted(run.iterdir()) == kept


def test_the_same_call_and_command_find_the_same(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = edgekit.verify(run, runtimes=["onnxruntime"], pairwise=True, sample=60, seed=3).to_dict()
    assert run_edgekit(["verify", str(run), "--runtime", "onnxruntime", "--pairwise", "--sample", "60", "--seed", "3", "--json"]) == 0  # fmt: skip # noqa: E501
    typed = json.loads(capsys.readouterr().out)
    measured = ("seconds", "images_per_second", "peak_rss_bytes")
    for document in (report, typed):
        for row in document["candidates"]:
            assert all(row.pop(name) > 0 for name in measured)
    assert report == typed


def test_progress_is_shown_on_stderr_where_it_is_asked_for(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edgekit.verify(run, runtimes=["onnxruntime"], sample=40, progress=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert "40 of 40" in err


def test_an_object_with_the_two_methods_gets_every_step(run: Path) -> None:
    from contextlib import nullcontext

    class Window:
        def __init__(self) -> None:
            self.tasks: list[str] = []

        def task(self, description: str, total: int | None) -> nullcontext:
            self.tasks.append(description)
            return nullcontext(lambda _: None)

        def note(self, text: str) -> None: ...

    window = Window()
    assert isinstance(window, edgekit.Progress)
    edgekit.verify(run, runtimes=["onnxruntime"], sample=40, progress=window)
    assert any("model-float32.onnx" in task or "float32" in task for task in window.tasks)


def test_reports_are_compared_as_objects_paths_or_runs(run: Path) -> None:
    report = edgekit.verify(run, runtimes=["onnxruntime"])
    for old in (report, run, "made", run / "verification.json"):
        changes = edgekit.compare_reports(old, report, max_worsening=0)
        assert (changes.exit_status, len(changes.candidates)) == (0, 1)
    assert repr(changes) == "<ReportChanges of 1 candidate: none worse>"


def test_a_file_is_inspected_with_its_kernels_where_they_are_asked_for(run: Path) -> None:
    file = run / "onnx" / "model-float32.onnx"
    info = edgekit.inspect(file)
    assert info.kernels is None
    assert "weights" not in info.to_dict()
    with_weights = edgekit.inspect(str(file), weights=True)
    assert with_weights.kernels is not None
    assert with_weights.to_dict()["weights"]["kernels"][0]["num_weights"] == 32 * 32 * 3 * 10
    assert repr(info) == f"<ModelInfo model-float32.onnx: float32, {file.stat().st_size:,} bytes>"


def test_lists_and_data_sets() -> None:
    assert "resnet8" in [one.name for one in edgekit.recipes()]
    assert next(one.name for one in edgekit.datasets()) == "digits"
    assert "onnxruntime" in [one.name for one in edgekit.runtimes()]
    for rows in (edgekit.recipes(), edgekit.datasets(), edgekit.runtimes()):
        assert [json.loads(json.dumps(row.to_dict()))["name"] for row in rows] == [row.name for row in rows]
    dataset = edgekit.datasets("digits")
    assert repr(dataset) == "<Dataset digits: 10 classes, 1,295 training, 143 validation and 359 test images>"
    assert edgekit.load_dataset(dataset) is dataset


def test_a_page_can_be_given_wherever_a_path_can(run: Path, tmp_path: Path) -> None:
    page = edgekit.report("made", out=str(tmp_path / "page.html"))
    assert os.fspath(page) == str(tmp_path / "page.html")
    assert page.to_dict() == {"run": "exported/made", "page": str(tmp_path / "page.html")}
    with pytest.raises(edgekit.UsageError, match="is not overwritten"):
        edgekit.report("made", out=run / "manifest.json")


def test_every_result_has_a_short_repr(run: Path) -> None:
    report = edgekit.verify(run, runtimes=["onnxruntime"], sample=40)
    assert repr(report) == "<VerificationReport on 359 test images of digits: 1 pass>"
    assert repr(report.candidates[0]).startswith(
        "<CandidateReport onnx/model-float32.onnx in onnxruntime: pass, accuracy "
    )
    assert repr(edgekit.RunFolder(run)) == "<RunFolder exported/made>"
    assert repr(edgekit.compare(run)) == "<RunComparison of 1 run, exported/made first>"


def test_a_run_of_an_interrupted_training_says_the_same_everywhere(run: Path) -> None:
    with pytest.raises(edgekit.RunFolderError, match=r"holds no model\.keras"):
        edgekit.export("made", precisions="float32")
