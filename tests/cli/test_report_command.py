"""`edgekit report` for programs; the page itself is tested in rendering/pages/test_run_page.py."""

import json

import pytest
from support.run_folders import make_run

from edgekit.cli import run_command as run


@pytest.fixture
def a_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_run(tmp_path / "exported" / "first")
    return tmp_path / "exported" / "first"


def test_as_json_it_names_run_and_page(a_run, tmp_path, capsys):
    assert run(["report", "exported/first", "--out", "page.html", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"run": "exported/first", "page": "page.html"}
    assert (tmp_path / "page.html").is_file()
