"""Signatures of SHA256SUMS by ssh-keygen (OpenSSH 8.1 and later): keys that developers have already.

The namespace keeps a signature for something else, such as a commit, from passing as one for a bundle.
"""

import shutil
import subprocess
from pathlib import Path

from edgekit.foundation.errors import BundleError, UsageError
from edgekit.foundation.files.temporary_folders import TemporaryFolder

NAMESPACE = "edgekit-bundle"
IDENTITY = "signer"
SECONDS = 120


def check_can_sign(key: Path) -> None:
    """Raise UsageError if there is no such key, BundleError if nothing here could sign: before any work."""
    if not key.is_file():
        raise UsageError(f"There is no key {key}. Expected a private SSH key: ssh-keygen -t ed25519 -f {key}")
    _program()


def sign(content: bytes, key: Path) -> bytes:
    """The armored signature of `content` by the private key in `key`; a passphrase is asked for on the terminal.

    Raises:
        BundleError: ssh-keygen is missing or refuses.
    """
    with TemporaryFolder() as folder:
        file = Path(folder) / "SHA256SUMS"
        file.write_bytes(content)
        done = _run("-Y", "sign", "-n", NAMESPACE, "-f", str(key.resolve()), str(file))
        signature = file.with_name(f"{file.name}.sig")
        if done.returncode or not signature.is_file():
            raise BundleError(
                f"ssh-keygen did not sign with {key}: {_said(done)}. Expected a private SSH key; make one: "
                f"ssh-keygen -t ed25519 -f {key}"
            )
        return signature.read_bytes()


def public_key_in(path: Path) -> str:
    """The key in a .pub file, "ssh-ed25519 AAAA…"; raises UsageError for anything else."""
    try:
        words = path.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The key {path} cannot be read. Expected a public SSH key, as in id_ed25519.pub.") from error
    if len(words) < 2 or not words[0].startswith(("ssh-", "ecdsa-", "sk-")):
        raise UsageError(f"{path} holds no public SSH key. Expected a line such as: ssh-ed25519 AAAA… name")
    return f"{words[0]} {words[1]}"


def signature_fault(content: bytes, signature: bytes, signer: Path | None) -> str | None:
    """What is wrong with a signature, in whole sentences; None if it is good.

    Args:
        content: What was signed.
        signature: As `sign` gave it.
        signer: The public key whose signature it must be; None: any key's.

    Raises:
        BundleError: ssh-keygen is missing.
        UsageError: `signer` is not a public key.
    """
    with TemporaryFolder() as name:
        folder = Path(name)
        (folder / "sig").write_bytes(signature)
        arguments = ["-n", NAMESPACE, "-s", str(folder / "sig")]
        if signer is None:
            done = _run("-Y", "check-novalidate", *arguments, content=content)
        else:
            (folder / "signers").write_text(f"{IDENTITY} {public_key_in(signer)}\n")
            allowed = ["-f", str(folder / "signers"), "-I", IDENTITY]
            done = _run("-Y", "verify", *allowed, *arguments, content=content)
    if done.returncode == 0:
        return None
    whose = f" by the key in {signer}" if signer else ""
    return f"SHA256SUMS.sig is not a signature of this bundle{whose}: {_said(done)}."


def signing_key(content: bytes, signature: bytes) -> str:
    """The fingerprint of the key that made a good signature: "ED25519 key SHA256:…"."""
    with TemporaryFolder() as name:
        (Path(name) / "sig").write_bytes(signature)
        done = _run("-Y", "check-novalidate", "-n", NAMESPACE, "-s", str(Path(name) / "sig"), content=content)
    return done.stdout.decode(errors="replace").strip().rpartition(" with ")[2]


def _run(*arguments: str, content: bytes | None = None) -> "subprocess.CompletedProcess[bytes]":
    try:
        return subprocess.run(
            [_program(), *arguments], input=content, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise BundleError(
            f"ssh-keygen gave no answer within {SECONDS} s. Load the key into ssh-agent first."
        ) from error


def _program() -> str:
    program = shutil.which("ssh-keygen")
    if program is None:
        raise BundleError(
            "Signatures need ssh-keygen, which is not installed here. Install OpenSSH (Debian: apt install "
            "openssh-client), or omit --sign and --signer."
        )
    return program


def _said(done: "subprocess.CompletedProcess[bytes]") -> str:
    lines = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
    return (lines[-1] if lines else f"exit status {done.returncode}").rstrip(".")[:300]
