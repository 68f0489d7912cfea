"""Every Python block of the README and of docs/ runs: block after block, in one folder per document.

The folder holds what the texts call a user's own: see `write_belongings`.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.documents import DOCUMENTS, write_belongings
from support.helpers import ROOT

BLOCK = re.compile(r"^( *)```python\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
WITH_PYTHON = [path for path in DOCUMENTS if "```python" in path.read_text()]


def blocks_of(document: Path) -> list[str]:
    return [match[2] for match in BLOCK.finditer(document.read_text())]


@pytest.fixture(scope="module")
def belongings(finished_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_belongings(tmp_path_factory.mktemp("belongings"), finished_run)


def test_the_documents_have_python_blocks() -> None:
    assert {ROOT / "README.md", ROOT / "docs" / "reference" / "python-api.md"} <= set(WITH_PYTHON)


@pytest.mark.slow
@pytest.mark.parametrize("document", WITH_PYTHON, ids=lambda path: path.name)
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
