"""What a model file says of how it is fed and read: class names and normalization. Reads no file itself."""

import ast
import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

MAX_BYTES = 2**22
"""Of class names inside a model file, which may come from a stranger."""


@dataclass(frozen=True, kw_only=True)
class SelfDescription:
    """What a file says of itself; nothing in it is believed without a look at what it is used for.

    Attributes:
        class_names: In the order of the scores; empty if it says nothing.
        labels_source: Where they stand in the file: "labels.txt".
        mean: Subtracted from every pixel value of 0 to 255: one number, or one per channel; empty if it says nothing.
        std: Divides what is left, as many numbers as `mean`.
    """

    class_names: tuple[str, ...] = ()
    labels_source: str = ""
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()

    @classmethod
    def of(
        cls, labels: bytes, labels_source: str, mean: tuple[float, ...], std: tuple[float, ...]
    ) -> "SelfDescription | None":
        """What the content of a label file and a normalization say; None if neither says anything that can be used."""
        names = names_in(labels)
        is_normalization = len(mean) == len(std) in (1, 3) and all(map(isfinite, (*mean, *std))) and min(std) > 0
        if not names and not is_normalization:
            return None
        return cls(
            class_names=names,
            labels_source=labels_source if names else "",
            mean=mean if is_normalization else (),
            std=std if is_normalization else (),
        )

    @classmethod
    def of_properties(cls, properties: Mapping[str, str]) -> "SelfDescription | None":
        """What the `metadata_props` of an `.onnx` say of its classes.

        "edgekit.class_names" is a JSON array; "names", as Ultralytics writes it, a Python dictionary of number to name.
        """
        for key, read in (("edgekit.class_names", _from_json), ("names", _from_dictionary)):
            if names := read(properties.get(key, "")[:MAX_BYTES]):
                return cls(class_names=names, labels_source=key)
        return None


def names_in(content: bytes) -> tuple[str, ...]:
    """Class names, one per line; empty if the bytes are no such text, or too many."""
    if len(content) > MAX_BYTES:
        return ()
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        return ()
    return tuple(line.strip() for line in lines if line.strip())


def _from_json(text: str) -> tuple[str, ...]:
    try:
        return _texts(json.loads(text))
    except (ValueError, RecursionError):
        return ()


def _from_dictionary(text: str) -> tuple[str, ...]:
    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return ()
    is_numbered = isinstance(found, dict) and set(found) == set(range(len(found)))
    return _texts([found[number] for number in range(len(found))]) if is_numbered else ()


def _texts(found: object) -> tuple[str, ...]:
    return tuple(found) if isinstance(found, list) and all(isinstance(each, str) for each in found) else ()
