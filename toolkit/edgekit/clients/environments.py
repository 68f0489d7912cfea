"""One environment per client in edgekit's cache, with exact versions: made on request, never the user's own."""

import hashlib
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from edgekit.clients.catalog import Client
from edgekit.clients.npm_packages import find_packages, kept_packages
from edgekit.foundation.errors import BundleError, ClientError, UsageError
from edgekit.foundation.files.cache_folder import default_cache_dir, private_folder
from edgekit.foundation.progress import Progress

SECONDS = 1800
"""What pip may take."""
_COMPLETE = "complete"
"""The file that is written last: a folder without it is made again."""


def python_of(client: Client) -> Path | None:
    """The Python that has the client: that of its environment, else this one if the package is installed here."""
    if not client.pins:
        return Path(sys.executable)
    if client.npm and not _has_npm_packages():
        return None
    folder = folder_of(client)
    if (folder / _COMPLETE).is_file():
        return _python_in(folder)
    try:
        version(client.package)
    except PackageNotFoundError:
        return None
    return Path(sys.executable)


def folder_of(client: Client) -> Path:
    """Where the environment of these very versions lies."""
    wanted = "\n".join([*client.pins, sys.version])
    return default_cache_dir() / "clients" / f"{client.package}-{hashlib.sha256(wanted.encode()).hexdigest()[:12]}"


def make_environment(client: Client, progress: Progress) -> Path:
    """Make the environment of `client` if it is not there; its Python.

    Raises:
        ClientError: pip or npm is missing, fails, or takes too long.
        CacheError: The cache is not this user's own.
    """
    if client.npm and not _has_npm_packages():
        _install_npm_packages(client, progress)
    folder = folder_of(client)
    if not client.pins or (folder / _COMPLETE).is_file():
        return _python_in(folder) if client.pins else Path(sys.executable)
    private_folder(default_cache_dir())
    private_folder(folder.parent)
    shutil.rmtree(folder, ignore_errors=True)
    with progress.task(f"installing {client.package} into {folder}", None):
        try:
            _run(client, [sys.executable, "-m", "venv", str(folder)])
            command = [str(_python_in(folder)), "-m", "pip", "install", "--quiet", "--no-input", "--only-binary=:all:"]
            command += ["--disable-pip-version-check", *([] if client.needs_dependencies else ["--no-deps"])]
            _run(client, [*command, *client.pins])
            (folder / _COMPLETE).write_text("\n".join(client.pins))
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    return _python_in(folder)


def _has_npm_packages() -> bool:
    try:
        kept_packages()
    except UsageError:
        return False
    return True


def _install_npm_packages(client: Client, progress: Progress) -> None:
    if shutil.which("npm") is None:
        raise ClientError(
            f"{client.name} needs npm packages, and there is no npm here. Install Node.js (apt-get install npm, or "
            f"from nodejs.org), then: {client.install_command}"
        )
    try:
        find_packages(None, progress)
    except BundleError as error:
        raise ClientError(f"The npm packages of {client.name} could not be installed: {error}") from error


def _run(client: Client, command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ClientError(f"The environment of {client.name} could not be made: {error}. Try again.") from error
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        said = lines or done.stderr.splitlines()[-1:] or ["no reason was given"]
        raise ClientError(
            f"The environment of {client.name} could not be made: {said[0].removeprefix('ERROR: ')[:300]}. Expected "
            f"pip to install {', '.join(client.pins)}. Check the network, then: {client.install_command}"
        )


def _python_in(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
