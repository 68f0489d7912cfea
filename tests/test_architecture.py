"""ARCHITECTURE.md says who may import whom, and what is imported late; this reads the imports and checks it.

The rules are functions from modules to violations, so that another test plants a violation of each.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "toolkit" / "edgekit"
TESTS = Path(__file__).parent

LEVELS = [
    {"foundation"},
    {"artifact", "input_range", "tolerance", "metrics"},
    {"inspection", "datasets", "recipe", "runs", "input_probe"},
    {"runtimes", "quantization"},
    {"execution"},
    {"exporting"},
    {"verification", "layer_drift", "clients", "speed"},
    {"rendering", "search", "installation"},
    {"training", "compression", "bundle", "web_demo", "project", "publishing"},
    {"api"},
    {"cli"},
]
"""Parts of edgekit, lowest first. A part imports from its own level and from those below it."""

HEAVY = {
    "ai_edge_litert",
    "ai_edge_quantizer",
    "datasets",
    "flatbuffers",
    "jinja2",
    "keras",
    "matplotlib",
    "numpy",
    "onnx",
    "onnx_ir",
    "onnxruntime",
    "PIL",
    "rich",
    "sklearn",
    "tensorflow",
    "tensorflow_model_optimization",
    "tf2onnx",
    "tf_keras",
}
"""Libraries that no module may import while `edgekit --help` runs."""

WORKER_SIDE = ("runtimes", "execution", "metrics", "clients.adapters")
"""Parts that are nothing without numpy, and that no help text loads."""

FORBIDDEN = {
    "runtimes": ("execution", "exporting", "verification"),
    "exporting": ("runtimes.litert", "runtimes.onnxruntime"),
    "exporting.tflite": ("exporting.onnx",),
    "exporting.onnx": ("exporting.tflite",),
    "exporting.keras": ("exporting.tflite", "exporting.onnx"),
    "verification.measuring": ("verification.verdict", "verification.subjects", "runs", "execution", "inspection"),
    "verification.verdict": ("verification.subjects", "runs", "execution", "inspection", "foundation.mapped_arrays"),
    "verification.subjects": ("verification.measuring", "verification.verdict"),
}
"""Part -> parts that nothing in it may import, beside what `LEVELS` says."""

MEASURING, VERDICT, SUBJECTS = (f"verification.{part}" for part in ("measuring", "verdict", "subjects"))

KNOWN_PARTS: dict[str, tuple[str, ...]] = {"verification.job": (SUBJECTS, MEASURING, VERDICT), VERDICT: (MEASURING,)}
"""Module or part of verification -> the other parts that it may import; nothing else there imports another part."""

FILES = {"io", "json", "mmap", "os", "pathlib", "shutil", "tempfile", "zipfile"}
"""Modules that know files. What measures imports none of them."""

NEVER_TENSORFLOW = ("verification", "execution", "runtimes", "metrics", "inspection", "tolerance")
TENSORFLOW = {"tensorflow", "keras", "tf_keras"}

MAX_TOP_LEVEL_MODULES = 8
MAX_FILES_PER_FOLDER = 16


@dataclass(frozen=True)
class Module:
    """One module as its imports show it.

    Attributes:
        name: Below edgekit: "exporting.onnx.layout"; a package's `__init__` has the name of the package.
        source: Its text.
    """

    name: str
    source: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.source)

    @property
    def part(self) -> str:
        return self.name.partition(".")[0]

    def is_in(self, parts: Iterable[str]) -> bool:
        return any(lies_in(self.name, part) for part in parts)

    @cached_property
    def imports(self) -> frozenset[str]:
        """Everything that it imports, at any depth and for types alone too, with the names that it takes."""
        return frozenset(_imported(self.tree))

    @cached_property
    def inner(self) -> frozenset[str]:
        """What it imports of edgekit, below edgekit."""
        return frozenset(name.removeprefix("edgekit.") for name in self.imports if name.startswith("edgekit."))

    @property
    def roots(self) -> set[str]:
        """The top-level names of all that it imports."""
        return {name.partition(".")[0] for name in self.imports}

    @property
    def loaded_at_import(self) -> set[str]:
        """Top-level names imported when the module itself is; `if TYPE_CHECKING` is not."""
        statements = [node for node in self.tree.body if isinstance(node, ast.Import | ast.ImportFrom | ast.Try)]
        return {name.partition(".")[0] for statement in statements for name in _imported(statement)}


def lies_in(name: str, part: str) -> bool:
    return name == part or name.startswith(f"{part}.")


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written from the top: from edgekit.x import y"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def read_modules() -> list[Module]:
    return [
        Module(".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"), path.read_text())
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.parent != PACKAGE or path.stem not in {"__init__", "__main__"}
    ]


MODULES = read_modules()


# The rules: each gives its violations as sentences.


def imports_from_above(modules: Iterable[Module]) -> list[str]:
    level_of = {name: level for level, names in enumerate(LEVELS) for name in names}
    return [
        f"{module.name} (level {level_of[module.part]}) imports {name}"
        for module in modules
        for name in sorted(module.inner)
        if level_of.get(name.partition(".")[0], -1) > level_of[module.part]
    ]


def forbidden_imports(modules: Iterable[Module]) -> list[str]:
    return [
        f"{module.name} imports {name}"
        for module in modules
        for part, others in FORBIDDEN.items()
        if lies_in(module.name, part)
        for name in sorted(module.inner)
        if any(lies_in(name, other) for other in others)
    ]


def cycles(modules: Iterable[Module]) -> list[str]:
    """Modules that reach themselves by their imports, those for types alone included."""
    by_name = {module.name: module for module in modules}
    graph = {
        name: sorted({target for each in module.inner if (target := _module_of(each, by_name)) and target != name})
        for name, module in by_name.items()
    }
    return [" <-> ".join(sorted(group)) for group in _strongly_connected(graph) if len(group) > 1]


def _module_of(name: str, modules: Mapping[str, Module]) -> str | None:
    """The module that an import names: "a.b" for "a.b.Class", unless "a.b.Class" is a module itself."""
    if name in modules and not any(other.startswith(f"{name}.") for other in modules):
        return name
    if name in modules:  # a package: what counts are the modules that are taken from it
        return name if _is_more_than_a_docstring(modules[name]) else None
    parent = name.rpartition(".")[0]
    return _module_of(parent, modules) if parent else None


def _is_more_than_a_docstring(module: Module) -> bool:
    return len(module.tree.body) > 1


def _strongly_connected(graph: Mapping[str, list[str]]) -> list[list[str]]:
    """Tarjan's algorithm."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in graph[name]:
            if other not in index:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], index[other])
        if low[name] == index[name]:
            start = stack.index(name)
            found.append(stack[start:])
            del stack[start:]

    for name in graph:
        if name not in index:
            visit(name)
    return found


