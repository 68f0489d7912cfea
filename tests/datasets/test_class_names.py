import os
from pathlib import Path

import pytest

from edgekit.datasets.class_names import read_labels
from edgekit.foundation.errors import UsageError


def test_names_are_read_one_per_line(tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_bytes("\ufeffbird\r\n cat \r\n\r\nZaunkönig\r\ncat\r\n".encode())
    assert read_labels(path) == ("bird", "cat", "Zaunkönig", "cat")


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"\xff\xfe\x00", "cannot be read.*one class name per line"), (b"\n \n", "hold no name"), (None, "No such file")],
)
def test_what_holds_no_names_is_a_sentence(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "labels.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=message):
        read_labels(path)
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        read_labels(tmp_path)


def test_a_file_that_is_too_large_for_names_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_text("cat")
    os.truncate(path, 2**40)
    with pytest.raises(UsageError, match=r"1,099,511,627,776 bytes\. Expected one class name per line"):
        read_labels(path)
