"""A verified run on digits, its bundle, and the bundle of the committed run, made once."""

import shutil
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from support.bundles import RESNET8, ZipMaker
from support.linear_run import digits, make_run

import edgekit


@pytest.fixture(scope="session")
def verified_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with one faithful ONNX file that was verified. Copy it before you change it."""
    made = make_run(tmp_path_factory.mktemp("bundle") / "made")
    made.record(dataset={**made.manifest["dataset"], "class_names": list(digits().class_names)})
    report = edgekit.verify(made)
    assert report.exit_status == 0
    return made.path


@pytest.fixture
def own_run(verified_run: Path, tmp_path: Path) -> Path:
    """A copy of the run, to change."""
    return Path(shutil.copytree(verified_run, tmp_path / "own" / "made"))


@pytest.fixture(scope="session")
def bundle_zip(verified_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of the verified run."""
    return edgekit.bundle(verified_run, out=tmp_path_factory.mktemp("zip") / "made-bundle.zip").path


@pytest.fixture(scope="session")
def resnet8_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of the committed run, without photographs."""
    out = tmp_path_factory.mktemp("zip") / "resnet8.zip"
    return edgekit.bundle(RESNET8, no_images=True, unverified=True, out=out).path


@pytest.fixture(scope="session")
def unpacked(resnet8_zip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of the committed run, as an app developer has it. Copy it before you change it."""
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(resnet8_zip) as archive:
        archive.extractall(folder)
    return folder / "resnet8"


@pytest.fixture
def remade(bundle_zip: Path, tmp_path: Path) -> ZipMaker:
    """`remade({name: content})`: the bundle with other contents, None for a file that is left out."""

    def make(changes: Mapping[str, bytes | None]) -> Path:
        path = tmp_path / "remade.zip"
        with zipfile.ZipFile(bundle_zip) as old, zipfile.ZipFile(path, "w") as new:
            for entry in old.infolist():
                content = changes.get(entry.filename, old.read(entry))
                if content is not None:
                    new.writestr(entry.filename, content)
            for name in set(changes) - set(old.namelist()):
                new.writestr(name, changes[name] or b"")
        return path

    return make


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A private SSH key; its public half lies beside it."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("needs ssh-keygen (OpenSSH)")
    path = tmp_path_factory.mktemp("keys") / "release"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path
