"""The README and the pages of docs/: their commands run, their links lead somewhere, their figures are the report's.

A block that starts with ```sh is run line by line, in the order in which the lines stand, in one folder per
document that holds what the texts call a user's own. A block under a comment `<!-- not run by the tests: REASON -->`
is left out; the reason must be there.
"""

import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from support.documents import (
    DOCUMENTS,
    LINK,
    PAGES,
    README,
    WRITTEN,
    anchors_of,
    name_of,
    num_words,
    prose_of,
    prose_of_code,
    sentences_in,
    sentences_of,
    write_belongings,
)
from support.helpers import ROOT

from edgekit.cli import COMMANDS

BLOCK = re.compile(r"(?:<!-- not run by the tests: (?P<reason>[^>]+) -->\n)?```sh\n(?P<body>.*?)```", re.DOTALL)
INLINE = re.compile(r"`(edgekit [a-z][^`]*)`")
QUICK = ("find-the-layer.md", "gate-a-pull-request.md", "your-own-images.md")
"""Pages whose commands take at most ten seconds together."""

MAX_WORDS = 35
MAX_LINES = 200
MEASURED_RUN = ROOT / "exported" / "resnet8"
TABLE_ROW = re.compile(r"^\| (?:tflite|onnx) \w+ \| (?:litert|onnxruntime).*$", re.MULTILINE)


def commands_of(document: Path, *, run: bool) -> list[str]:
    """The `edgekit` lines of the blocks that are run, or of those that are not; continued lines joined."""
    bodies = [match["body"] for match in BLOCK.finditer(document.read_text()) if (match["reason"] is None) is run]
    lines = "\n".join(bodies).replace("\\\n", " ").splitlines()
    return [line.partition(" # ")[0].strip() for line in lines if line.startswith("edgekit ")]


