"""Run the notebooks of docs/ again and store their outputs, with the environment of this Python.

    python -m pip install nbclient ipykernel
    python docs/run_notebooks.py

What native libraries write to file descriptor 2, such as TensorFlow's start-up messages, goes to the terminal.
"""

import sys
import tempfile
from pathlib import Path

import nbformat
from jupyter_client import KernelManager
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parent / "notebooks"


def run(file: Path) -> None:
    """Run every cell in an empty folder; raises nbclient's error, which names the cell that fails."""
    notebook = nbformat.read(file, as_version=4)
    kernel = KernelManager()
    kernel.kernel_spec.argv = [
        *(sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"),
        "--IPKernelApp.capture_fd_output=False",
    ]
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(notebook, km=kernel, timeout=900, resources={"metadata": {"path": folder}}).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # times of each cell, which differ in every run
    nbformat.write(notebook, file)
    print(f"Ran {file.name}")


if __name__ == "__main__":
    for name in sorted(NOTEBOOKS.glob("*.ipynb")):
        run(name)
