"""Every Python block of the README and of docs/ runs: block after block, in one folder per document.

The folder holds what the texts call a user's own: `mine.keras`, `a.tflite` and `model.tflite`, and `photos/`.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from support.helpers import ROOT
from support.linear_run import digits

BLOCK = re.compile(r"^( *)```python\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
DOCUMENTS = [
    path for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))) if "```python" in path.read_text()
]
NUM_PHOTOS = 6
"""Photographs per class and split."""


def blocks_of(document: Path) -> list[str]:
    return [match[2] for match in BLOCK.finditer(document.read_text())]


@pytest.fixture(scope="module")
def belongings(finished_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("belongings")
    shutil.copy(finished_run / "model.keras", folder / "mine.keras")
    for name in ("a.tflite", "model.tflite"):
        shutil.copy(finished_run / "tflite" / "model-int8.tflite", folder / name)
    dataset = digits()
    for split_name, split in (("train", dataset.train), ("test", dataset.test)):
        for label, class_name in enumerate(dataset.class_names):
            photos = folder / "photos" / split_name / class_name
            photos.mkdir(parents=True)
            for number, image in enumerate(split.images[split.labels == label][:NUM_PHOTOS]):
                Image.fromarray(image).save(photos / f"{number}.png")
    return folder


def test_the_documents_have_python_blocks() -> None:
    assert {ROOT / "README.md", ROOT / "docs" / "python-api.md"} <= set(DOCUMENTS)


@pytest.mark.slow
@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_python_blocks_of_a_document_run(document: Path, belongings: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(belongings, tmp_path / "user"))
    result = subprocess.run(
        [sys.executable, "-c", "\n".join(blocks_of(document))],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "toolkit")},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-3000:]
