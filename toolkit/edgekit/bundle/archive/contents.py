"""The content of a bundle: its fixed names, and the two lists of all files. Reads and writes nothing."""

from collections.abc import Mapping
from typing import TypedDict

from edgekit.foundation.files.schema import Count

SCHEMA_VERSION = 1
BUNDLE_JSON, SUMS, SIGNATURE = "bundle.json", "SHA256SUMS", "SHA256SUMS.sig"
CARD, LABELS, MANIFEST = "README.md", "labels.txt", "manifest.json"
VERIFICATION, PAGE = "verification.json", "verification.html"
VERIFIED = "verified"
"""The status of a bundle whose models were verified as they are."""


class FileEntry(TypedDict):
    """Size and checksum of one file."""

    size_bytes: Count
    sha256: str


class BundleDocument(TypedDict):
    """bundle.json: what the bundle is, and every file in it but itself, SHA256SUMS and its signature.

    `status` is "verified", or in a few words why the model files are not.
    """

    schema_version: int
    name: str
    edgekit: str
    target: str | None
    status: str
    models: list[str]
    files: dict[str, FileEntry]


def sums_text(digests: Mapping[str, str]) -> str:
    """SHA256SUMS, as `sha256sum -c` reads it: path -> hex digest, by path."""
    return "".join(f"{digests[path]}  {path}\n" for path in sorted(digests))


def read_sums(text: str) -> dict[str, str]:
    """Path -> hex digest of what `sums_text` wrote; raises ValueError for anything else."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        digest, separator, path = line.partition("  ")
        is_digest = len(digest) == 64 and not set(digest) - set("0123456789abcdef")
        if not is_digest or not separator or not path or path in found:
            raise ValueError(f"line {number} is not a checksum and path, or names a file twice")
        found[path] = digest
    return found
