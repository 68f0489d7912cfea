import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, NotRequired, TypedDict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgekit.foundation.errors import UsageError
from edgekit.foundation.files.schema import Count, Limits, SchemaError, Share, conform, conform_to


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Entry(TypedDict, total=False):
    name: str
    shape: tuple[int, int, int]
    limits: dict[str, Share]


class Document(TypedDict):
    version: int
    entry: NotRequired[Entry]
    maybe: NotRequired[Count | None]


@dataclass(frozen=True, kw_only=True)
class Item:
    class_name: str = field(metadata={"json": "class"})
    share: Share
    colours: tuple[Colour, ...] = ()
    size: int | None = None

    def __post_init__(self) -> None:
        if self.class_name == "none":
            raise UsageError("No class is called none.")


KINDS: tuple[Any, ...] = (
    bool, int, float, str, Count, Share, Colour, Entry, Document, Item, list[Item], tuple[float, ...],
    tuple[int, str], dict[str, Item], Mapping[str, Any], Item | None, int | str | None,
)  # fmt: skip

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(10**400),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["class", "share", "version", "entry", "x"]), inner)
    ),
    max_leaves=20,
)


def test_what_conforms_comes_back_as_it_was_declared() -> None:
    document = {"version": 1, "entry": {"name": "x", "shape": [1, 2, 3], "limits": {"a": 1}}, "other": [None]}
    assert conform(Document, document) == {**document, "entry": document["entry"] | {"shape": (1, 2, 3)}}
    assert conform_to(Item, {"class": "cat", "share": 1, "colours": ["red", "blue"], "other": 3}) == Item(
        class_name="cat", share=1.0, colours=(Colour.RED, Colour.BLUE)
    )
    assert conform(int | str | None, "x") == "x"
    assert conform(Item | None, None) is None
    assert isinstance(conform(float, 3), float)


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (int, True, "the document must be a whole number. Received True"),
        (int, 1.0, "the document must be a whole number. Received 1.0"),
        (int, 2**63, "the document must be a whole number. Received a whole number of more than 63 bits"),
        (float, "1", "the document must be a number. Received '1'"),
        (float, float("nan"), "the document must be a number. Received nan"),
        (float, 10**400, "the document must be a number. Received a whole number of more than 63 bits"),
        (bool, 0, "the document must be true or false. Received 0"),
        (str, None, "the document must be a text. Received None"),
        (str, ["x"], "the document must be a text. Received a list of 1"),
        (Count, -1, "the document must be a whole number of at least 0. Received -1"),
        (Count, "1", "the document must be a whole number of at least 0. Received '1'"),
        (Share, 1.5, "the document must be a number from 0 to 1. Received 1.5"),
        (Annotated[float, Limits(high=2)], 3, "the document must be a number of at most 2. Received 3"),
        (Colour, "green", "the document must be one of red, blue. Received 'green'"),
        (Colour, [], "the document must be one of red, blue. Received an empty list"),
        (dict[str, int], [], "the document must be a JSON object. Received an empty list"),
        (list[int], {}, "the document must be a list. Received an empty object"),
        (tuple[int, str], [1], "the document must be a list of 2 values. Received a list of 1"),
        (Document, {}, "'version' is missing; expected a value"),
        (Document, {"version": 1, "entry": 3}, "'entry' must be a JSON object. Received 3"),
        (
            Document,
            {"version": 1, "entry": {"limits": {"a": 2}}},
            "'entry.limits.a' must be a number from 0 to 1. Received 2",
        ),
        (
            Document,
            {"version": 1, "entry": {"shape": [1, 2, "x"]}},
            "'entry.shape[2]' must be a whole number. Received 'x'",
        ),
        (list[Item], [{"class": "a", "share": 1}, {"class": "b"}], "'[1].share' is missing; expected a value"),
        (Item, {"class": "none", "share": 0}, "the document must be values that belong together (No class is called"),
    ],
)
def test_what_does_not_is_told_with_its_place(kind: Any, value: Any, message: str) -> None:
    with pytest.raises(SchemaError) as raised:
        conform(kind, value)
    assert str(raised.value).startswith(message)


def test_a_long_value_is_repeated_in_short() -> None:
    with pytest.raises(SchemaError) as raised:
        conform(int, "x" * 10_000)
    assert len(str(raised.value)) < 200


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(KINDS), JSON)
def test_any_value_conforms_or_is_a_schema_error(kind: Any, value: Any) -> None:
    try:
        found = conform(kind, value)
    except SchemaError as error:
        found = str(error)
    assert json.dumps(found, default=vars)