def users_of_click(modules: Iterable[Module]) -> set[str]:
    return {module.part for module in modules if "click" in module.roots}


def users_of_tensorflow(modules: Iterable[Module]) -> list[str]:
    return [module.name for module in modules if module.is_in(NEVER_TENSORFLOW) and module.roots & TENSORFLOW]


def heavy_at_import(modules: Iterable[Module]) -> list[str]:
    return [
        f"{module.name} imports {name}"
        for module in modules
        for name in sorted(module.loaded_at_import & (HEAVY - ({"numpy"} if module.is_in(WORKER_SIDE) else set())))
    ]


def beside_the_path(modules: Iterable[Module]) -> list[str]:
    """Imports between parts of verification that job.py does not make, and users of the first part outside."""
    return [
        f"{module.name} imports {name}"
        for module in modules
        for name in sorted(module.inner)
        for part in ((SUBJECTS, MEASURING, VERDICT) if module.part == "verification" else (SUBJECTS,))
        if lies_in(name, part) and not module.is_in([part]) and part not in _parts_known_to(module)
    ] + [
        f"{module.name} imports {name}"
        for module in modules
        for name in sorted(module.inner)
        if module.part == "verification" and module.name != "verification.job" and lies_in(name, "verification.job")
    ]


def _parts_known_to(module: Module) -> tuple[str, ...]:
    return tuple(known for name, parts in KNOWN_PARTS.items() if module.is_in([name]) for known in parts)


