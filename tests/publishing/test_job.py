"""From a verified run to a repository that `verify-bundle` accepts, by the command, in a process of its own."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.helpers import ROOT
from support.servers.hub import StandIn

import edgekit
from edgekit.cli import run_command


def in_a_process(hub: StandIn, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    """As a user would, whose hub is the stand-in."""
    kept = {name: value for name, value in os.environ.items() if name != "HF_HUB_OFFLINE"}
    places = {"HF_ENDPOINT": hub.address, "HF_TOKEN": "hf_write", "HF_HUB_DISABLE_XET": "1"}
    return subprocess.run(
        [sys.executable, "-m", "edgekit", "publish", *map(str, arguments)],
        env={**kept, **places, "PYTHONPATH": str(ROOT / "toolkit")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_what_is_published_is_a_bundle(hub: StandIn, verified_run: Path, tmp_path: Path) -> None:
    done = in_a_process(hub, verified_run, "--to", "hub:jane/flowers", "--visible", "public")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"Published: {hub.address}/jane/flowers (")
    assert ", public)\nCommit: http" in done.stdout
    assert "Traceback" not in done.stderr
    assert not any("agent" in line for line in hub.requests)  # the library's telemetry
    made = hub.repositories["jane/flowers"]
    assert made.files["README.md"].startswith(b"---\nlicense:")
    assert b"pipeline_tag" in made.files["README.md"]
    for name, content in made.files.items():
        if name != ".gitattributes":
            (tmp_path / "got" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "got" / name).write_bytes(content)
    assert edgekit.verify_bundle(tmp_path / "got").exit_status == 0
    bundle = edgekit.bundle(verified_run, out=tmp_path / "made.zip")
    assert {name.removeprefix("onnx/") for name in bundle.models} == {
        Path(name).name for name in made.files if name.endswith(".onnx")
    }


def test_a_dry_run_lists_the_files_and_asks_nobody(
    hub: StandIn, verified_run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("HF_TOKEN")
    line = ["publish", str(verified_run), "--to", "hub:jane/flowers", "--dry-run"]
    assert run_command(line) == 0
    shown = capsys.readouterr().out.splitlines()
    assert "README.md" in {each.split()[-1] for each in shown}
    assert shown[-1].endswith("for jane/flowers; nothing was uploaded")
    assert run_command([*line, "--json"]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (document["is_dry_run"], document["url"]) == (True, None)
    assert document["files"]["onnx/model-float32.onnx"] == (verified_run / "onnx/model-float32.onnx").stat().st_size
    assert len(document["files"]) == len(shown) - 1
    assert hub.requests == []


def test_a_run_that_is_not_verified_is_published_only_if_asked_to(
    hub: StandIn, verified_run: Path, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(verified_run, tmp_path / "made"))
    (run / "verification.json").unlink()
    with pytest.raises(edgekit.BundleError, match="were never verified"):
        edgekit.publish(run, to="hub:jane/flowers", no_images=True)
    assert hub.repositories == {}
    report = edgekit.publish(run, to="hub:jane/flowers", no_images=True, unverified=True)
    assert report.problems == ("The model files were never verified.",)
    assert report.published is not None
    assert report.published.is_private
    card = hub.repositories["jane/flowers"].files["README.md"]
    assert b"**Not verified: The model files were never verified.**" in card


def test_wrong_arguments_are_refused_before_anything_is_asked(
    hub: StandIn, verified_run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for options, message in (
        ([], "Nothing says where to publish. Expected hub:USER/REPO"),
        (["--to", "jane/flowers"], "'jane/flowers' is not a place to publish to."),
        (["--to", "hub:jane/flowers", "--visible", "all"], "Unknown visibility 'all'"),
        (["--to", "hub:jane/flowers", "--no-images", "--data", "digits"], "--no-images needs no data"),
    ):
        assert run_command(["publish", str(verified_run), *options]) == 2
        assert message in capsys.readouterr().err
    assert run_command(["publish", "nowhere", "--to", "hub:jane/flowers"]) == 1
    assert hub.requests == []


def test_a_failure_is_one_line_for_programs_too(hub: StandIn, verified_run: Path) -> None:
    hub.faults["/commit/"] = 403
    done = in_a_process(hub, verified_run, "--to", "hub:jane/flowers", "--no-images", "--json")
    assert done.returncode == 1
    assert "403" in json.loads(done.stdout)["error"]["message"]
