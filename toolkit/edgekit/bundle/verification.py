"""Checks that a bundle is unchanged: every file, the signature, and the golden vectors. Trusts nothing in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.bundle.archive.contents import BUNDLE_JSON, SIGNATURE, SUMS, VERIFIED, BundleDocument, read_sums
from edgekit.bundle.archive.opening import files_in, opened
from edgekit.bundle.archive.signing import signature_fault, signing_key
from edgekit.bundle.archive.writing import digest_of
from edgekit.bundle.golden.checking import GoldenReport, check_folder
from edgekit.foundation.errors import BundleError, RunFolderError
from edgekit.foundation.files.documents import read_json
from edgekit.foundation.progress import Progress

MAX_LIST = 2**24
"""Bytes of SHA256SUMS, far more than of the largest bundle."""

MAX_NAMED = 10
"""Files of one kind that are named."""


@dataclass(frozen=True, kw_only=True)
class BundleCheck:
    """What was found.

    Attributes:
        bundle: What was checked.
        faults: What is wrong, in whole sentences; empty if nothing is.
        status: What bundle.json says of the verification of its models.
        signature: Who signed it, in words.
        num_files: Files whose checksums are right.
        golden: The golden vectors; None if the files are not those that were made, so nothing of them was run.
    """

    bundle: str
    faults: tuple[str, ...]
    status: str
    signature: str
    num_files: int
    golden: GoldenReport | None

    @property
    def exit_status(self) -> int:
        """0: it is what was made, and runs as it did. 1: a file or the signature is wrong. 3: outputs differ."""
        if self.faults:
            return 1
        return self.golden.exit_status if self.golden else 1

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "bundle": self.bundle,
            "faults": list(self.faults),
            "status": self.status,
            "signature": self.signature,
            "num_files": self.num_files,
            "golden": self.golden.to_dict() if self.golden else None,
        }


def check_bundle(bundle: Path, signer: Path | None, progress: Progress) -> BundleCheck:
    """Check the bundle at `bundle`, a zip or a folder.

    Args:
        bundle: Where it lies.
        signer: The public key that must have signed it; None: a signature is looked at, and need not be there.
        progress: Where it reports itself.

    Raises:
        BundleError: It cannot be read at all, or holds what no bundle holds: a path outside its folder, a link, a path
            twice, more than it can hold.
    """
    with opened(bundle) as folder:
        there = files_in(folder)
        missing = [name for name in (SUMS, BUNDLE_JSON) if name not in there]
        if missing:
            raise BundleError(f"{bundle} holds no {' and no '.join(missing)}. Expected what edgekit bundle wrote.")
        for name in (SUMS, SIGNATURE):
            if name in there and (size := (folder / name).stat().st_size) > MAX_LIST:
                raise BundleError(
                    f"{name} of {bundle} has {size:,} bytes. Expected at most {MAX_LIST:,}. Get it again."
                )
        faults = list(_faults_of_files(folder, there))
        signature, fault = _signature(folder, there, signer)
        faults += [fault] if fault else []
        status = "" if faults else _document(folder)["status"]
        golden = None if faults else check_folder(folder, str(bundle), (), progress)
    return BundleCheck(
        bundle=str(bundle),
        faults=tuple(faults),
        status="is verified" if status == VERIFIED else status,
        signature=signature,
        num_files=len(there),
        golden=golden,
    )


def _document(folder: Path) -> BundleDocument:
    document: BundleDocument = read_json(folder / BUNDLE_JSON, BundleDocument, remedy="Get the bundle again.")
    return document


def _faults_of_files(folder: Path, there: list[str]) -> Iterator[str]:
    """What was changed, removed or added since the lists were written."""
    try:
        sums = read_sums((folder / SUMS).read_text(encoding="utf-8"))
        listed = _document(folder)["files"]
    except (ValueError, RunFolderError) as error:
        yield f"The lists of files cannot be read: {error}. Get the bundle again."
        return
    present = set(there) - {SUMS, SIGNATURE}
    yield from _named("is missing", sorted(set(sums) - present))
    yield from _named("was added: no checksum is listed for it", sorted(present - set(sums)))
    changed = [name for name in sorted(present & set(sums)) if digest_of(folder / name) != sums[name]]
    yield from _named("was changed: its SHA-256 differs", changed)
    others = {name: digest for name, digest in sums.items() if name != BUNDLE_JSON}
    if others != {name: entry["sha256"] for name, entry in listed.items()}:
        yield f"{BUNDLE_JSON} and {SUMS} do not list the same files. Get the bundle again."


def _named(what: str, names: list[str]) -> Iterator[str]:
    yield from (f"{name} {what}." for name in names[:MAX_NAMED])
    if len(names) > MAX_NAMED:
        yield f"{len(names) - MAX_NAMED} more: {what}."


def _signature(folder: Path, there: list[str], signer: Path | None) -> tuple[str, str | None]:
    """(who signed, what is wrong)."""
    if SIGNATURE not in there:
        fault = f"It is not signed. Expected a signature by the key in {signer}: edgekit bundle --sign KEY makes one."
        return "not signed", fault if signer else None
    content, signature = (folder / SUMS).read_bytes(), (folder / SIGNATURE).read_bytes()
    wrong = signature_fault(content, signature, signer)
    if wrong:
        return "not valid", wrong
    key = signing_key(content, signature)
    trust = f"the key in {signer}" if signer else "no signer was named (--signer KEY.pub)"
    return f"signed with {key}; {trust}", None
