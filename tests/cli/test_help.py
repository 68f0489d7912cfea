"""The help of every command: grouped, with an example, also by `edgekit help X`; and what a shell completes."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete
from support.helpers import ROOT

from edgekit.cli import COMMAND_GROUPS, COMMANDS, group
from edgekit.cli import run_command as edgekit
from edgekit.cli.grouped_help import GROUPS, OTHER, heading_of
from edgekit.cli.other_names import OTHER_NAMES


def test_every_command_is_under_one_heading() -> None:
    assert sorted(name for names in COMMAND_GROUPS.values() for name in names) == sorted(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_under_a_heading_and_every_help_has_an_example(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = COMMANDS.load(name)
    headings = [heading_of(one) for one in command.params if isinstance(one, click.Option)]
    assert OTHER not in headings
    assert edgekit([name, "--help"]) == 0
    text = capsys.readouterr().out
    assert f"\n  edgekit {name}" in text
    places = [text.index(f"\n{heading}:\n") for heading in GROUPS if heading in headings]
    assert places == sorted(places)
    assert edgekit(["help", name]) == 0
    assert capsys.readouterr().out == text


def test_no_parameter_is_under_two_headings() -> None:
    names = [name for names in GROUPS.values() for name in names]
    assert len(names) == len(set(names))


def test_help_alone_is_the_help_of_edgekit(capsys: pytest.CaptureFixture[str]) -> None:
    assert edgekit(["help"]) == 0
    text = capsys.readouterr().out
    assert edgekit(["--help"]) == 0
    assert capsys.readouterr().out == text
    assert [line for line in text.splitlines() if line.rstrip(":") in COMMAND_GROUPS] == [
        f"{one}:" for one in COMMAND_GROUPS
    ]


@pytest.mark.parametrize("other", OTHER_NAMES)
def test_other_names_lead_to_commands_and_options_that_exist(other: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert other not in COMMANDS
    words = OTHER_NAMES[other][1].split()
    options = [word for word in words[1:] if word.startswith("--")]
    if not words[0].startswith("--"):
        known = {spelled for one in COMMANDS.load(words[0]).params for spelled in one.opts}
        assert set(options) <= known
    assert edgekit([other]) == 2
    assert f"edgekit {words[0]}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("typed", "begun", "expected"),
    [
        (["export", "--precision"], "int8,fl", {"int8,float32", "int8,float16"}),
        (["verify", "--runtime"], "litert-x", {"litert-xnnpack"}),
        (["train"], "resn", {"resnet8"}),
        (["verify"], "exported/fi", {"exported/first"}),
        (["train", "--data"], "cif", {"cifar10:"}),
        (["verify", "--for"], "an", {"android"}),
        (["demo-page"], "exported/fi", {"exported/first"}),
        (["publish"], "exported/fi", {"exported/first"}),
        (["publish", "--for"], "an", {"android"}),
        (["demo-page", "--precision"], "int8,fl", {"int8,float32", "int8,float16"}),
        ([], "comp", {"compare", "compare-reports", "compare-schemes", "compress"}),
        (["export"], "--int", {"--int8", "--int16x8"}),
    ],
)
def test_a_shell_completes(
    typed: list[str], begun: str, expected: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "exported" / "first").mkdir(parents=True)
    (tmp_path / "exported" / "first" / "manifest.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    completions = ShellComplete(group, {}, "edgekit", "_EDGEKIT_COMPLETE").get_completions(typed, begun)
    assert {one.value for one in completions if one.type == "plain"} == expected


BASH_COMPLETION = """
eval "$(_EDGEKIT_COMPLETE=bash_source edgekit)"
compopt() { :; }  # works only while bash completes
words() {
  COMPREPLY=() COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
  _edgekit_completion edgekit
  echo "${COMPREPLY[*]}"
}
words edgekit verify-
words edgekit train resn
words edgekit verify exported/fi
words edgekit export --precision int8,fl
words edgekit verify --runtime litert-x
"""
"""What the documents have people write into ~/.bashrc, and the words that a person then begins."""


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is missing")
def test_bash_completes_with_the_line_that_is_documented(tmp_path: Path) -> None:
    (tmp_path / "exported" / "first").mkdir(parents=True)
    (tmp_path / "exported" / "first" / "manifest.json").write_text("{}")
    program = tmp_path / "edgekit"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m edgekit "$@"\n')
    program.chmod(0o755)
    done = subprocess.run(
        ["bash", "--norc", "-c", BASH_COMPLETION],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT / "toolkit")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "verify-bundle",
        "resnet8",
        "exported/first",
        "int8,float32 int8,float16",
        "litert-xnnpack",
    ]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_get_their_script(
    shell: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_EDGEKIT_COMPLETE", f"{shell}_source")
    with pytest.raises(SystemExit) as ended:
        edgekit([])
    assert ended.value.code == 0
    assert f"_EDGEKIT_COMPLETE={shell}_complete" in capsys.readouterr().out
