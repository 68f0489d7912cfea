"""LiteRT.js and onnxruntime-web, as npm packages of pinned versions: found, or installed into edgekit's own cache."""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.foundation.errors import BundleError, UsageError
from edgekit.foundation.files.cache_folder import default_cache_dir, private_folder
from edgekit.foundation.files.temporary_folders import TemporaryFolder
from edgekit.foundation.grammar import listed
from edgekit.foundation.progress import Progress

PINNED = Path(__file__).parent / "npm"
"""package.json and package-lock.json: exact versions, with the checksums that npm compares."""

FILES: Mapping[str, tuple[str, ...]] = {
    "@litertjs/core": (
        "dist/index.js",
        *(
            f"wasm/litert_wasm_{kind}internal.{ending}"
            for kind in ("", "compat_", "threaded_")
            for ending in ("js", "wasm")
        ),
    ),
    "@litertjs/wasm-utils": ("dist/index.js",),
    "onnxruntime-web": (
        "dist/ort.wasm.min.mjs",
        "dist/ort-wasm-simd-threaded.mjs",
        "dist/ort-wasm-simd-threaded.wasm",
    ),
}
"""Package -> the files of it that the page loads. LiteRT.js chooses between three builds: the usual one, one for
browsers without relaxed SIMD, and one with threads."""

SECONDS = 600
"""What npm may take."""


@dataclass(frozen=True, kw_only=True)
class NpmPackage:
    """One package.

    Attributes:
        name: "onnxruntime-web".
        version: "1.30.0".
        license: As its package.json names it; "" if it names none.
        folder: Where it lies.
    """

    name: str
    version: str
    license: str
    folder: Path

    @property
    def files(self) -> Mapping[str, Path]:
        """Path below the folder of all packages, with "/" -> file on this machine."""
        return {f"{self.name}/{file}": self.folder / file for file in FILES[self.name]}


def pinned_versions() -> dict[str, str]:
    """Package -> version."""
    versions: dict[str, str] = json.loads((PINNED / "package.json").read_text())["dependencies"]
    return versions


def find_packages(node_modules: Path | None, progress: Progress) -> tuple[NpmPackage, ...]:
    """The packages in `node_modules`; None: in edgekit's cache, installed there first if they are missing.

    Raises:
        UsageError: `node_modules` lacks a package, or holds another version of it.
        BundleError: npm is missing or fails.
        CacheError: The cache is not this user's own.
    """
    if node_modules is not None:
        return tuple(_package(node_modules, name, version) for name, version in pinned_versions().items())
    return tuple(_package(_installed(progress), name, version) for name, version in pinned_versions().items())


def kept_packages() -> tuple[NpmPackage, ...]:
    """The packages in the folder that $EDGEKIT_NODE_MODULES names, or in edgekit's cache; nothing is installed.

    Raises:
        UsageError: They are not there, or in other versions.
    """
    named = os.environ.get("EDGEKIT_NODE_MODULES")
    folder = Path(named) if named else _cached() / "node_modules"
    return tuple(_package(folder, name, version) for name, version in pinned_versions().items())


def _package(node_modules: Path, name: str, version: str) -> NpmPackage:
    folder = node_modules / name
    advice = f"Install it: npm install {' '.join(f'{each}@{one}' for each, one in pinned_versions().items())}"
    try:
        described: Any = json.loads((folder / "package.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{node_modules} has no npm package {name}. Expected a folder node_modules with {name} {version}. {advice}"
        ) from error
    found = described.get("version") if isinstance(described, dict) else None
    if found != version:
        raise UsageError(f"{folder} is another version of {name}: expected {version}, received {found}. {advice}")
    missing = [file for file in FILES[name] if not (folder / file).is_file()]
    if missing:
        raise UsageError(f"{folder} is incomplete: it lacks {listed(missing)}. {advice}")
    return NpmPackage(name=name, version=version, license=str(described.get("license") or ""), folder=folder)


def _installed(progress: Progress) -> Path:
    """The folder node_modules in the cache, which npm fills once for each set of versions."""
    kept = _cached()
    home = kept.parent
    if not (kept / "node_modules").is_dir():
        npm = shutil.which("npm")
        if npm is None:
            raise BundleError(
                "The page needs LiteRT.js and onnxruntime-web, which npm installs, and there is no npm here. Install "
                "Node.js (nodejs.org), or name a folder that has them: --node-modules PATH"
            )
        private_folder(default_cache_dir())
        private_folder(home)
        with TemporaryFolder(home) as folder, progress.task("installing LiteRT.js and onnxruntime-web", 1) as advance:
            _run_npm(npm, folder)
            advance(1)
            (folder / "node_modules").rename(_made(kept) / "node_modules")
    return kept / "node_modules"


def _cached() -> Path:
    """Where the packages of these very versions lie in the cache."""
    lock = (PINNED / "package-lock.json").read_bytes()
    return default_cache_dir() / "npm" / hashlib.sha256(lock).hexdigest()[:16]


def _made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder


def _run_npm(npm: str, folder: Path) -> None:
    for file in ("package.json", "package-lock.json"):
        shutil.copyfile(PINNED / file, folder / file)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise BundleError(f"npm has not installed the packages of the page in {SECONDS} seconds. {_ADVICE}") from error
    if done.returncode != 0 or not (folder / "node_modules").is_dir():
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        said = [line for line in lines if "A complete log" not in line and not line.endswith("-debug-0.log")]
        reason = (said or ["it gave no reason"])[0].removeprefix("npm error ").removeprefix("npm ERR! ")
        raise BundleError(f"npm could not install the packages of the page: {reason[:300]}. {_ADVICE}")


_ADVICE = "Check the network, or name a folder that has them: --node-modules PATH"
