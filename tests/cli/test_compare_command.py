import json

import pytest
from support.run_folders import make_run

from edgekit.cli import run_command as run


@pytest.fixture
def two_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_run(tmp_path / "exported" / "first", val_accuracies=(0.5, 0.6))
    make_run(tmp_path / "exported" / "second|odd", val_accuracies=(0.5, 0.9), recipe="resnet8")
    return ["exported/first", "exported/second|odd"]


def test_the_table_fits_100_columns_and_starts_with_the_best(two_runs, capsys):
    assert run(["compare", *two_runs]) == 0
    lines = capsys.readouterr().out.splitlines()
    rows = [line for line in lines if "exported/" in line]
    assert "second|odd" in rows[0]
    assert "90.00" in rows[0]
    assert "72.00" in rows[0]
    assert max(map(len, lines)) <= 100


def test_without_arguments_all_runs_are_compared_as_json(two_runs, capsys):
    assert run(["compare", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [each["recipe"] for each in document["runs"]] == ["resnet8", "cnn6"]
    assert document["remarks"] == []


def test_markdown_is_a_table(two_runs, tmp_path, capsys):
    make_run(tmp_path / "other", data="f" * 64)
    assert run(["compare", *two_runs, str(tmp_path / "other"), "--markdown"]) == 0
    heading, rule, *rows = capsys.readouterr().out.splitlines()
    assert heading.count("|") == rule.count("|") == rows[1].count("|") == 12
    assert "second\\|odd" in rows[0]
    assert rows[2].endswith("| B: digits |")
    assert "not measured on the same test images" in rows[-1]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["nowhere"], 1, "There is no run folder nowhere"),
        (["exported"], 1, "exported is not a run folder"),
        (["exported/first", "--json", "--markdown"], 2, "not both"),
    ],
)
def test_a_wrong_command_is_a_sentence(two_runs, arguments, status, words, capsys):
    assert run(["compare", *arguments]) == status
    assert words in capsys.readouterr().err
