"""A verified run on digits, and npm packages of the right versions whose files hold nothing."""

from pathlib import Path

import pytest
from support.files.npm_folder import node_modules
from support.linear_run import digits, make_run

import edgekit

__all__ = ["node_modules", "verified_run"]


@pytest.fixture(scope="session")
def verified_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One faithful ONNX file. Copy it before you change it."""
    made = make_run(tmp_path_factory.mktemp("demo") / "made")
    made.record(dataset={**made.manifest["dataset"], "class_names": list(digits().class_names)})
    assert edgekit.verify(made).exit_status == 0
    return made.path
