"""What a user types for data, and what it means."""

from pathlib import Path

import pytest

from edgekit.datasets import DatasetRequest
from edgekit.datasets.location import parsed_location
from edgekit.foundation.errors import DatasetError, UnknownNameError, UsageError

KNOWN = ("digits", "folder", "csv", "npz", "hub")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "photos" / "cats").mkdir(parents=True)
    (tmp_path / "labels.csv").write_text("a,b\n")
    (tmp_path / "arrays.npz").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "digits").mkdir()


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("digits", ("digits", None)),
        ("folder:photos", ("folder", "photos")),
        ("folder:", ("folder", None)),
        ("hub:owner/name", ("hub", "owner/name")),
        ("./photos", ("folder", "./photos")),
        ("photos", ("folder", "photos")),
        ("photos/", ("folder", "photos/")),
        ("photos#2", ("folder", "photos#2")),
        ("labels.csv", ("csv", "labels.csv")),
        ("./labels.csv#b", ("csv", "./labels.csv#b")),
        ("arrays.npz", ("npz", "arrays.npz")),
        ("./digits", ("folder", "./digits")),
    ],
)
def test_a_path_is_data_of_its_kind(typed: str, found: tuple[str, str | None]) -> None:
    assert parsed_location(typed, KNOWN) == found


def test_the_home_folder_is_found(tmp_path: Path) -> None:
    source, place = parsed_location("~/photos", KNOWN)
    assert source == "folder"
    assert DatasetRequest(location=place).path == tmp_path / "photos"
    with pytest.raises(DatasetError, match="home folder in ~nobody-at-all/x is not known"):
        parsed_location("~nobody-at-all/x", KNOWN)


def test_a_path_that_leads_nowhere_and_a_name_that_nobody_knows_are_told_apart() -> None:
    with pytest.raises(UsageError, match="There is no file or folder nowhere/at/all"):
        parsed_location("nowhere/at/all", KNOWN)
    with pytest.raises(UnknownNameError, match=r"Unknown data set 'digit'\. Did you mean 'digits'\?"):
        parsed_location("digit", KNOWN)
    with pytest.raises(UsageError, match=r"notes\.txt is not a data set: expected a folder of images"):
        parsed_location("notes.txt", KNOWN)
