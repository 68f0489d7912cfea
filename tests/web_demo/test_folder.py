"""A folder that holds anything else than an earlier page is left as it is."""

import json
from pathlib import Path

import pytest

from edgekit.foundation.errors import RunFolderError, UsageError
from edgekit.web_demo.folder import DOCUMENT, MADE_BY, write_folder


def files(text: str) -> dict[str, bytes]:
    document = {"made_by": MADE_BY, "files": ["index.html", f"{text}/data.bin", DOCUMENT]}
    return {"index.html": text.encode(), f"{text}/data.bin": b"", DOCUMENT: json.dumps(document).encode()}


def test_an_earlier_page_is_replaced_whole(tmp_path: Path) -> None:
    write_folder(tmp_path / "page", files("old"))
    write_folder(tmp_path / "page", files("new"))
    assert (tmp_path / "page" / "index.html").read_text() == "new"
    assert not (tmp_path / "page" / "old").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["page"]


@pytest.mark.parametrize("name", ["notes.txt", "old/notes.txt"])
def test_a_file_of_the_user_keeps_the_folder(name: str, tmp_path: Path) -> None:
    write_folder(tmp_path / "page", files("old"))
    (tmp_path / "page" / name).write_text("mine")
    with pytest.raises(UsageError, match=rf"holds {name}, which edgekit demo-page has not written"):
        write_folder(tmp_path / "page", files("new"))
    assert (tmp_path / "page" / name).read_text() == "mine"
    assert (tmp_path / "page" / "index.html").read_text() == "old"


@pytest.mark.parametrize("document", ["{", "[]", "{}", '{"made_by": "edgekit demo-page", "files": 3}'])
def test_a_folder_with_another_demo_json_is_left_alone(document: str, tmp_path: Path) -> None:
    (tmp_path / DOCUMENT).write_text(document)
    with pytest.raises(UsageError, match=DOCUMENT):
        write_folder(tmp_path, files("new"))
    assert (tmp_path / DOCUMENT).read_text() == document


def test_a_file_and_a_link_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there")
    for name in ("file", "link"):
        with pytest.raises(UsageError, match="is a file or a link"):
            write_folder(tmp_path / name, files("new"))
    assert list((tmp_path / "there").iterdir()) == []


def test_a_failure_leaves_the_earlier_page(tmp_path: Path) -> None:
    write_folder(tmp_path / "page", files("old"))
    with pytest.raises(RunFolderError, match="Could not write"):
        write_folder(tmp_path / "page", {**files("new"), "model.onnx": tmp_path / "missing"})
    assert (tmp_path / "page" / "index.html").read_text() == "old"
