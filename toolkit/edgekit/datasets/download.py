"""Fetches one file over HTTP into a folder: progress, resume after a break, checksum. Knows no data set."""

import hashlib
import http.client
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from edgekit.foundation.errors import DatasetError
from edgekit.foundation.files.cache_folder import check_private, private_folder
from edgekit.foundation.progress import Advance, Progress

CHUNK_BYTES = 1 << 18
MAX_CONNECTIONS = 8
TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class Download:
    """One file on the network.

    Attributes:
        url: Where it is, http or https.
        file_name: What it is called on disk.
        size_bytes: Its whole size.
        sha256: Hex digest of its bytes.
        advice: A sentence about what to do if it cannot be had.
    """

    url: str
    file_name: str
    size_bytes: int
    sha256: str
    advice: str


class _ConnectionBrokeError(Exception):
    """The network failed; what has arrived is kept."""


def fetch(download: Download, folder: Path, progress: Progress) -> Path:
    """The file in `folder`, downloaded if it is not there yet.

    A broken download stays as `NAME.part` and is continued by the next call.

    Raises:
        CacheError: The folder is not this user's own.
        DatasetError: No network, a refusal by the server, a wrong checksum, or no room on the disk.
    """
    path = folder / download.file_name
    if path.is_file() and path.stat().st_size == download.size_bytes:
        check_private(folder)
        return path
    part = folder / f"{download.file_name}.part"
    try:
        private_folder(folder)
        _complete(download, part, progress)
        _check(download, part)
        part.replace(path)
    except OSError as error:
        raise DatasetError(
            f"Could not keep the download in {folder}: {error.strerror or error}. Free {download.size_bytes:,} bytes "
            f"there, or name another folder in EDGEKIT_CACHE."
        ) from error
    return path


def _complete(download: Download, part: Path, progress: Progress) -> None:
    """Connect until the file is whole, as long as every connection brings something."""
    with progress.task(f"Downloading {download.file_name} (bytes)", download.size_bytes) as advance:
        advance(_size(part))
        for _ in range(MAX_CONNECTIONS):
            before, reason = _size(part), "the connection ended early"
            if before >= download.size_bytes:
                break
            try:
                _continue(download, part, advance)
            except _ConnectionBrokeError as error:
                reason = str(error)
            if _size(part) <= before:
                break
    if _size(part) < download.size_bytes:
        raise DatasetError(
            f"Could not download {download.url}: {reason}, after {_size(part):,} of {download.size_bytes:,} bytes. "
            f"The next try continues from there. {download.advice}"
        )


def _continue(download: Download, part: Path, advance: Advance) -> None:
    """Ask for the bytes that are missing and append them; start over if the server cannot do that."""
    start = _size(part)
    request = urllib.request.Request(download.url, headers={"Range": f"bytes={start}-"} if start else {})  # noqa: S310
    with _open(request) as response:
        appends = response.status == http.HTTPStatus.PARTIAL_CONTENT
        if appends and not str(response.headers["Content-Range"]).startswith(f"bytes {start}-"):
            raise _ConnectionBrokeError(f"the server sent the range {response.headers['Content-Range']}")
        if start and not appends:
            advance(-start)
        with part.open("ab" if appends else "wb") as file:
            while file.tell() <= download.size_bytes and (chunk := _read(response)):
                file.write(chunk)
                advance(len(chunk))


def _open(request: urllib.request.Request) -> http.client.HTTPResponse:
    try:
        response: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS)  # noqa: S310
    except urllib.error.HTTPError as error:
        error.close()
        raise _ConnectionBrokeError(f"the server answered {error.code} {error.reason}") from error
    except urllib.error.URLError as error:
        raise _ConnectionBrokeError(str(error.reason)) from error
    except (OSError, http.client.HTTPException) as error:
        raise _ConnectionBrokeError(str(error) or type(error).__name__) from error
    return response


def _read(response: http.client.HTTPResponse) -> bytes:
    try:
        return response.read(CHUNK_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise _ConnectionBrokeError(str(error) or type(error).__name__) from error


def _check(download: Download, part: Path) -> None:
    with part.open("rb") as file:
        received = hashlib.file_digest(file, "sha256").hexdigest()
    if received != download.sha256:
        part.unlink()
        raise DatasetError(
            f"{download.url} did not deliver the file that was expected: SHA-256 {download.sha256}, received "
            f"{received}. It was deleted; try again. {download.advice}"
        )


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
