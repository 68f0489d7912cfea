"""`edgekit verify` and `predict` on external files that say themselves how they are fed and read."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from PIL import Image
from support.models.external_models import (
    CLASSES,
    SIDE,
    classifier,
    colour_images,
    colours,
    reordered,
    wanting,
    write_colours,
    write_int8_tflite,
    write_onnx,
)
from support.verify_command import verify_json

import edgekit
from edgekit.exporting.description import Authorship, FileDescription
from edgekit.exporting.tflite import metadata

ORDER = [3, 2, 1, 0]
NAMES = tuple(CLASSES[place] for place in ORDER)
WORDS = "fed and read as its own metadata say"


def described(content: bytes, names: tuple[str, ...]) -> bytes:
    """The file with metadata as another tool writes them: a normalization to -1 to 1, and these labels."""
    description = FileDescription(
        name="theirs",
        class_names=names,
        height=SIDE,
        width=SIDE,
        num_channels=3,
        precision="int8",
        output="probabilities",
        dataset="theirs",
        reference_sha256="",
        made_with="theirs",
        authorship=Authorship(),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(metadata, "MEAN", 127.5)
        patch.setattr(metadata, "STD", 127.5)
        return metadata.with_metadata(content, description)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`colours.npz`; `theirs.tflite`, which wants -1 to 1, and `theirs.onnx`: both with classes in another order."""
    made = tmp_path_factory.mktemp("own")
    write_colours(made / "colours.npz")
    linear = reordered(classifier(colours(made / "colours.npz")), ORDER)
    write_int8_tflite(made / "a.tflite", wanting(linear, scale=1 / 127.5, offset=-1.0), scale=1 / 127.5, zero_point=0)
    (made / "theirs.tflite").write_bytes(described((made / "a.tflite").read_bytes(), NAMES))
    (made / "other-labels.tflite").write_bytes(described((made / "a.tflite").read_bytes(), ("a", "b", "c", "d")))
    model = onnx.load(write_onnx(made / "theirs.onnx", linear))
    model.metadata_props.add(key="names", value=str(dict(enumerate(NAMES))))
    onnx.save(model, made / "theirs.onnx")
    write_onnx(made / "float.onnx", classifier(colours(made / "colours.npz")))
    return made


def verified(capsys: pytest.CaptureFixture[str], folder: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    data = f"npz:{folder / 'colours.npz'}"
    runtimes = ("--runtime", "litert-builtin", "--runtime", "onnxruntime")
    return verify_json(capsys, *arguments, "--data", data, *runtimes)


def test_files_are_fed_and_read_as_they_say(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = (str(folder / "theirs.tflite"), str(folder / "theirs.onnx"))
    _, document = verified(capsys, folder, *files, "--reference", str(folder / "float.onnx"))
    assert [row["agreement"] > 0.99 for row in document["candidates"]] == [True, True]
    by_name = {row["artifact"]: " ".join(row["remarks"]) for row in document["candidates"]}
    assert f"It is {WORDS}: pixels as -1..1, classes as in its labels.txt." in by_name["theirs.tflite"]
    assert f"It is {WORDS}: classes as in its names." in by_name["theirs.onnx"]
    assert not document["reference"]["input"]


def test_a_reference_is_read_so_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    theirs = str(folder / "theirs.tflite")
    status, document = verified(capsys, folder, theirs, "--reference", theirs)
    assert status == 0
    assert document["reference"]["accuracy"] > 0.9
    assert document["candidates"][0]["agreement"] == 1.0
    assert any(WORDS in remark for remark in document["reference"]["remarks"])


def test_options_come_first(folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("\n".join(CLASSES))
    options = ("--labels", str(tmp_path / "labels.txt"), "--input-range", "-1..1", "--no-input-check")
    of_reference = ("--reference-input-range", "0..255")
    reference = ("--reference", str(folder / "float.onnx"))
    status, document = verified(capsys, folder, str(folder / "theirs.tflite"), *reference, *options, *of_reference)
    assert status == 3
    [row] = document["candidates"]
    assert row["accuracy"] < 0.5
    assert not any(WORDS in remark for remark in row["remarks"])


def test_labels_of_other_classes_are_not_used(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reference = ("--reference", str(folder / "float.onnx"))
    _, document = verified(capsys, folder, str(folder / "other-labels.tflite"), *reference)
    [row] = document["candidates"]
    assert "labels.txt lacks 4 classes of the data set, such as 'red'" in " ".join(row["remarks"])


def test_predict_names_the_classes_of_the_file(folder: Path, tmp_path: Path) -> None:
    images, labels = colour_images(4, 5)
    for number, image in enumerate(images):
        Image.fromarray(image).save(tmp_path / f"{number}.png")
    report = edgekit.predict(folder / "theirs.tflite", [tmp_path / f"{number}.png" for number in range(4)])
    assert [one.label for one in report.predictions] == [CLASSES[label] for label in labels]
    assert WORDS in report.remarks[0]


def test_inspect_lists_the_classes_of_a_file(folder: Path) -> None:
    said = edgekit.inspect(folder / "theirs.tflite").self_description
    assert said is not None
    assert (said.class_names, said.labels_source, said.mean, said.std) == (NAMES, "labels.txt", (127.5,), (127.5,))


def test_labels_that_unpack_to_more_than_any_list_are_left_out(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "bomb.tflite"
    plain = (folder / "theirs.tflite").read_bytes()
    path.write_bytes(plain[: plain.index(b"PK\x03\x04")])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("labels.txt", b"a\n" * 50_000_000)
    assert path.stat().st_size < 300_000
    said = edgekit.inspect(path).self_description
    assert said is not None
    assert said.class_names == ()
    assert np.allclose(said.mean, 127.5)
