"""Which run, files, reference, data, runtimes and precisions a user means."""

import shutil
from pathlib import Path

import pytest
from support.fakes import fake_artifact
from support.linear_run import digits, make_run, nearest_mean, write_onnx

from edgekit.artifact import Format, Precision
from edgekit.foundation.errors import ArtifactError, RunFolderError, UnknownNameError, UsageError, VerificationError
from edgekit.runs.folder import RunFolder
from edgekit.verification.subjects.data import data_of, image_size_of
from edgekit.verification.subjects.selection import SelectedFile, choose_candidates, select


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("selection") / "exported" / "made").path


@pytest.fixture
def run(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(made, tmp_path / "exported" / "made"))


def test_a_run_is_the_newest_or_named_or_a_path(run: Path, tmp_path: Path) -> None:
    for targets in ([], [Path("made")], [Path("exported/made")], [run]):
        selection = select(targets, None)
        assert selection.is_whole_run
        assert [file.name for file in selection.files] == ["onnx/model-float32.onnx"]
        assert selection.run is not None
        assert selection.run.name == "made"
        assert data_of(selection.run, tmp_path).name == "digits"
        assert image_size_of(selection) == (32, 32)


def test_a_file_in_a_run_is_compared_with_its_run(run: Path) -> None:
    selection = select([Path("exported/made/onnx/model-float32.onnx")], None)
    assert not selection.is_whole_run
    assert selection.files[0].name == "onnx/model-float32.onnx"
    assert selection.files[0].artifact.precision is Precision.FLOAT32
    assert selection.run is not None


def test_a_file_from_elsewhere_needs_a_reference(run: Path, tmp_path: Path) -> None:
    weights, biases = nearest_mean(digits())
    elsewhere = write_onnx(tmp_path / "elsewhere.onnx", weights, biases)
    with pytest.raises(VerificationError, match="--reference"):
        select([elsewhere], None)
    with pytest.raises(VerificationError, match="--reference"):
        select([run / "onnx" / "model-float32.onnx", elsewhere], None)
    for reference in (run, run / "reference.npz"):
        selection = select([elsewhere], reference)
        assert data_of(selection.run, tmp_path).name == "digits"
        assert selection.files[0].artifact.precision is Precision.FLOAT32
    again = shutil.copytree(run / "onnx", tmp_path / "other")
    twins = [run / "onnx" / "model-float32.onnx", again / "model-float32.onnx"]
    assert [file.name for file in select(twins, run).files] == [path.as_posix() for path in twins]
    alone = Path(shutil.copy(run / "reference.npz", tmp_path / "alone.npz"))
    selection = select([elsewhere], alone)
    assert selection.run is None
    assert image_size_of(selection) == (32, 32)
    with pytest.raises(VerificationError, match="--data"):
        data_of(selection.run, tmp_path)


def test_a_changed_or_unlisted_file_is_refused(run: Path) -> None:
    artifact = run / "onnx" / "model-float32.onnx"
    shutil.copy(artifact, run / "onnx" / "model-int8.onnx")
    with pytest.raises(RunFolderError, match="manifest"):
        select([run / "onnx" / "model-int8.onnx"], None)
    artifact.write_bytes(artifact.read_bytes() + b" ")
    for targets in ([run], [artifact]):
        with pytest.raises(RunFolderError, match=r"model-float32\.onnx was changed"):
            select(targets, None)


def test_what_is_not_there_is_named(run: Path) -> None:
    with pytest.raises(RunFolderError, match="no run folder nowhere"):
        select([Path("nowhere")], None)
    with pytest.raises(ArtifactError, match=r"no file nothing\.onnx"):
        select([Path("nothing.onnx")], None)
    with pytest.raises(ArtifactError, match=r"no file nothing\.onnx"):
        select([Path("nothing.onnx")], run)
    with pytest.raises(UsageError, match="one run folder"):
        select([run, Path("nothing.onnx")], None)
    with pytest.raises(RunFolderError, match="not a reference"):
        select([run], run / "manifest.json")


def test_a_run_without_artifacts_says_what_to_do(run: Path) -> None:
    bare = RunFolder.create(run.parent / "bare", {})
    with pytest.raises(VerificationError, match="edgekit export"):
        select([bare.path], None)


def test_every_artifact_in_every_runtime_of_its_format(tmp_path: Path) -> None:
    artifacts = [
        SelectedFile(name=one.path.name, artifact=one, run=None)
        for one in (
            fake_artifact(tmp_path, Format.TFLITE, Precision.INT8),
            fake_artifact(tmp_path, Format.ONNX, Precision.FLOAT32),
        )
    ]
    everything = {(one.name, one.runtime) for one in choose_candidates(artifacts, [], [])}
    assert everything >= {
        ("model-int8.tflite", "litert-xnnpack"),
        ("model-int8.tflite", "litert-builtin"),
        ("model-int8.tflite", "litert-reference"),
        ("model-float32.onnx", "onnxruntime"),
    }
    assert all(("onnx" in name) == ("onnx" in runtime) for name, runtime in everything)
    assert len(choose_candidates(artifacts, ["litert-builtin"], [])) == 1
    assert len(choose_candidates(artifacts, ["litert-builtin", "onnxruntime"], [Precision.FLOAT32])) == 1
    with pytest.raises(UnknownNameError, match="Did you mean 'litert-xnnpack'"):
        choose_candidates(artifacts, ["litert-xnpack"], [])
    with pytest.raises(VerificationError, match="no float16 artifact"):
        choose_candidates(artifacts, [], [Precision.FLOAT16])
    with pytest.raises(VerificationError, match="nothing to verify"):
        choose_candidates(artifacts, ["onnxruntime"], [Precision.INT8])