def measuring_that_knows_files(modules: Iterable[Module]) -> list[str]:
    return [module.name for module in modules if module.is_in([MEASURING]) and module.roots & FILES]


def verdict_that_knows_arrays(modules: Iterable[Module]) -> list[str]:
    return [module.name for module in modules if module.is_in([VERDICT]) and "numpy" in module.roots]


def crowded_folders(files: Iterable[Path]) -> list[str]:
    """Folders with too many modules; `cli` holds one command per file, and its tests one file per command."""
    counts: dict[Path, int] = {}
    for file in files:
        counts[file.parent] = counts.get(file.parent, 0) + 1
    limits = {PACKAGE: MAX_TOP_LEVEL_MODULES, PACKAGE / "cli": 1000, TESTS / "cli": 1000}
    return [f"{folder}: {n}" for folder, n in counts.items() if n > limits.get(folder, MAX_FILES_PER_FOLDER)]


def test_a_module_imports_only_from_its_own_level_and_below() -> None:
    assert imports_from_above(MODULES) == []


def test_parts_that_must_not_know_each_other_do_not() -> None:
    assert forbidden_imports(MODULES) == []


def test_in_a_verification_only_the_job_leads_from_part_to_part() -> None:
    assert beside_the_path(MODULES) == []


def test_what_measures_knows_no_file_and_what_judges_no_array() -> None:
    assert measuring_that_knows_files(MODULES) == []
    assert verdict_that_knows_arrays(MODULES) == []


def test_there_are_no_import_cycles() -> None:
    assert cycles(MODULES) == []


def test_only_the_command_line_imports_click() -> None:
    assert users_of_click(MODULES) == {"cli"}


def test_what_verifies_never_imports_tensorflow() -> None:
    assert users_of_tensorflow(MODULES) == []


def test_heavy_libraries_are_imported_where_they_are_used() -> None:
    assert heavy_at_import(MODULES) == []


def test_no_folder_is_crowded() -> None:
    assert crowded_folders([*PACKAGE.rglob("*.py"), *TESTS.rglob("*.py")]) == []


def test_every_part_is_in_the_levels_and_in_the_architecture() -> None:
    text = (PACKAGE.parents[1] / "ARCHITECTURE.md").read_text()
    parts = {module.part for module in MODULES}
    assert parts == {name for names in LEVELS for name in names}
    assert [part for part in sorted(parts) if part not in text] == []


def test_what_tests_share_lies_where_they_look_for_it() -> None:
    there = {path.relative_to(TESTS).with_suffix("").as_posix().replace("/", ".") for path in TESTS.rglob("*.py")}
    sources = {
        node.module
        for path in TESTS.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module and lies_in(node.module, "support")
    }
    assert {name for name in sources if name not in there and f"{name}.__init__" not in there} == set()


