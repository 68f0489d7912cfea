"""Zips that no bundle is: refused before anything is written."""

import zipfile
from pathlib import Path

import pytest

import edgekit
from edgekit.bundle.archive.reading import MAX_FILES, unpack
from edgekit.bundle.archive.writing import write_zip


def zip_of(path: Path, names: list[str], content: bytes = b"x", **attributes: int) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            for attribute, value in attributes.items():
                setattr(info, attribute, value)
            archive.writestr(info, content)
    return path


@pytest.mark.parametrize(
    "names",
    [
        ["a/../../evil"],
        ["../evil"],
        ["/etc/evil"],
        ["a/ok", "/evil"],
        ["C:/evil"],
        ["a\\..\\evil"],
        ["a//b"],
        ["a/./b"],
        ["a/new\nline"],
        ["a/\u202egnp.exe"],
        ["a/b", "A/B"],
        ["a/b", "a/b/c"],
        ["a/ok", "b/ok"],
        ["loose"],
        ["a/ok", "loose"],
        [],
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_paths_that_no_bundle_has_are_refused_and_nothing_is_written(tmp_path: Path, names: list[str]) -> None:
    path, target = zip_of(tmp_path / "bad.zip", names), tmp_path / "target"
    target.mkdir()
    with pytest.raises(edgekit.BundleError, match="cannot be trusted as a bundle"):
        unpack(path, target)
    assert list(target.iterdir()) == []
    assert sorted(each.name for each in tmp_path.iterdir()) == ["bad.zip", "target"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_path_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(edgekit.BundleError, match="twice"):
        unpack(zip_of(tmp_path / "bad.zip", ["a/b", "a/b"]), tmp_path / "target")


def test_links_and_encrypted_files_are_refused(tmp_path: Path) -> None:
    link = zip_of(tmp_path / "link.zip", ["a/link"], b"/etc/passwd", external_attr=0o120777 << 16, create_system=3)
    with pytest.raises(edgekit.BundleError, match="a link or a device"):
        unpack(link, tmp_path / "target")
    packed = zip_of(tmp_path / "packed.zip", ["a/b"], b"x")
    content = bytearray(packed.read_bytes())
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    packed.write_bytes(content)
    with pytest.raises(edgekit.BundleError, match="encrypted"):
        unpack(packed, tmp_path / "target")


def test_bombs_are_refused_before_they_are_unpacked(tmp_path: Path) -> None:
    bomb = zip_of(tmp_path / "bomb.zip", ["a/zeros"], bytes(2**26))
    assert bomb.stat().st_size < 2**17
    with pytest.raises(edgekit.BundleError, match="claims to hold 67,108,864 bytes"):
        unpack(bomb, tmp_path / "target")
    assert not (tmp_path / "target").exists()
    many = zip_of(tmp_path / "many.zip", [f"a/{number}" for number in range(MAX_FILES + 1)], b"")
    with pytest.raises(edgekit.BundleError, match="20,001 entries"):
        unpack(many, tmp_path / "target")


def test_a_file_that_holds_more_than_its_entry_says_is_not_written_beyond_that(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "liar.zip", ["a/b"], bytes(100_000))
    content = bytearray(path.read_bytes())
    place = content.rindex(b"PK\x01\x02") + 24
    content[place : place + 4] = (10).to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(edgekit.BundleError, match="not a valid zip"):
        unpack(path, tmp_path / "target")
    written = tmp_path / "target" / "a" / "b"
    assert not written.exists() or written.stat().st_size <= 10


def test_what_is_written_is_read_back_and_has_fixed_times_order_and_permissions(tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"weights")
    write_zip(tmp_path / "one.zip", "top", {"b": b"2", "a/c": tmp_path / "model"})
    folder = unpack(tmp_path / "one.zip", tmp_path / "target")
    assert folder == tmp_path / "target" / "top"
    assert (folder / "a" / "c").read_bytes() == b"weights"
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        entries = archive.infolist()
    assert [entry.filename for entry in entries] == ["top/a/c", "top/b"]
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.external_attr >> 16 for entry in entries} == {0o100644}
    (tmp_path / "model").touch()
    write_zip(tmp_path / "two.zip", "top", {"a/c": tmp_path / "model", "b": b"2"})
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_an_entry_without_a_name_is_refused(tmp_path: Path) -> None:
    """Python's own `ZipInfo.is_dir` fails there with an IndexError."""
    path = zip_of(tmp_path / "bad.zip", ["a/ok", "QQ"])
    path.write_bytes(path.read_bytes().replace(b"QQ", b"\0Q"))
    with zipfile.ZipFile(path) as archive:
        assert [entry.filename for entry in archive.infolist()] == ["a/ok", ""]
    (tmp_path / "target").mkdir()
    with pytest.raises(edgekit.BundleError, match="cannot be trusted as a bundle"):
        unpack(path, tmp_path / "target")
