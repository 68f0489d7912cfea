"""A verified run on digits, and npm packages of the right versions whose files hold nothing."""

import json
from pathlib import Path

import pytest
from support.linear_run import digits, make_run

import edgekit
from edgekit.web_demo.packages import FILES, pinned_versions


@pytest.fixture(scope="session")
def verified_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One faithful ONNX file. Copy it before you change it."""
    made = make_run(tmp_path_factory.mktemp("demo") / "made")
    made.record(dataset={**made.manifest["dataset"], "class_names": list(digits().class_names)})
    assert edgekit.verify(made).exit_status == 0
    return made.path


@pytest.fixture
def node_modules(tmp_path: Path) -> Path:
    """What npm would install, without the contents."""
    folder = tmp_path / "node_modules"
    for name, version in pinned_versions().items():
        for file in FILES[name]:
            (folder / name / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / name / file).write_bytes(b"")
        (folder / name / "package.json").write_text(json.dumps({"name": name, "version": version, "license": "MIT"}))
    return folder