def test_each_folder_of_the_tests_mirrors_one_of_the_package() -> None:
    folders = {path.parent.relative_to(TESTS) for path in TESTS.rglob("test_*.py")} - {Path()}
    extra = {Path("browser"), Path("fuzz"), Path("recipes")}
    assert {folder for folder in folders - extra if not (PACKAGE / folder).is_dir()} == set()


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("foundation.planted", "from edgekit.verification.job import verify_request"),
        ("metrics.planted", "def late():\n    from edgekit.runs import folder"),
    ],
)
def test_a_planted_import_from_above_is_found(name: str, source: str) -> None:
    assert imports_from_above([*MODULES, Module(name, source)]) != []


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("runtimes.planted", "from edgekit.execution.pixels import encode"),
        ("exporting.planted", "from edgekit.runtimes.litert import LiteRTBuiltin"),
        ("exporting.tflite.planted", "from edgekit.exporting.onnx import layout"),
        ("exporting.onnx.planted", "def late():\n    import edgekit.exporting.tflite.graph"),
        ("exporting.keras.planted", "from edgekit.exporting.onnx.layout import anything"),
        ("verification.measuring.planted", "from edgekit.runs.folder import RunFolder"),
        ("verification.measuring.planted", "from edgekit.verification.verdict import limits"),
        ("verification.verdict.planted", "from edgekit.foundation.mapped_arrays import pieces"),
        ("verification.subjects.planted", "from edgekit.verification.measuring.pairwise import compare_pairs"),
    ],
)
def test_a_planted_import_between_strangers_is_found(name: str, source: str) -> None:
    assert forbidden_imports([Module(name, source)]) != []


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("verification.planted", "from edgekit.verification.subjects.selection import select"),
        ("verification.request", "from edgekit.verification.measuring.measurer import Measurer"),
        ("verification.measuring.planted", "from edgekit.verification.verdict.judging import Judge"),
        ("verification.subjects.planted", "def late():\n    from edgekit.verification.measuring import measurer"),
        ("verification.verdict.planted", "if TYPE_CHECKING:\n    from edgekit.verification.job import Verified"),
        ("search.planted", "from edgekit.verification.subjects.images import spread_over_classes"),
    ],
)
def test_a_planted_shortcut_between_parts_of_a_verification_is_found(name: str, source: str) -> None:
    assert beside_the_path([Module(name, source)]) != []


def test_the_path_itself_is_no_shortcut() -> None:
    every_part = "\n".join(f"import edgekit.{part}.planted" for part in (SUBJECTS, MEASURING, VERDICT))
    assert beside_the_path([Module("verification.job", every_part)]) == []
    assert beside_the_path([Module("verification.verdict.planted", f"import edgekit.{MEASURING}.measurement")]) == []


def test_a_planted_file_in_measuring_and_a_planted_array_in_the_verdict_are_found() -> None:
    assert measuring_that_knows_files([Module("verification.measuring.planted", "from pathlib import Path")]) != []
    late = Module("verification.verdict.planted", "if TYPE_CHECKING:\n    from numpy.typing import NDArray")
    assert verdict_that_knows_arrays([late]) != []


def test_a_planted_cycle_is_found_also_where_it_is_for_types_alone() -> None:
    first = Module("metrics.first", "from edgekit.metrics.second import two")
    second = Module("metrics.second", "if TYPE_CHECKING:\n    from edgekit.metrics.third import three")
    third = Module("metrics.third", "def late():\n    from edgekit.metrics import first")
    assert cycles([first, second]) == []
    assert cycles([first, second, third]) == ["metrics.first <-> metrics.second <-> metrics.third"]


def test_planted_uses_of_click_tensorflow_and_heavy_libraries_are_found() -> None:
    assert users_of_click([Module("runs.planted", "import click.termui")]) == {"runs"}
    assert users_of_tensorflow([Module("verification.verdict.planted", "def f():\n    import keras.ops")]) != []
    assert heavy_at_import([Module("cli.planted", "try:\n    import numpy as np\nexcept ImportError:\n    pass")]) != []


def test_a_planted_crowd_is_found() -> None:
    assert crowded_folders(PACKAGE / f"m{n}.py" for n in range(9)) != []
    assert crowded_folders(PACKAGE / "metrics" / f"m{n}.py" for n in range(17)) != []
    assert crowded_folders(TESTS / "support" / f"m{n}.py" for n in range(17)) != []


def test_public_names_are_sorted_and_load() -> None:
    import edgekit

    assert list(edgekit.__all__) == sorted(edgekit.__all__)
    for name in edgekit.__all__:
        assert getattr(edgekit, name) is not None
