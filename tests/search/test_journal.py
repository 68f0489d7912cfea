import pytest

from edgekit.foundation.errors import RunFolderError
from edgekit.search.journal import Journal
from edgekit.search.trial import Trial

IDENTITY = {"model": "abc", "versions": {"edgekit": "1"}}


def row(name: str) -> Trial:
    return Trial(
        name=name, runtime="litert-xnnpack", options={"io": "uint8"}, size_bytes=1, accuracy_drop=0.1, flips=0.2
    )


def test_a_search_goes_on_where_it_stopped(tmp_path):
    path = tmp_path / "tuning" / "trials.jsonl"
    first = Journal(path, IDENTITY)
    first.add(row("a"))
    first.add(row("b"))
    second = Journal(path, IDENTITY)
    assert [trial.name for trial in second.trials] == ["a", "b"]
    assert "a" in second
    assert "c" not in second
    assert second["b"] == row("b")


def test_trials_of_another_search_are_refused_unless_it_begins_anew(tmp_path):
    path = tmp_path / "trials.jsonl"
    Journal(path, IDENTITY).add(row("a"))
    with pytest.raises(RunFolderError, match=r"another search: model differ.* --restart"):
        Journal(path, {**IDENTITY, "model": "other"})
    assert Journal(path, {**IDENTITY, "model": "other"}, restart=True).trials == ()


@pytest.mark.parametrize("text", ["", "{", '{"model": "abc"}\n{"name": "a"}\n', "[]\n3\n", "5\n"])
def test_a_broken_file_is_a_sentence(tmp_path, text):
    path = tmp_path / "trials.jsonl"
    path.write_text(text)
    with pytest.raises(
        RunFolderError,
        match=r"trials\.jsonl (cannot be read|is not what edgekit wrote): .* Start over with --restart\.",
    ):
        Journal(path, IDENTITY)
