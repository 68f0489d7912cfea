"""Where the runtimes of the page come from: exact versions, from a folder or from npm, and one sentence otherwise."""

import json
import shutil
from pathlib import Path

import pytest

from edgekit.clients.npm_packages import FILES, PINNED, find_packages, pinned_versions
from edgekit.foundation.errors import BundleError, UsageError
from edgekit.foundation.progress import SilentProgress


def fake_npm(folder: Path, script: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "npm").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "npm").chmod(0o755)


def test_versions_are_exact_and_locked_with_checksums() -> None:
    lock = json.loads((PINNED / "package-lock.json").read_text())["packages"]
    for name, version in pinned_versions().items():
        assert version[0].isdigit()
        assert lock[f"node_modules/{name}"]["version"] == version
    others = [entry for path, entry in lock.items() if path]
    assert all(entry["integrity"].startswith("sha512-") for entry in others)
    assert "resolved" not in json.dumps(lock)


def test_a_folder_with_the_packages_is_used(node_modules: Path) -> None:
    packages = find_packages(node_modules, SilentProgress())
    assert {one.name for one in packages} == set(FILES)
    assert all(file.is_file() for one in packages for file in one.files.values())


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda folder: shutil.rmtree(folder / "onnxruntime-web"), "has no npm package onnxruntime-web"),
        (
            lambda folder: (folder / "onnxruntime-web" / "package.json").write_text('{"version": "1.0.0"}'),
            "another version of onnxruntime-web: expected 1.30.0, received 1.0.0",
        ),
        (lambda folder: (folder / "onnxruntime-web" / "package.json").write_text("[]"), "received None"),
        (lambda folder: (folder / "onnxruntime-web" / "package.json").write_text("{"), "has no npm package"),
        (
            lambda folder: (folder / "@litertjs" / "core" / "wasm" / "litert_wasm_internal.wasm").unlink(),
            "it lacks wasm/litert_wasm_internal.wasm",
        ),
    ],
)
def test_other_folders_are_refused_with_the_command_that_helps(node_modules: Path, harm: object, message: str) -> None:
    harm(node_modules)  # type: ignore[operator]
    with pytest.raises(UsageError, match="npm install @litertjs/core@") as refused:
        find_packages(node_modules, SilentProgress())
    assert message in str(refused.value)


def test_without_npm_the_message_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BundleError, match=r"there is no npm here\. Install Node\.js .* --node-modules PATH"):
        find_packages(None, SilentProgress())


def test_npm_installs_once_into_the_cache(node_modules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEKIT_CACHE", str(tmp_path / "cache"))
    fake_npm(
        tmp_path / "bin",
        f'echo "$@" >> {tmp_path}/calls\ngrep -q 1.30.0 package-lock.json || exit 1\ncp -r {node_modules} .',
    )
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    for _ in range(2):
        packages = find_packages(None, SilentProgress())
        assert all(one.folder.is_relative_to(tmp_path / "cache") for one in packages)
    calls = (tmp_path / "calls").read_text().splitlines()
    assert calls == ["ci --ignore-scripts --no-audit --no-fund --loglevel=error"]
    assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700


def test_what_npm_complains_about_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEKIT_CACHE", str(tmp_path / "cache"))
    fake_npm(tmp_path / "bin", 'echo "npm error network request to the registry failed" >&2\nexit 1')
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    with pytest.raises(
        BundleError, match="could not install the packages of the page: network request to the registry"
    ):
        find_packages(None, SilentProgress())
    assert list((tmp_path / "cache" / "npm").iterdir()) == []
