"""Lists of names as people type them: with commas, repeated, or as a list."""

from collections.abc import Iterable


def names_of(values: "str | Iterable[object] | None") -> tuple[str, ...]:
    """The names in text with commas, or in a list of such texts, each once: "tflite,onnx", ["tflite,onnx", "onnx"].

    A superfluous comma is ignored; text with nothing in it is an unknown name, and an error.
    """
    if values is None:
        return ()
    given = [values] if isinstance(values, str) else map(str, values)
    return tuple(dict.fromkeys(name for text in given for name in _pieces(text)))


def _pieces(text: str) -> list[str]:
    return [name for name in map(str.strip, text.split(",")) if name] or [""]
