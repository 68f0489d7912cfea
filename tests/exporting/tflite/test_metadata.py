"""Metadata of `.tflite` files: read back by table numbers, attached once, and, where it is installed, by MediaPipe."""

import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from support.tiny_models import converted_models, some_images

from edgekit.exporting.description import Authorship, FileDescription
from edgekit.exporting.tflite.metadata import with_metadata
from edgekit.foundation.errors import UsageError
from edgekit.inspection.model_file import inspect_file

NAMES = ("cat", 'dog "the" dog', "flower $x", "ship", "Zürich")
DESCRIPTION = FileDescription(
    name="tiny",
    class_names=NAMES,
    height=16,
    width=16,
    num_channels=3,
    precision="int8",
    output="probabilities",
    dataset="gradients",
    reference_sha256="ab" * 32,
    made_with="edgekit",
    authorship=Authorship(author="Ada", license="MIT", version="2"),
)


def answers(content: bytes, image: NDArray[np.uint8]) -> tuple[str, str, NDArray[Any]]:
    """Names of the input and the output, and what LiteRT answers."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=content, num_threads=1)
    interpreter.allocate_tensors()
    source, target = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    interpreter.set_tensor(source["index"], image[None].astype(source["dtype"]))
    interpreter.invoke()
    return source["name"], target["name"], interpreter.get_tensor(target["index"])


@pytest.mark.parametrize("name", ["int8", "float32", "int16x8", "float16", "dynamic"])
def test_scores_are_the_same_to_the_bit_and_tensors_have_readable_names(name: str) -> None:
    content, image = converted_models()[name], some_images(1)[0]
    described = with_metadata(content, DESCRIPTION)
    source, target, scores = answers(described, image)
    assert (source, target) == ("pixels", "scores")
    assert np.array_equal(scores, answers(content, image)[2])
    assert len(described) - len(content) < 8_000


def test_inspect_shows_what_the_file_says(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(with_metadata(converted_models()["int8"], DESCRIPTION))
    metadata = inspect_file(path).metadata
    assert metadata["metadata name"] == "tiny"
    assert metadata["metadata author"] == "Ada"
    assert metadata["metadata license"] == "MIT"
    assert metadata["metadata version"] == "2"
    assert metadata["metadata input"] == "pixels, RGB, mean 0, std 1"
    assert metadata["metadata output"] == "scores, labels.txt"
    assert metadata["attached files"] == "labels.txt"


def test_labels_lie_uncompressed_in_a_zip_archive_at_the_end() -> None:
    content = with_metadata(converted_models()["int8"], DESCRIPTION)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert archive.getinfo("labels.txt").compress_type == zipfile.ZIP_STORED
        assert archive.read("labels.txt").decode().splitlines() == list(NAMES)


def test_the_same_input_gives_the_same_bytes_and_old_metadata_is_replaced() -> None:
    content = converted_models()["int8"]
    once = with_metadata(content, DESCRIPTION)
    assert with_metadata(content, DESCRIPTION) == once
    again = with_metadata(once, replace(DESCRIPTION, name="other"))
    assert again.count(b"M001") == 1
    assert len(again) - len(once) < 16
    with zipfile.ZipFile(io.BytesIO(again)) as archive:
        assert archive.namelist() == ["labels.txt"]


def test_a_grayscale_model_says_so(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(with_metadata(converted_models()["int8"], replace(DESCRIPTION, num_channels=1)))
    assert inspect_file(path).metadata["metadata input"] == "pixels, grayscale, mean 0, std 1"


@pytest.mark.parametrize("name", ["", "  ", "two\nlines", "carriage\rreturn", "line\u2028separator"])
def test_a_class_name_that_is_no_line_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="a name of one line that is not empty"):
        with_metadata(converted_models()["int8"], replace(DESCRIPTION, class_names=(*NAMES[:-1], name)))


@pytest.mark.parametrize("position", range(8, 200, 7))
def test_damaged_metadata_is_said_and_the_file_is_still_described(position: int, tmp_path: Path) -> None:
    content = bytearray(with_metadata(converted_models()["int8"], DESCRIPTION))
    start = content.index(b"M001") - 4
    content[start + position : start + position + 4] = b"\xff\xff\xff\x7f"
    path = tmp_path / "model.tflite"
    path.write_bytes(bytes(content))
    assert inspect_file(path).operators


@pytest.mark.parametrize("name", ["int8", "float32"])
def test_mediapipe_reads_labels_and_normalization(name: str, tmp_path: Path) -> None:
    mediapipe = pytest.importorskip("mediapipe", reason="mediapipe is not installed: pip install mediapipe")
    from mediapipe.tasks.python import BaseOptions, vision

    path, image = tmp_path / "model.tflite", some_images(1)[0]
    path.write_bytes(with_metadata(converted_models()[name], DESCRIPTION))
    options = vision.ImageClassifierOptions(base_options=BaseOptions(model_asset_path=str(path)), max_results=1)
    with vision.ImageClassifier.create_from_options(options) as classifier:
        found = classifier.classify(mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=image))
    best = found.classifications[0].categories[0]
    scores = answers(path.read_bytes(), image)[2][0]
    assert best.category_name == NAMES[int(scores.argmax())]
