"""ARCHITECTURE.md says who may import whom, and what is imported late; this reads the imports and checks it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "toolkit" / "edgekit"

LEVELS = [
    {"errors", "grammar", "mapped", "whole_files", "registry", "child_python", "progress"},
    {"artifact", "input_range", "run_folder", "reference", "manifest", "machine", "keras_setup", "backends"},
    {"inspection"},
    {"exporters", "quantization", "runtimes", "metrics", "datasets", "recipe", "tolerance", "run_summary"},
    {
        "compression",
        "training",
        "exporting",
        "verification",
        "tuning",
        "rendering",
        "input_probe",
        "diagnosis",
        "layer_drift",
    },
    {"cli"},
]
LEVEL_OF = {name: level for level, names in enumerate(LEVELS) for name in names}

HEAVY = {
    "ai_edge_litert",
    "ai_edge_quantizer",
    "datasets",
    "flatbuffers",
    "keras",
    "matplotlib",
    "numpy",
    "onnx",
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

MODULES = sorted(
    path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE or path.stem not in {"__init__", "__main__"}
)


def part_of(path: Path) -> str:
    """The module or package directly under `edgekit` that `path` belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(tree: ast.AST) -> Iterator[str]:
    """Every module named in an import statement below `tree`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written from the top: from edgekit.x import y"
            yield node.module or ""


def parts_imported(path: Path) -> set[str]:
    """The parts of edgekit that the module at `path` imports."""
    names = [name.split(".") for name in imports_of(ast.parse(path.read_text()))]
    return {name[1] for name in names if name[0] == "edgekit" and len(name) > 1}


def module_level_imports(path: Path) -> set[str]:
    """Top-level names imported when the module itself is imported; `if TYPE_CHECKING` is not."""
    statements = [
        node for node in ast.parse(path.read_text()).body if isinstance(node, ast.Import | ast.ImportFrom | ast.Try)
    ]
    return {name.partition(".")[0] for statement in statements for name in imports_of(statement)}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_module_imports_only_from_its_own_level_and_below(path: Path) -> None:
    part = part_of(path)
    assert part in LEVEL_OF, f"say in ARCHITECTURE.md and here where '{part}' stands"
    too_high = {name for name in parts_imported(path) if LEVEL_OF[name] > LEVEL_OF[part]}
    assert not too_high


def test_exporters_and_runtimes_never_import_each_other() -> None:
    for path in MODULES:
        if part_of(path) == "exporters":
            assert "runtimes" not in parts_imported(path), path
        if part_of(path) == "runtimes":
            assert "exporters" not in parts_imported(path), path


def test_only_the_command_line_imports_click() -> None:
    users = {
        part_of(path) for path in MODULES if any(n.startswith("click") for n in imports_of(ast.parse(path.read_text())))
    }
    assert users == {"cli"}


def test_verification_and_runtimes_never_import_tensorflow() -> None:
    for path in MODULES:
        if part_of(path) in {"verification", "runtimes", "metrics", "inspection", "tolerance"}:
            roots = {name.partition(".")[0] for name in imports_of(ast.parse(path.read_text()))}
            assert not roots & {"tensorflow", "keras", "tf_keras"}, path


WORKER_SIDE = {"runtimes", "metrics"}
"""Parts that are nothing without numpy, and that no help text loads."""


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_heavy_libraries_are_imported_where_they_are_used(path: Path) -> None:
    allowed = {"numpy"} if part_of(path) in WORKER_SIDE else set()
    assert not module_level_imports(path) & (HEAVY - allowed)


def test_every_part_stands_in_the_architecture() -> None:
    text = (PACKAGE.parents[1] / "ARCHITECTURE.md").read_text()
    for part in LEVEL_OF:
        assert part in text, part


def test_public_names_are_sorted_and_load() -> None:
    import edgekit

    assert list(edgekit.__all__) == sorted(edgekit.__all__)
    for name in edgekit.__all__:
        assert getattr(edgekit, name) is not None
