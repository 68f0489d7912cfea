"""The notebooks of docs/ run as they are, have the outputs of a real run, and name no folder of anybody's machine."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.helpers import ROOT

NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))
PATHS = re.compile(r"/(?:home|root|tmp|work|Users|var|opt)/")

RUN_CELLS = """
import json, sys, traceback

namespace = {"__name__": "__main__"}
for number, source in enumerate(json.load(sys.stdin)):
    try:
        exec(compile(source, f"<code cell {number}>", "exec"), namespace)
    except BaseException:
        traceback.print_exc()
        sys.exit(f"code cell {number} raises:\\n{source}")
"""


def code_cells(notebook: Path) -> list[dict[str, Any]]:
    return [cell for cell in json.loads(notebook.read_text())["cells"] if cell["cell_type"] == "code"]


def run_cells(sources: list[str], folder: Path) -> "subprocess.CompletedProcess[str]":
    """All cells in one namespace, in a process of its own, as a notebook runs them."""
    return subprocess.run(
        [sys.executable, "-c", RUN_CELLS],
        input=json.dumps(sources),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "toolkit")},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )


def test_there_are_notebooks() -> None:
    assert {path.stem for path in NOTEBOOKS} == {"digits-to-int8", "verify-my-own-model"}


@pytest.mark.slow
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_cell_of_a_notebook_runs(notebook: Path, tmp_path: Path) -> None:
    result = run_cells(["".join(cell["source"]) for cell in code_cells(notebook)], tmp_path)
    assert result.returncode == 0, f"{notebook.name}: {result.stderr[-3000:]}"


def test_a_cell_that_raises_is_named(tmp_path: Path) -> None:
    result = run_cells(["a = 1", "print(a)", "1 / 0"], tmp_path)
    assert result.returncode != 0
    assert "code cell 2 raises:\n1 / 0" in result.stderr
    assert result.stdout == "1\n"


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_begins_with_what_it_does_and_has_outputs(notebook: Path) -> None:
    first = json.loads(notebook.read_text())["cells"][0]
    assert first["cell_type"] == "markdown"
    assert "".join(first["source"]).startswith("# ")
    cells = code_cells(notebook)
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert sum(bool(cell["outputs"]) for cell in cells) >= len(cells) - 1
    kinds = {output["output_type"] for cell in cells for output in cell["outputs"]}
    assert kinds <= {"stream", "execute_result", "display_data"}


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_names_no_folder_of_a_machine(notebook: Path) -> None:
    texts = json.dumps([cell["outputs"] for cell in code_cells(notebook)])
    assert PATHS.findall(texts) == []


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_library_writes_into_a_notebook(notebook: Path) -> None:
    outputs = [output for cell in code_cells(notebook) for output in cell["outputs"]]
    assert {output["name"] for output in outputs if output["output_type"] == "stream"} == {"stdout"}
    text = json.dumps(outputs)
    assert not re.search(r"INFO:|WARNING:|tensorflow|absl", text)
    assert all("".join(output["data"]["text/plain"]) for output in outputs if "data" in output), "an empty display"
