"""What the README shows below its three commands is what the commands print.

On photographs of CIFAR-10 every line is the same but for speeds. Without them the same commands run on digits, where
titles, columns, files, runtimes and sizes are compared.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.documents import README, write_belongings
from support.helpers import ROOT

SECTION = README.read_text().partition("## Your own model and photographs")[2].partition("### ")[0]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
BLOCKS = BLOCK.findall(SECTION)
COMMANDS = [line for language, body in BLOCKS if language == "sh" for line in body.splitlines()]
SHOWN = [body for language, body in BLOCKS if language == ""]
ELLIPSIS = "…"

SPEED = re.compile(r"[\d,]+(?= images/s)|(?<= kB, )[\d,]+$|[\d,]+(?= *$)")
"""Images per second, the one number that every machine has of its own: last in a row, or named."""

NUMBER = re.compile(r"[+-]?\d+(?:[,.]\d+)*")


def lines_of(text: str) -> list[str]:
    """Lines with one space between words and without rules, empty lines and what marks a cut."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return [line for line in lines if line.strip("─ ") not in ("", ELLIPSIS)]


def without_speed(line: str) -> str:
    """The line with N for images per second."""
    if line.endswith("img/s"):
        return line
    return SPEED.sub("N", line) if "litert-" in line or "images/s" in line else line


def shape(line: str) -> str:
    """The line with # for every number that depends on model and images; sizes stay."""
    return NUMBER.sub(lambda number: number[0] if line[number.end() :].startswith(" kB") else "#", line)


def run(folder: Path) -> list[str]:
    """What the commands of the README print in `folder`, one text for each; columns as wide as in the README."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    printed = []
    for command in COMMANDS:
        done = subprocess.run(
            command.split(),
            cwd=folder,
            env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT / "toolkit")},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode in (0, 3), done.stderr
        printed.append(done.stdout)
    return printed


def in_order(lines: list[str], printed: list[str]) -> list[str]:
    """Those of `lines` that do not follow each other in `printed`."""
    rest = iter(printed)
    return [line for line in lines if line not in rest]


def test_the_readme_shows_one_output_per_command() -> None:
    assert [command.split()[1] for command in COMMANDS] == ["export", "verify", "predict"]
    assert len(SHOWN) == len(COMMANDS)
    assert all(len(lines_of(shown)) >= 2 for shown in SHOWN)


def test_a_changed_line_is_found() -> None:
    row = "int8 litert-xnnpack +2 pass 86.50 +0.20 98.90 6+5 -0.83 dog 98 4,635"
    assert without_speed(row) == without_speed(row.replace("4,635", "12"))
    assert without_speed(row) != without_speed(row.replace(" 98 ", " 97 "))
    assert in_order(["a", "b"], ["b", "a"]) == ["b"]
    assert shape("a.tflite (98 kB, uint8, 4,635 images/s)") == "a.tflite (98 kB, uint#, # images/s)"


@pytest.mark.cifar10
@pytest.mark.slow
def test_the_readme_shows_what_its_commands_print(cifar10_folder: Path, tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("readme_example", ROOT / "benchmarks" / "readme_example.py")
    assert spec is not None
    assert spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    assert list(example.COMMANDS) == COMMANDS
    example.write_belongings(f"cifar10:{cifar10_folder}", tmp_path / "user")
    for shown, printed in zip(SHOWN, run(tmp_path / "user"), strict=True):
        lines, real = ([without_speed(line) for line in lines_of(text)] for text in (shown, printed))
        assert in_order(lines, real) == [], printed


@pytest.mark.slow
def test_other_photographs_give_the_same_columns_files_and_sizes(finished_run: Path, tmp_path: Path) -> None:
    folder = write_belongings(tmp_path / "user", finished_run)
    shutil.rmtree(folder / "exported")
    for shown, printed in zip(SHOWN, run(folder), strict=True):
        heads, real = ([head_of(line) for line in lines_of(text)] for text in (shown, printed))
        assert in_order([head for head in heads if head], real) == [], printed


def head_of(line: str) -> str:
    """What another model shares with the README's: titles, headings, the names of a row, its size. "": nothing."""
    words = line.split()
    if len(words) > 1 and words[1].startswith("litert-") and {"pass", "inconclusive", "drift"} & set(words):
        return f"{' '.join(words[:3])} {words[-2]} kB"
    if words[0].startswith(("tflite/", "photo.png")) and "in" not in words:
        return " ".join(words[:3] if words[0].startswith("tflite/") else words[:1])
    if (
        " in litert-xnnpack: " in line
        or "predictions flipped" in line
        or line.startswith(("predictions", "candidates"))
    ):
        return ""
    return "" if "candidates:" in line else shape(line)
