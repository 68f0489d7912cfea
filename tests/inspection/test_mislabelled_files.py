"""A file that is not what its name says is refused with what it seems to be."""

import io
import zipfile
from pathlib import Path

import pytest

from edgekit.foundation.errors import ArtifactError
from edgekit.inspection.model_file import inspect_file


def archive(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name in names:
            file.writestr(zipfile.ZipInfo(name), "{}")  # of 1980: the bytes are part of a test's name
    return buffer.getvalue()


@pytest.mark.parametrize("suffix", [".tflite", ".onnx"])
@pytest.mark.parametrize(
    ("content", "seems"),
    [
        (archive("config.json", "metadata.json", "model.weights.h5"), "a Keras model"),
        (archive("model/data.pkl"), "a PyTorch model"),
        (archive("readme.txt"), "a zip archive"),
        (archive("readme.txt")[:40], "a damaged zip archive"),
        (b"\x89HDF\r\n\x1a\n" + bytes(100), "HDF5"),
        (b"<!DOCTYPE html><html>404</html>", "HTML"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "git lfs pull"),
        (b'{"message": "not found"}', "JSON"),
        (b"hello", "plain text"),
        (bytes(5000), "zero bytes"),
        (bytes(range(255, 0, -1)) * 20, "no format that edgekit knows"),
        (b"\x1f\x8b\x08" + bytes(20), "gzip"),
    ],
)
def test_other_files_are_recognized(content: bytes, seems: str, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"model{suffix}"
    path.write_bytes(content)
    with pytest.raises(ArtifactError, match=seems):
        inspect_file(path)


@pytest.mark.parametrize("start", [b"\x08\x01\x12\x00", b"\n\x05\n\x03abc"])
def test_a_graph_of_tensorflow_is_called_that(start: bytes, tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(start)
    with pytest.raises(ArtifactError, match="by its name a graph of TensorFlow"):
        inspect_file(tmp_path / "saved_model.pb")


def test_an_onnx_model_called_tflite_and_the_other_way_round(
    tmp_path: Path, tflite_models: dict[str, Path], onnx_file: Path
) -> None:
    (tmp_path / "a.tflite").write_bytes(onnx_file.read_bytes())
    (tmp_path / "b.onnx").write_bytes(tflite_models["int8"].read_bytes())
    with pytest.raises(ArtifactError, match=r"holds an ONNX model. Rename it to a\.onnx"):
        inspect_file(tmp_path / "a.tflite")
    with pytest.raises(ArtifactError, match=r"holds a LiteRT .* model. Rename it to b\.tflite"):
        inspect_file(tmp_path / "b.onnx")


def test_a_model_of_another_suffix_is_read_by_its_content(tmp_path: Path, tflite_models: dict[str, Path]) -> None:
    (tmp_path / "model.lite").write_bytes(tflite_models["int8"].read_bytes())
    assert inspect_file(tmp_path / "model.lite").format == "tflite"


@pytest.mark.parametrize("name", ["missing.tflite", "folder.onnx", "empty.tflite", "model.keras", "model.h5"])
def test_missing_empty_folder_and_keras(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder.onnx").mkdir()
    (tmp_path / "empty.tflite").touch()
    for keras_name in ("model.keras", "model.h5"):
        (tmp_path / keras_name).write_bytes(archive("config.json"))
    words = {
        "missing": "There is no file",
        "folder": "is a folder",
        "empty": "0 bytes",
        "model": "not Keras models yet",
    }
    with pytest.raises(ArtifactError, match=words[Path(name).stem]):
        inspect_file(tmp_path / name)
