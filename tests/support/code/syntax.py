"""Real parsers of languages whose compilers may be missing: Kotlin and Swift."""

import importlib
from collections.abc import Iterator
from typing import Any, Literal

import pytest


def parsed(content: bytes, language: Literal["kotlin", "swift"]) -> Any:
    """The syntax tree; skips the test without the parser."""
    tree_sitter = pytest.importorskip("tree_sitter", reason="needs tree-sitter")
    name = f"tree_sitter_{language}"
    pytest.importorskip(name, reason=f"needs {name}")
    return tree_sitter.Parser(tree_sitter.Language(importlib.import_module(name).language())).parse(content).root_node


def syntax_errors(content: bytes, language: Literal["kotlin", "swift"]) -> list[str]:
    """What the parser does not understand, or misses."""

    def found(node: Any) -> Iterator[str]:
        if node.is_error or node.is_missing:
            yield f"line {node.start_point[0] + 1}: {node.text.decode()[:80]}"
        for child in node.children:
            yield from found(child)

    return list(found(parsed(content, language)))
