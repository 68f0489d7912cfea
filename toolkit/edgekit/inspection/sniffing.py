"""What a file seems to be, judged by its first bytes. Knows formats by their marks and nothing else."""

import zipfile
from pathlib import Path

from edgekit.artifact import Format

ORT_MARK = b"ORTM"
"""Bytes 4 to 8 of a model in ONNX Runtime's own form (.ort)."""

NUM_BYTES = 4096
"""How much of a file is looked at."""

_MARKS = (
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file, as older Keras models (.h5) are"),
    (b"version https://git-lfs", "a Git LFS pointer, not the model itself: fetch it with git lfs pull"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GGUF", "a GGUF language model"),
    (b"\x93NUMPY", "a numpy array (.npy)"),
    (b"\x7fELF", "a program or library (ELF)"),
    (b"\x80\x02", "a Python pickle, as PyTorch writes"),
    (b"%PDF", "a PDF document"),
)


def format_in(start: bytes) -> Format | None:
    """The model format that the first bytes of a file show; None for anything else."""
    if start[4:8] == b"TFL3":
        return Format.TFLITE
    if start[4:8] == ORT_MARK:
        return Format.ONNX
    return Format.ONNX if _looks_like_onnx(start) else None


def is_ort(path: Path) -> bool:
    """Whether the file at `path` begins as one in ONNX Runtime's own form (.ort) does."""
    with path.open("rb") as file:
        return file.read(8)[4:] == ORT_MARK


def what_it_seems(path: Path) -> str:
    """In words, what the file at `path` holds: "a Keras model (.keras)", "an HTML page, ..."."""
    if path.suffix.lower() == ".pb":
        return "by its name a graph of TensorFlow, a SavedModel or a frozen one"
    with path.open("rb") as file:
        start = file.read(NUM_BYTES)
    if start[4:8] == ORT_MARK:
        return "an ONNX Runtime model (.ort)"
    if found := format_in(start):
        return f"{'a LiteRT (TensorFlow Lite)' if found is Format.TFLITE else 'an ONNX'} model"
    if start.startswith(b"PK\x03\x04"):
        return _zip_in_words(path)
    for mark, words in _MARKS:
        if start.startswith(mark):
            return words
    text = start.lstrip().lower()
    if text.startswith((b"<!doctype html", b"<html", b"<?xml", b"<head")):
        return "an HTML or XML page, perhaps what a failed download left"
    if not start.strip(b"\x00"):
        return "nothing but zero bytes"
    if all(byte >= 32 or byte in b"\t\n\r\f" for byte in start):
        return "JSON text" if text.startswith((b"{", b"[")) else "plain text"
    return "binary data of no format that edgekit knows, or a damaged model"


def _looks_like_onnx(start: bytes) -> bool:
    """A ModelProto begins with field 1, ir_version, a small number; a length-delimited field or opset follows."""
    return len(start) > 2 and start[0] == 0x08 and 0 < start[1] < 64 and start[2] in b"\x12\x1a\x22\x28\x32\x3a\x42\x72"


def _zip_in_words(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except Exception:  # noqa: BLE001  a damaged directory of an archive makes zipfile raise almost anything
        return "a damaged zip archive"
    if {"config.json", "metadata.json"} <= names:
        return "a Keras model (.keras)"
    if any(name.endswith("data.pkl") for name in names):
        return "a PyTorch model"
    return "a zip archive"
