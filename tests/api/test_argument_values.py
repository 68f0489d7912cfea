"""Values of every class, hostile ones too: each is a sentence that names its parameter, never the class's own error."""

import itertools
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgekit
from edgekit.api.arguments import AnyPath, Names, checked


class NoPath:
    def __fspath__(self) -> str:
        raise RuntimeError("no path")


class NoRepr:
    def __repr__(self) -> str:
        raise RuntimeError("no repr")


class NoIndex:
    def __index__(self) -> int:
        raise ValueError("no index")


def failing() -> Iterator[str]:
    yield "int8"
    raise RuntimeError("broken generator")


HINTS = (AnyPath, AnyPath | None, Names, int | None, float, bool | None, int | str, AnyPath | Sequence[AnyPath] | None)


@pytest.mark.parametrize("hint", HINTS)
@pytest.mark.parametrize("wrong", [NoPath(), NoRepr(), NoIndex(), [NoRepr()], {"a": 1}, bytearray(b"x"), object, 1j])
def test_a_value_whose_class_raises_is_a_sentence(wrong: object, hint: Any) -> None:
    with pytest.raises(edgekit.UsageError, match=r"^(name must be |Expected one name\. )"):
        checked("name", wrong, hint)


@pytest.mark.parametrize("wrong", [failing, lambda: np.array("int8"), lambda: memoryview(b"x")])
def test_what_is_iterable_but_no_list_is_a_sentence(wrong: Any) -> None:
    for hint in (Names, AnyPath | Sequence[AnyPath] | None):
        with pytest.raises(edgekit.UsageError, match="name must be "):
            checked("name", wrong(), hint)


def test_an_open_file_is_no_list_of_its_lines(tmp_path: Path) -> None:
    (tmp_path / "a.tflite").write_text("line")
    with (tmp_path / "a.tflite").open() as file, pytest.raises(edgekit.UsageError, match="name must be text, a Path"):
        checked("name", file, AnyPath | Sequence[AnyPath])


@pytest.mark.parametrize("number", [10**5000, -(10**5000), 2**63, 10**30], ids=["long", "long-below-0", "2^63", "1e30"])
def test_a_number_that_no_machine_can_hold_is_a_sentence(number: int) -> None:
    with pytest.raises(edgekit.UsageError, match="seed must be a whole number of at most 9223372036854775807"):
        checked("seed", number, int | None)
    assert checked("seed", 2**63 - 1, int) == 2**63 - 1
    if abs(number) > 10**308:
        with pytest.raises(edgekit.UsageError, match="limit must be a number"):
            checked("limit", number, float)


@pytest.mark.parametrize(
    "text", ["a\0b", "\ud800", Path("a\0b"), Path("\ud800")], ids=["null", "half", "path-null", "path-half"]
)
def test_text_that_the_system_cannot_take_is_a_sentence(text: str | Path) -> None:
    for call in (edgekit.inspect, edgekit.verify, edgekit.report, edgekit.compare, edgekit.datasets, edgekit.train):
        with pytest.raises(edgekit.UsageError, match="holds a character that no path and no name can hold"):
            call(text)  # type: ignore[operator]
    with pytest.raises(edgekit.UsageError, match=r"^out holds a character"):
        edgekit.report(out=text)
    assert checked("file", os.fsdecode(b"\xff.onnx"), AnyPath) == os.fsdecode(b"\xff.onnx")


def test_names_of_other_libraries_and_enums_become_plain_text() -> None:
    for name in (np.str_("int8"), edgekit.Precision.INT8):
        assert type(checked("precision", name, str)) is str
        assert checked("precision", name, str) == "int8"


def test_a_message_shows_some_items_of_a_long_list() -> None:
    with pytest.raises(edgekit.UsageError, match=r"^Expected one run\. Received 5000: a, a, .*…\. Give") as error:
        checked("run", list(itertools.repeat("a", 5000)), str)
    assert len(str(error.value)) < 200
