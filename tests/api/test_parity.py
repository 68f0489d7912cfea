"""Every command has a function of the same name, with the same options, defaults and names of choices."""

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from support.helpers import ROOT

import edgekit
from edgekit.cli import COMMANDS
from edgekit.cli import run_command as run_edgekit
from edgekit.cli.options import TERMINAL_OPTIONS
from edgekit.rendering.pages.command_line import PYTHON_ONLY

PRECISION_SWITCHES = frozenset({"float32", "float16", "dynamic", "int8", "int16x8", "everything"})
"""Switches of a command that are one list in Python: `--int8 --float32` is `precisions=["int8", "float32"]`."""

REQUIRED = {
    "new": ["name"],
    "inspect": ["file"],
    "compare-reports": ["old", "new"],
    "predict": ["target", "images"],
    "check-golden": ["bundle"],
    "verify-bundle": ["bundle"],
}

HARMLESS = {
    "train": {"recipe": "nothing.py"},
    "run": {"recipe": "nothing.py"},
    "datasets": {"data": "folder:nothing"},
    "predict": {"target": "nothing.onnx", "images": "."},
    "publish": {"to": "hub:nobody/nothing"},
}
"""What keeps a call with right names from doing anything, in an empty folder."""

PLACEHOLDER = re.compile(r"[A-Z0-9_.:,=…\[\]-]+|.*\.\..*")
"""A part of a metavar that is no name: N, RANGE, 0..255."""


def function_of(command: str) -> Callable[..., Any]:
    function: Callable[..., Any] = getattr(edgekit, command.replace("-", "_"))
    return function


def parameters_of(command: str) -> dict[str, inspect.Parameter]:
    parameters = inspect.signature(function_of(command)).parameters
    return {name: one for name, one in parameters.items() if name not in PYTHON_ONLY}


def options_of(command: str) -> dict[str, click.Parameter]:
    """The click parameters that a function has too, by their names in Python."""
    chosen = [one for one in COMMANDS.load(command).params if one.name not in TERMINAL_OPTIONS]
    return {_parameter_of(command, str(one.name)): one for one in chosen}


def _parameter_of(command: str, option: str) -> str:
    """The parameter that takes an option: a list has one for all its switches."""
    names = "precision" if command == "diagnose" else "precisions"
    return names if option in {*PRECISION_SWITCHES, "precisions"} else option


def choices() -> list[tuple[str, str, tuple[str, ...]]]:
    """(command, option, the names that its help shows) for every option with a list of names."""
    found = []
    for command in COMMANDS:
        for name, option in options_of(command).items():
            words = re.split(r"[|,]", option.metavar or "") if isinstance(option, click.Option) else []
            names = tuple(word for word in words if not PLACEHOLDER.fullmatch(word))
            if names and len(words) > 1:
                found.append((command, name, names))
    return found


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_is_a_function_with_the_same_options(command: str) -> None:
    assert set(parameters_of(command)) == set(options_of(command))


def test_the_table_of_the_documentation_names_every_function() -> None:
    rows = re.findall(r"^\| (`.*?) \|", (ROOT / "docs" / "reference" / "python-api.md").read_text(), re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert named == {command.replace("-", "_") for command in COMMANDS}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_parameter_is_called_like_its_option_and_in_the_plural_where_it_takes_several(command: str) -> None:
    for name, option in options_of(command).items():
        if isinstance(option, click.Option) and option.name not in PRECISION_SWITCHES:
            spelled = option.opts[0].removeprefix("--").replace("-", "_")
            assert name in (spelled, f"{spelled}s"), option.opts
            assert (name != spelled) <= (option.multiple or "," in (option.metavar or "")), option.opts


@pytest.mark.parametrize("command", COMMANDS)
def test_defaults_are_the_same(command: str) -> None:
    required = REQUIRED.get(command, [])
    typed = COMMANDS.load(command).make_context(command, list(required)).params
    for name, parameter in parameters_of(command).items():
        if name in required:
            assert parameter.default is parameter.empty
        elif name not in ("precisions", "precision"):
            assert str(typed[name] or None) == str(parameter.default or None), name


def test_only_the_options_of_one_command_are_precision_switches() -> None:
    switches = {one for name in COMMANDS for one in {each.name for each in COMMANDS.load(name).params}}
    assert switches >= PRECISION_SWITCHES
    assert set(PRECISION_SWITCHES - {"everything"}) == {each.value for each in edgekit.Precision}


def test_there_are_options_with_lists_of_names() -> None:
    assert len(choices()) > 10


@pytest.mark.parametrize(("command", "option", "names"), choices())
def test_each_name_in_the_help_is_accepted_and_others_are_refused_alike(
    command: str,
    option: str,
    names: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("edgekit.api.run._import_tensorflow_keras", lambda: None)  # takes longer than all the rest
    function, harmless = function_of(command), HARMLESS.get(command, {})
    for name in names:
        with pytest.raises(edgekit.EdgekitError) as missing:
            function(**harmless, **{option: name})
        assert not isinstance(missing.value, edgekit.UsageError), (name, str(missing.value))
    with pytest.raises(edgekit.UsageError) as refused:
        function(**harmless, **{option: "no-such-name"})
    assert all(name in str(refused.value) for name in names), str(refused.value)
    spelled = next(one.opts[0] for name, one in options_of(command).items() if name == option)
    assert run_edgekit([command, *harmless.values(), spelled, "no-such-name"]) == 2
    assert capsys.readouterr().err == f"Error: {refused.value}\n"


@pytest.mark.parametrize("precision", edgekit.Precision)
def test_switches_of_precisions_are_names_in_python(
    precision: edgekit.Precision, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for given in (precision, precision.value, [precision], [precision.value]):
        with pytest.raises(edgekit.RunFolderError):
            edgekit.export(precisions=given)
    is_switch = any(one.name == precision for one in COMMANDS.load("compare-schemes").params)
    with pytest.raises(edgekit.RunFolderError if is_switch else edgekit.UnknownNameError):
        edgekit.compare_schemes(precisions=[precision])


def test_what_is_only_for_a_terminal_or_only_for_python_is_listed_and_used() -> None:
    options = {one.name for name in COMMANDS for one in COMMANDS.load(name).params}
    parameters = {one for name in COMMANDS for one in inspect.signature(function_of(name)).parameters}
    assert options >= TERMINAL_OPTIONS
    assert parameters >= PYTHON_ONLY
    assert not parameters & TERMINAL_OPTIONS
    assert not options & PYTHON_ONLY
