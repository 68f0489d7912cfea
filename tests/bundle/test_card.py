"""The header of a model card is YAML of plain texts, whatever they hold."""

import json

import pytest

from edgekit.bundle.card.header import header, hub_name_of


def scalars(text: str) -> dict[str, str]:
    """Key -> text of the lines `key: "text"` at the top level."""
    pairs = (line.split(": ", 1) for line in text.splitlines() if ": " in line and line[0] not in " -")
    return {key: json.loads(value) for key, value in pairs}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("", {"license": "unknown"}),
        ("Apache-2.0", {"license": "apache-2.0"}),
        ("MIT", {"license": "mit"}),
        ('of "Müller": see\nhttps://x', {"license": "other", "license_name": 'of "Müller": see\nhttps://x'}),
    ],
)
def test_a_licence_is_a_short_name_of_the_hub_or_other(said: str, expected: dict[str, str]) -> None:
    found = scalars(header("m", said, "folder", ["tflite"], None, []))
    assert {key: value for key, value in found.items() if key.startswith("license")} == expected


def test_texts_that_are_yaml_stay_texts() -> None:
    yaml = pytest.importorskip("yaml", reason="needs PyYAML")
    text = header("m", "- a: {b}\n# c", "hub:a/b", ["no"], None, [])
    document = yaml.safe_load(text.strip().strip("-"))
    assert document["datasets"] == ["a/b"]
    assert document["tags"][-1] == "no"
    assert document["license_name"] == "- a: {b}\n# c"


@pytest.mark.parametrize(
    ("dataset", "name"),
    [
        ("hub:jane/birds", "jane/birds"),
        ("hub:jane/birds@small#kind", "jane/birds"),
        ("cifar10", "cifar10"),
        ("hub:birds", ""),
        ("folder", ""),
        ("npz", ""),
        ("", ""),
    ],
)
def test_only_data_of_the_hub_are_named_as_such(dataset: str, name: str) -> None:
    assert hub_name_of(dataset) == name
    assert ("datasets:" in header("m", "", dataset, [], None, [])) == bool(name)


def test_texts_that_change_the_direction_are_escaped_and_stay_the_same_texts() -> None:
    yaml = pytest.importorskip("yaml", reason="needs PyYAML")
    name = "dig\u202eits\u2066 \x1b[31m é 数"
    text = header("m", name, "", [], None, [])
    assert not {"\u202e", "\u2066", "\x1b"} & set(text)
    assert "é 数" in text
    assert yaml.safe_load(text.strip().strip("-"))["license_name"] == name
