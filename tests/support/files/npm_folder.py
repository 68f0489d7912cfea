"""npm packages of the right versions whose files hold nothing."""

import json
from pathlib import Path

import pytest

from edgekit.clients.npm_packages import FILES, pinned_versions


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
