"""What a file says of its classes and its pixels, from bytes of a stranger."""

import json

import pytest

from edgekit.input_range import InputRange
from edgekit.inspection.self_description import MAX_BYTES, SelfDescription, names_in


def test_lines_become_names() -> None:
    assert names_in("\ufeffcat\r\n\n dog \n".encode()) == ("cat", "dog")
    assert names_in(b"\xff\xfe") == ()
    assert names_in(b"a\n" * (MAX_BYTES // 2 + 1)) == ()


def test_a_description_that_says_nothing_is_none() -> None:
    assert SelfDescription.of(b"", "", (), ()) is None
    assert SelfDescription.of(b"", "", (1.0,), (0.0,)) is None
    assert SelfDescription.of(b"", "", (1.0,), (float("nan"),)) is None
    assert SelfDescription.of(b"", "", (1.0, 2.0), (1.0, 1.0)) is None
    said = SelfDescription.of(b"cat\n", "labels.txt", (127.5,), (127.5,))
    assert said == SelfDescription(class_names=("cat",), labels_source="labels.txt", mean=(127.5,), std=(127.5,))


@pytest.mark.parametrize(
    ("properties", "names"),
    [
        ({"edgekit.class_names": json.dumps(["a", "b"])}, ("a", "b")),
        ({"names": "{1: 'dog', 0: 'cat'}"}, ("cat", "dog")),
        ({"names": "{0: 'cat', 2: 'dog'}"}, None),
        ({"names": "{0: 1}"}, None),
        ({"names": "__import__('os').getcwd()"}, None),
        ({"names": "(" * 100_000}, None),
        ({"edgekit.class_names": "[1]"}, None),
        ({"edgekit.class_names": "[" * 100_000}, None),
        ({}, None),
    ],
)
def test_properties_of_onnx(properties: dict[str, str], names: tuple[str, ...] | None) -> None:
    said = SelfDescription.of_properties(properties)
    assert (said and said.class_names) == names


@pytest.mark.parametrize(
    ("mean", "std", "text"),
    [
        ((0.0,), (1.0,), "0..255"),
        ((127.5,), (127.5,), "-1..1"),
        ((0.0,), (255.0,), "0..1"),
        ((127.5, 127.5, 127.5), (127.5, 127.5, 127.5), "-1..1"),
        ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375), "mean=123.675/116.28/103.53,std=58.395/57.12/57.375"),
        ((0.5,), (0.25,), "-2..1018"),
        ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225), None),
    ],
)
def test_a_normalization_is_a_range(mean: tuple[float, ...], std: tuple[float, ...], text: str | None) -> None:
    found = InputRange.of_normalization(mean, std)
    assert (found and found.text) == text
    if found:
        assert found.scale[2] * 200 + found.offset[2] == pytest.approx((200 - mean[-1]) / std[-1])