def module_of(file: Path) -> ModuleType:
    """A script of the checkout that lies outside the package."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def belongings(finished_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_belongings(tmp_path_factory.mktemp("belongings"), finished_run)


def run_commands(document: Path, folder: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for line in commands_of(document, run=True):
        result = subprocess.run(
            ["sh", "-c", line], cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True,
            timeout=300, check=False,
        )  # fmt: skip
        answers = {0, 3} if line.startswith(("edgekit verify", "edgekit run")) else {0}  # 3: drift, an answer too
        assert result.returncode in answers, f"{line}\n{result.stdout[-3000:]}\n{result.stderr[-3000:]}"


def test_the_documents_have_commands_to_run() -> None:
    assert len(commands_of(README, run=True)) >= 3
    assert sum(len(commands_of(page, run=True)) for page in PAGES) >= 30


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_commands_of_the_readme_run(belongings: Path, tmp_path: Path) -> None:
    run_commands(README, Path(shutil.copytree(belongings, tmp_path / "user")))


def pages_to_run() -> list[Any]:
    """All pages with commands; those that take longer than some seconds are left to `make test-all`."""
    pages = [page for page in PAGES if commands_of(page, run=True)]
    return [
        pytest.param(page, id=name_of(page), marks=pytest.mark.slow if page.name in QUICK else pytest.mark.minutes)
        for page in pages
    ]


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("page", pages_to_run())
def test_the_commands_of_a_page_run(page: Path, belongings: Path, tmp_path: Path) -> None:
    run_commands(page, Path(shutil.copytree(belongings, tmp_path / "user")))


def every_line() -> list[str]:
    """All commands of the documents, in blocks and in the text."""
    lines = {line for document in DOCUMENTS for run in (True, False) for line in commands_of(document, run=run)}
    inline = {line for document in DOCUMENTS for line in INLINE.findall(prose_of(document))}
    return sorted(lines | {line for line in inline if line.split()[1] in COMMANDS})


@pytest.mark.parametrize("line", every_line())
def test_every_command_and_option_in_the_documents_exists(line: str) -> None:
    for part in line.split("&&"):
        words = shlex.split(part.partition(">")[0])
        assert words[0] == "edgekit"
        if words[1].startswith("-"):
            continue
        command = COMMANDS.load(words[1])
        known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
        options = {word.partition("=")[0] for word in words[2:] if word.startswith("--")}
        assert options <= known | {"--help"}, line


def test_every_command_is_in_the_documents() -> None:
    text = "\n".join(document.read_text() for document in DOCUMENTS)
    for name in COMMANDS:
        assert f"edgekit {name}" in text, name


def test_the_architecture_lists_every_folder_and_every_command() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    layout, commands = (
        text.partition(f"\n## {title}\n")[2].partition("\n## ")[0] for title in ("Layout", "The command line")
    )
    package = ROOT / "toolkit" / "edgekit"
    folders = {path.parent for path in package.rglob("*.py")} - {package}
    assert [name_of(folder) for folder in sorted(folders) if f"{folder.name}/" not in layout] == []
    assert [name for name in COMMANDS if not re.search(rf"(?:edgekit|[|;]|and) {name}\b", commands)] == []


def test_the_readme_is_short() -> None:
    assert len(README.read_text().splitlines()) <= MAX_LINES


def test_every_document_of_the_project_is_checked() -> None:
    names = {name_of(document) for document in WRITTEN}
    assert {"README.md", "CHANGELOG.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"} <= names
    assert {"recipes/README.md", "exported/README.md", "exported/resnet8/verification.md"} <= names
    assert {name_of(page) for page in DOCUMENTS} < names
    assert any(name.startswith("docs/measured/") for name in names)


@pytest.mark.parametrize("document", WRITTEN, ids=name_of)
def test_no_sentence_is_long(document: Path) -> None:
    assert [sentence for sentence in sentences_of(document) if num_words(sentence) > MAX_WORDS] == []


def test_a_long_sentence_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        f"# Title\n\nShort. {'Word ' * 20}\n{'word ' * 16}. 0.5 points.\n\n```\n{'code ' * 50}\n```\n\n"
        f"- {'item ' * 34}.\n"
    )
    assert [num_words(sentence) for sentence in sentences_of(page)] == [1, 1, 36, 2, 34]


@pytest.mark.parametrize("folder", ["toolkit", "benchmarks", "docs", "tests"])
def test_no_sentence_of_a_docstring_or_comment_is_long(folder: str) -> None:
    files = [path for path in (ROOT / folder).rglob("*.py") if "_build" not in path.parts]
    assert files
    texts = [(path, text) for path in files for text in prose_of_code(path.read_text())]
    sentences = [(name_of(path), sentence) for path, text in texts for sentence in sentences_in(text)]
    assert [each for each in sentences if num_words(each[1]) > MAX_WORDS] == []


def test_a_long_sentence_of_code_is_found() -> None:
    source = f'"""Short.\n\n{"Word " * 36}.\n\nname.py   {"word " * 40}\n"""\n# {"word " * 36}.\nx = "{"word " * 50}"\n'
    sentences = [sentence for text in prose_of_code(source) for sentence in sentences_in(text)]
    assert [num_words(sentence) for sentence in sentences] == [1, 36, 36]


@pytest.mark.parametrize("document", WRITTEN, ids=name_of)
def test_links_lead_to_files_and_headings(document: Path) -> None:
    for _, target in LINK.findall(prose_of(document)):
        if target.startswith(("https://", "http://", "mailto:")):
            continue
        name, _, anchor = target.partition("#")
        file = (document.parent / name).resolve() if name else document
        assert file.exists(), f"{name_of(document)} links to {target}, and there is no such file"
        if anchor:
            assert anchor in anchors_of(file), f"{name_of(document)} links to {target}, and there is no such heading"


TERMS = ("candidate", "flip", "agreement", "drift", "tie", "runtime")
EXPLAINED = [page for page in PAGES if page.name not in ("glossary.md", "index.md", "supported-models.md")]
"""Pages in which a term is linked where it comes first; the last of those left out is written by a program."""


@pytest.mark.parametrize("page", EXPLAINED, ids=name_of)
def test_a_page_explains_a_term_where_it_is_first_used(page: Path) -> None:
    others = ("|", "#", "!", "edgekit", ">")
    lines = [line for line in prose_of(page).splitlines() if not line.startswith(others)]
    for term in TERMS:
        used = re.compile(rf"(?<![/#\-\w.])(?<!ONNX ){term}s?\b(?!-)", re.IGNORECASE)
        link = f"glossary.md#{term})"
        plain = [re.sub(r"`[^`]*`|\[[^\]]*\]\([^)]*\)", "", line) for line in lines]
        first = next((number for number, line in enumerate(plain) if used.search(line)), len(lines))
        linked = next((number for number, line in enumerate(lines) if link in line), len(lines))
        assert linked <= first, f"{name_of(page)} uses '{term}' before it links it: {lines[first]}"


@pytest.mark.parametrize("term", TERMS)
def test_the_readme_explains_a_term_where_it_is_first_used(term: str) -> None:
    assert term in anchors_of(ROOT / "docs" / "glossary.md")
    paragraphs = [line for line in prose_of(README).splitlines() if not line.startswith(("|", "#", "!", "edgekit"))]
    first = next(line for line in paragraphs if re.search(rf"(?<![/#-]){term}s?\b", line, re.IGNORECASE))
    assert f"(docs/glossary.md#{term})" in first


@pytest.mark.parametrize("document", [README, ROOT / "docs" / "results.md"], ids=name_of)
def test_the_rows_of_a_table_are_those_of_the_report(document: Path) -> None:
    results = module_of(ROOT / "benchmarks" / "results.py")
    report = json.loads((MEASURED_RUN / "verification.json").read_text())
    measured = results.candidate_table(report, with_speed=False).splitlines()[2:]
    rows = TABLE_ROW.findall(document.read_text())
    assert len(rows) >= 5
    assert set(rows) <= set(measured)
    if document != README:
        assert rows == measured


def test_the_pictures_show_the_reports_as_they_are() -> None:
    pictures = module_of(ROOT / "docs" / "pictures.py")
    for picture in pictures.PICTURES:
        assert picture.shown() == picture.digest(), f"{name_of(picture.file)} is out of date: make pictures"


def test_a_picture_out_of_date_is_named_where_there_is_no_browser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures = module_of(ROOT / "docs" / "pictures.py")
    run = tmp_path / "run"
    run.mkdir()
    (run / "verification.json").write_text("{}")
    monkeypatch.setattr(pictures, "ROOT", tmp_path)
    monkeypatch.setattr(pictures, "PICTURES", (pictures.Picture(tmp_path / "report.png", run, "int8"),))
    monkeypatch.setenv("PATH", "")
    assert pictures.main() == 1
    assert "report.png" in capsys.readouterr().err


def pins_of(lock: Path) -> dict[str, set[str]]:
    """Name -> the versions that a lock file pins, each with its environment."""
    pins: dict[str, set[str]] = {}
    for line in lock.read_text().splitlines():
        name, equals, version = line.partition("==")
        if equals and not line.startswith((" ", "#")):
            pins.setdefault(name, set()).add(version.partition(" ;")[0].strip(" \\"))
    return pins


def test_the_pins_of_the_site_are_those_of_the_tests() -> None:
    """`make docs` installs into the environment of `make test`, and must not change a package there."""
    tests, site = pins_of(ROOT / "requirements.lock"), pins_of(ROOT / "docs" / "requirements.lock")
    assert {"sphinx", "furo", "myst-parser", "sphinx-click"} <= set(site)
    assert {name: pins for name, pins in site.items() if name in tests and not pins <= tests[name]} == {}
