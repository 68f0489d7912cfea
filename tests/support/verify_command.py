"""`edgekit verify` in this process: its status and its document, or what it says where it refuses."""

import json
from typing import Any

import pytest

from edgekit.cli import run_command as edgekit


def verify_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    """The exit status, and the document of `--json`."""
    status = edgekit(["verify", *arguments, "--json"])
    out, err = capsys.readouterr()
    assert out, err
    return status, json.loads(out)


def refused_verify(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What an `edgekit verify` that ends with 1 or 2 says."""
    assert edgekit(["verify", *arguments]) in (1, 2)
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    return err
