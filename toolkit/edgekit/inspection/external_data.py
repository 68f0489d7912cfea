"""Weights that an `.onnx` file keeps in other files: which, and whether they may be read. Reads none of them.

A model from a stranger may name any file of this machine. Only regular files in the model's own folder, or below
it, are its own.
"""

import mmap
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from edgekit.foundation.errors import ArtifactError

MARK = b"location"
"""The key of every reference to another file; a model without these bytes has none, and is not parsed."""


def check_external_data(path: Path) -> None:
    """Raise ArtifactError if the ONNX model at `path` keeps weights in a file that it may not read, or lacks.

    A file that is missing or no ONNX model passes: loading it reports the error.
    """
    for name, entries in _references(path):
        if problem := _problem(path, entries):
            raise ArtifactError(
                f"{path} keeps the weights '{name}' in another file, {entries.get('location', '')!r}, {problem}. "
                f"Expected a file in the model's own folder. Copy it there, or save the model with its weights inside."
            )


def external_bytes(path: Path) -> int:
    """Bytes of the files in which the ONNX model at `path` keeps weights; those that it may not read count nothing."""
    own = {
        (path.parent / entries["location"]).resolve()
        for _, entries in _references(path)
        if _problem(path, entries) is None
    }
    return sum(file.stat().st_size for file in own)


def _references(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """(name of the weights, entries of their `external_data`) for all weights that lie elsewhere."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            content = mapped[:] if mapped.find(MARK) >= 0 else b""
    except (OSError, ValueError):  # there is no such file, or it is empty
        return
    if not content:
        return
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
    from onnx import ModelProto, TensorProto

    try:
        model = ModelProto.FromString(content)
    except DecodeError:
        return
    for tensor in _tensors(model):
        if tensor.data_location == TensorProto.EXTERNAL:
            yield str(tensor.name), {str(entry.key): str(entry.value) for entry in tensor.external_data}


def _tensors(model: Any) -> Iterator[Any]:
    """Every tensor of the model: weights, constants, those in branches and in functions."""
    graphs = [model.graph]
    while graphs:
        graph = graphs.pop()
        yield from graph.initializer
        for sparse in graph.sparse_initializer:
            yield from (sparse.values, sparse.indices)
        for node in graph.node:
            yield from _attribute_tensors(node)
            graphs.extend(branch for attribute in node.attribute for branch in (attribute.g, *attribute.graphs))
    for function in model.functions:
        for node in function.node:
            yield from _attribute_tensors(node)


def _attribute_tensors(node: Any) -> Iterator[Any]:
    for attribute in node.attribute:
        yield attribute.t
        yield from attribute.tensors


def _problem(model: Path, entries: dict[str, str]) -> str | None:
    """What is wrong with one reference, as the end of a sentence; None if nothing is."""
    location = entries.get("location", "")
    if not location or PurePosixPath(location).is_absolute() or PureWindowsPath(location).is_absolute():
        return "which is not a path relative to the model"
    try:
        target = (model.parent / location).resolve()
        if not any(target.is_relative_to(folder) for folder in (model.parent.resolve(), model.resolve().parent)):
            return f"which leads out of the model's folder, to {target}"
        if not target.is_file():
            return "which is not there" if not target.exists() else "which is not a regular file"
        start, size = int(entries.get("offset") or 0), target.stat().st_size
        length = int(entries.get("length") or max(size - start, 0))
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: links that lead in a circle
        return f"which cannot be looked up ({error})"
    if start < 0 or length < 0 or start + length > size:
        return f"of which it needs bytes {start:,} to {start + length:,}; it has {size:,}"
    return None
