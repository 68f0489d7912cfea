"""Help must come at once: nothing heavier than click is loaded for it, not even numpy."""

import subprocess
import sys

import click
import pytest

from edgekit.cli import COMMANDS

ALLOWED = {"click", "edgekit"}

SCRIPT = """
import json, sys
before = set(sys.modules)
from edgekit.cli import run_command as run
status = run(json.loads(sys.argv[1]))
loaded = {name.partition(".")[0] for name in set(sys.modules) - before}
foreign = sorted(name for name in loaded if name not in sys.stdlib_module_names and not name.startswith("_"))
print("STATUS", status, "LOADED", json.dumps(foreign))
"""


def run_and_list_modules(*arguments: str) -> tuple[str, set[str]]:
    """Run one command line in a fresh interpreter: what it printed, and the modules that it loaded."""
    import json

    result = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps(arguments)], capture_output=True, text=True, timeout=60, check=True
    )
    text, _, loaded = result.stdout.rpartition("LOADED ")
    assert "STATUS 0" in text, result.stderr
    return text, set(json.loads(loaded))


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), *((name, "--help") for name in COMMANDS)])
def test_help_loads_nothing_heavier_than_click(arguments: tuple[str, ...]) -> None:
    text, loaded = run_and_list_modules(*arguments)
    assert "edgekit" in text
    assert loaded <= ALLOWED


def test_help_of_the_group_loads_no_command() -> None:
    script = SCRIPT.replace(
        'print("STATUS"', 'print(sorted(m for m in sys.modules if m.startswith("edgekit.cli.")));print("STATUS"'
    )
    result = subprocess.run(
        [sys.executable, "-c", script, '["--help"]'], capture_output=True, text=True, timeout=60, check=True
    )
    assert "\n[]\n" in result.stdout


def test_every_command_of_the_table_exists_and_has_help() -> None:
    for name in COMMANDS:
        command = COMMANDS.load(name)
        assert command.help, name
        options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
        assert all(option.help for option in options), name


def test_values_are_named_for_people_in_the_help_of_every_command() -> None:
    for name in COMMANDS:
        for option in COMMANDS.load(name).params:
            assert isinstance(option, click.Argument) or option.is_flag or option.metavar, (name, option.name)
            if isinstance(option.type, click.types.IntParamType) and not option.is_flag:
                assert option.metavar == "N", (name, option.name)


def test_every_command_prints_json_where_it_is_asked_to() -> None:
    assert [name for name in COMMANDS if "as_json" not in {each.name for each in COMMANDS.load(name).params}] == []
