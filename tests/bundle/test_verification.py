"""`edgekit.verify_bundle`: every way in which a bundle is not what was made."""

import hashlib
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from support.bundles import ZipMaker, contents, golden

import edgekit
from edgekit.cli import run_command


def test_a_bundle_as_it_was_made_passes_as_a_zip_and_unpacked(bundle_zip: Path, tmp_path: Path) -> None:
    check = edgekit.verify_bundle(bundle_zip)
    assert check.faults == ()
    assert check.exit_status == 0
    assert check.status == "is verified"
    assert check.signature == "not signed"
    assert check.num_files == len(contents(bundle_zip))
    with zipfile.ZipFile(bundle_zip) as archive:
        archive.extractall(tmp_path)
    assert edgekit.verify_bundle(tmp_path / "made").exit_status == 0


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"made/labels.txt": b"others\n"}, "labels.txt was changed: its SHA-256 differs."),
        ({"made/golden/images/00.png": None}, "golden/images/00.png is missing."),
        ({"made/extra.txt": b"more"}, "extra.txt was added: no checksum is listed for it."),
        ({"made/bundle.json": b"{}"}, "The lists of files cannot be read"),
        ({"made/SHA256SUMS": b"no sums"}, "The lists of files cannot be read"),
    ],
)
def test_a_file_that_was_changed_removed_or_added_is_named(
    remade: ZipMaker, changes: dict[str, bytes | None], fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = remade(changes)
    check = edgekit.verify_bundle(path)
    assert check.faults[0].startswith(fault)
    assert check.golden is None
    assert check.exit_status == 1
    assert run_command(["verify-bundle", str(path)]) == 1
    assert fault in capsys.readouterr().out


def test_a_model_that_was_replaced_with_its_checksums_is_found_by_its_outputs(
    bundle_zip: Path, remade: ZipMaker
) -> None:
    files = contents(bundle_zip)
    expected = golden(bundle_zip)["models"][0]["expected"]
    values = np.frombuffer(files[expected], "<f4").copy()
    values[17] += 0.01
    files[expected] = values.tobytes()
    document = json.loads(files["bundle.json"])
    document["files"][expected]["sha256"] = hashlib.sha256(files[expected]).hexdigest()
    files["bundle.json"] = json.dumps(document).encode()
    names = sorted(set(files) - {"SHA256SUMS"})
    sums = "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in names).encode()
    path = remade({f"made/{name}": files[name] for name in (expected, "bundle.json")} | {"made/SHA256SUMS": sums})
    check = edgekit.verify_bundle(path)
    assert check.faults == ()
    assert check.exit_status == 3
    assert check.golden is not None
    assert "Image 01 differs by 0.01" in check.golden.rows[0].reason


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_zip_is_a_sentence(bundle_zip: Path, tmp_path: Path, share: float) -> None:
    content = bundle_zip.read_bytes()
    (tmp_path / "cut.zip").write_bytes(content[: int(share * len(content))])
    with pytest.raises(edgekit.BundleError, match="not a valid zip"):
        edgekit.verify_bundle(tmp_path / "cut.zip")


def test_flipped_bytes_anywhere_never_pass(bundle_zip: Path, tmp_path: Path) -> None:
    content = bytearray(bundle_zip.read_bytes())
    with zipfile.ZipFile(bundle_zip) as archive:
        starts = [entry.header_offset + 60 + len(entry.filename) for entry in archive.infolist()]
    for place in starts[:: max(1, len(starts) // 12)]:
        damaged = bytearray(content)
        damaged[place] ^= 0xFF
        (tmp_path / "flipped.zip").write_bytes(damaged)
        with pytest.raises(edgekit.BundleError, match="not a valid zip"):
            edgekit.verify_bundle(tmp_path / "flipped.zip")


def test_what_is_no_bundle_is_a_sentence(tmp_path: Path, bundle_zip: Path) -> None:
    for path, message in ((tmp_path / "no.zip", "There is no bundle"), (Path("/dev/null"), "a pipe or a device")):
        with pytest.raises(edgekit.BundleError, match=message):
            edgekit.verify_bundle(path)
    (tmp_path / "empty").mkdir()
    for check in (edgekit.verify_bundle, edgekit.check_golden):
        with pytest.raises(edgekit.BundleError, match="holds no"):
            check(tmp_path / "empty")
    (tmp_path / "empty" / "link").symlink_to("/etc/passwd")
    with pytest.raises(edgekit.BundleError, match="is a link"):
        edgekit.verify_bundle(tmp_path / "empty")
    with pytest.raises(edgekit.UsageError, match="anyone can sign"):
        edgekit.verify_bundle(bundle_zip, require_signature=True)


def test_a_signature_counts_for_its_key_and_its_content(
    verified_run: Path, bundle_zip: Path, key: Path, tmp_path: Path
) -> None:
    public = key.with_suffix(".pub")
    signed = edgekit.bundle(verified_run, out=tmp_path / "signed.zip", sign=key)
    assert signed.is_signed
    again = edgekit.bundle(verified_run, out=tmp_path / "again.zip", sign=key)
    assert again.path.read_bytes() == signed.path.read_bytes()
    check = edgekit.verify_bundle(signed, require_signature=True, signer=public)
    assert (check.exit_status, check.faults) == (0, ())
    assert "SHA256:" in check.signature
    assert "no signer was named" in edgekit.verify_bundle(signed).signature
    assert "not signed" in edgekit.verify_bundle(bundle_zip, signer=public).faults[0]
    other = tmp_path / "other.pub"
    kind, value, *_ = public.read_text().split()
    other.write_text(f"{kind} {value[:-8]}AAAAAAAA x\n")
    assert "not a signature of this bundle" in edgekit.verify_bundle(signed, signer=other).faults[0]
    with pytest.raises(edgekit.UsageError, match="no public SSH key"):
        edgekit.verify_bundle(signed, signer=key)
    with zipfile.ZipFile(signed) as old, zipfile.ZipFile(tmp_path / "moved.zip", "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"  labels.txt", b"  Labels.txt"))
    assert any(
        "not a signature" in each for each in edgekit.verify_bundle(tmp_path / "moved.zip", signer=public).faults
    )


def test_without_ssh_keygen_or_a_key_that_is_said(
    verified_run: Path, key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.zip"
    with pytest.raises(edgekit.UsageError, match=r"There is no key .*ssh-keygen -t ed25519"):
        edgekit.bundle(verified_run, out=out, no_images=True, sign=tmp_path / "none")
    (tmp_path / "junk").write_text("no key")
    (tmp_path / "junk").chmod(0o600)
    with pytest.raises(edgekit.BundleError, match="ssh-keygen did not sign"):
        edgekit.bundle(verified_run, out=out, no_images=True, sign=tmp_path / "junk")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(edgekit.BundleError, match="ssh-keygen, which is not installed here"):
        edgekit.bundle(verified_run, out=out, no_images=True, sign=key)
    assert not out.exists()
