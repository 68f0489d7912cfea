"""Model files that their formats allow and hardly anyone writes: thirty of each format, made of an ordinary one.

Some are more than unusual: a function that calls itself, a graph that reads its own output. No reader of a file may
take it for granted that somebody has looked at it before.
"""

from fuzz.unusual_onnx import ONNX, changed_onnx
from fuzz.unusual_tflite import TFLITE, changed_tflite


def unusual_files(content: bytes, kind: str) -> dict[str, bytes]:
    """Name -> file, each made of `content`; `kind` is "tflite" or "onnx"."""
    if kind == "onnx":
        return {name: changed_onnx(content, change) for name, change in ONNX.items()}
    return {name: changed_tflite(content, change) for name, change in TFLITE.items()}
