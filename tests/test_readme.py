"""The README's commands run, in the order in which they stand, in one empty folder.

A block that starts with ```sh is run line by line. A block under a comment `<!-- not run by the
tests: REASON -->` is left out; the reason must be there.
"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from edgekit.cli import COMMANDS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
BLOCK = re.compile(r"(?:<!-- not run by the tests: (?P<reason>[^>]+) -->\n)?```sh\n(?P<body>.*?)```", re.DOTALL)


def commands(*, run: bool) -> list[str]:
    """The `edgekit` lines of the blocks that are run, or of those that are not; continued lines joined."""
    bodies = [match["body"] for match in BLOCK.finditer(README) if (match["reason"] is None) is run]
    lines = "\n".join(bodies).replace("\\\n", " ").splitlines()
    return [line.partition(" # ")[0].strip() for line in lines if line.startswith("edgekit ")]


def test_the_readme_has_commands_to_run() -> None:
    assert len(commands(run=True)) >= 5


@pytest.mark.minutes
@pytest.mark.timeout(1800)  # some twenty commands, of which each has its own limit
def test_the_commands_of_the_readme_run(tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for line in commands(run=True):
        result = subprocess.run(
            ["sh", "-c", line], cwd=tmp_path, env={**os.environ, "PATH": path}, capture_output=True, text=True,
            timeout=300, check=False,
        )  # fmt: skip
        answers = {0, 3} if line.startswith(("edgekit verify", "edgekit run")) else {0}  # 3: drift, an answer too
        assert result.returncode in answers, f"{line}\n{result.stdout[-3000:]}\n{result.stderr[-3000:]}"


@pytest.mark.parametrize("line", commands(run=False) + commands(run=True))
def test_every_command_and_option_in_the_readme_exists(line: str) -> None:
    for part in line.split("&&"):
        words = shlex.split(part)
        assert words[0] == "edgekit"
        if words[1].startswith("-"):
            continue
        command = COMMANDS.load(words[1])
        known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
        options = {word.partition("=")[0] for word in words[2:] if word.startswith("--")}
        assert options <= known | {"--help"}, line


def test_every_command_is_in_the_readme() -> None:
    for name in COMMANDS:
        assert f"edgekit {name}" in README, name
