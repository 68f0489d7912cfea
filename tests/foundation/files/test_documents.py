import json
from pathlib import Path
from typing import Any, TypedDict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgekit.foundation.errors import RunFolderError
from edgekit.foundation.files import documents
from edgekit.foundation.files.documents import read_json, read_json_lines, read_table
from edgekit.foundation.files.schema import Count, Positive


class Row(TypedDict):
    name: str
    count: Count


COLUMNS = {"name": str, "count": Count, "seconds": Positive}

DAMAGED = [
    (b"", "cannot be read: Expecting value"),
    (b"\xff\xfe{}", "cannot be read: its byte 0 is not UTF-8"),
    (b"[" * 100_000, "cannot be read: it is nested too deep"),
    (b'{"name": "x", "count": NaN}', "cannot be read: it holds NaN, which is not JSON"),
    (b'{"name": "x", "count": -Infinity}', "it holds -Infinity, which is not JSON"),
    (b'{"name": "x", "count": ' + b"9" * 400 + b"}", "it holds a number of 400 digits"),
    (b'{"name": "x", "count": 1e400}', "'count' must be a whole number of at least 0. Received inf"),
    (b'{"name": "x"}', "is not what edgekit wrote: 'count' is missing"),
    (b'{"name": "x", "count": 3', "cannot be read: Expecting ',' delimiter"),
    (b"{", "cannot be read: Expecting property name"),
    ("\ufeff{}".encode(), "cannot be read: Unexpected UTF-8 BOM"),
    (b"[]", "the document must be a JSON object. Received an empty list"),
]


@pytest.mark.parametrize(("content", "words"), DAMAGED)
def test_a_damaged_document_is_a_sentence(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(RunFolderError) as raised:
        read_json(path, Row, remedy="Make it again.")
    assert words in str(raised.value)
    assert str(path) in str(raised.value)
    assert str(raised.value).endswith("Make it again.")


def test_a_file_that_is_missing_a_folder_or_too_large_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RunFolderError, match=r"There is no .*x\.json"):
        read_json(tmp_path / "x.json", Row)
    with pytest.raises(RunFolderError, match="cannot be read: Is a directory"):
        read_json(tmp_path, Row)
    with (tmp_path / "large.json").open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(RunFolderError, match="it has 1,000,000,000,000 bytes, expected at most"):
        read_json(tmp_path / "large.json", Row)
    monkeypatch.setattr(documents, "LARGEST_BYTES", 10)
    (tmp_path / "x.json").write_text('{"name": "x", "count": 1}')
    with pytest.raises(RunFolderError, match="it has 25 bytes, expected at most 10"):
        read_json(tmp_path / "x.json", Row)


def test_lines_are_told_by_their_number(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"version": 1}\n{"name": "a", "count": 1}\n{"name": "b", "count": "1"}\n')
    with pytest.raises(RunFolderError, match="in line 3 'count' must be a whole number"):
        read_json_lines(path, dict[str, Any], Row)
    path.write_text('{"version": 1}\n{"name": "a", "count": 1}\n')
    assert read_json_lines(path, dict[str, Any], Row) == ({"version": 1}, [{"name": "a", "count": 1}])
    path.write_text("")
    with pytest.raises(RunFolderError, match="it is empty"):
        read_json_lines(path, dict[str, Any], Row)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "it has no column name, count, seconds"),
        ("name,count\na,1\n", "it has no column seconds"),
        ("name,count,seconds\na,1\n", "line 2 is longer or shorter than the first"),
        ("name,count,seconds\na,1,2,3\n", "line 2 is longer or shorter than the first"),
        ("name,count,seconds\na,1,2\nb,x,2\n", "in line 3 'count' must be a whole number of at least 0. Received 'x'"),
        ("name,count,seconds\na,-1,2\n", "Received -1"),
        ("name,count,seconds\na,1,1e999\n", "Received inf"),
        ("name,count,seconds\na,1,nan\n", "Received nan"),
        (f"name,count,seconds\na,{'9' * 5000},2\n", "must be a whole number of at least 0. Received '999"),
        (f"name,count,seconds\n{'x' * 200_000},1,2\n", "field larger than field limit"),
        ("name,count,seconds\n\0,1,2", ""),
    ],
)
def test_a_damaged_table_is_a_sentence(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text)
    if words:
        with pytest.raises(RunFolderError) as raised:
            read_table(path, COLUMNS)
        assert words in str(raised.value)


def test_a_table_gives_numbers_where_numbers_are_expected(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text('seconds,other,name,count\n1.5,x,"a, b",3\n')
    assert read_table(path, COLUMNS) == [{"name": "a, b", "count": 3, "seconds": 1.5}]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary() | st.text().map(str.encode) | st.from_regex(rb"[\[{\"0-9eE:,truefalsn.\-\]}]*"))
def test_random_bytes_are_a_document_or_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    for read in (
        lambda: read_json(path, Row),
        lambda: read_json_lines(path, Row, Row),
        lambda: read_table(path, COLUMNS),
    ):
        try:
            said = json.dumps(read())
        except RunFolderError as error:
            said = str(error)
        assert len(said) < 2000 + 20 * len(content)
