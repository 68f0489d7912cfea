"""LiteRT metadata of a `.tflite`: what the file says of its input, its output and its labels, as text.

Reads tables of the published schema `metadata_schema.fbs` (identifier "M001") by the numbers of their fields. The
buffer is data from a stranger: what does not fit raises ValueError, and nothing in it is believed.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

METADATA_NAME = "TFLITE_METADATA"
IDENTIFIER = b"M001"
MAX_TEXT = 2_000
MAX_ENTRIES = 64

_COLORS = {1: "RGB", 2: "grayscale"}
_NORMALIZATION, _IMAGE_PROPERTIES, _AXIS_LABELS = 1, 2, 2


@dataclass(frozen=True, kw_only=True)
class TensorDescription:
    """What the metadata says of an input or an output.

    Attributes:
        name: Its name.
        color: "RGB" or "grayscale"; "" if it is not said, or no image.
        mean: Subtracted from each pixel value; empty if nothing is said.
        std: Divides what is left; empty if nothing is said.
        files: Attached files, such as labels.txt.
        labels_file: The one of them that names the classes of the scores; "" if none does.
    """

    name: str
    color: str = ""
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    files: tuple[str, ...] = ()
    labels_file: str = ""

    def in_words(self) -> str:
        """One line for a person."""
        parts = [self.name or "unnamed", self.color]
        if self.mean or self.std:
            parts.append(f"mean {_numbers(self.mean)}, std {_numbers(self.std)}")
        parts.extend(self.files)
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, kw_only=True)
class Description:
    """The metadata of a file.

    Attributes:
        texts: "name", "description", "version", "author", "license", as far as they are there.
        inputs: In the order of the file's inputs.
        outputs: In the order of its outputs.
    """

    texts: dict[str, str]
    inputs: tuple[TensorDescription, ...]
    outputs: tuple[TensorDescription, ...]

    @property
    def labels_file(self) -> str:
        """The attached file of class names; "" if there is none, or several outputs have one."""
        found = [each.labels_file for each in self.outputs if each.labels_file]
        return found[0] if len(found) == 1 else ""

    @property
    def normalization(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """(mean, std) of the pixels; empty if nothing is said, or there are several inputs."""
        return (self.inputs[0].mean, self.inputs[0].std) if len(self.inputs) == 1 else ((), ())

    def to_dict(self) -> dict[str, str]:
        """As lines of `edgekit inspect`."""
        lines = {f"metadata {name}": text for name, text in self.texts.items()}
        for title, tensors in (("input", self.inputs), ("output", self.outputs)):
            for tensor in tensors:
                lines[f"metadata {title}"] = "; ".join(
                    filter(None, [lines.get(f"metadata {title}"), tensor.in_words()])
                )
        return lines


def read_metadata(buffer: bytes) -> Description:
    """The metadata in the buffer called TFLITE_METADATA; raises ValueError if it is not what the schema says."""
    if buffer[4:8] != IDENTIFIER:
        raise ValueError(f"its metadata is marked {buffer[4:8]!r}, expected {IDENTIFIER!r}")
    try:
        model = _Table(buffer, struct.unpack_from("<I", buffer, 0)[0])
        names = ("name", "description", "version", None, "author", "license")
        texts = {name: text for slot, name in enumerate(names) if name and (text := model.text(slot))}
        subgraph = next(model.tables(3), None)
        return Description(
            texts=texts,
            inputs=tuple(map(_tensor, subgraph.tables(2))) if subgraph else (),
            outputs=tuple(map(_tensor, subgraph.tables(3))) if subgraph else (),
        )
    except (struct.error, IndexError, OverflowError) as error:
        raise ValueError(f"its metadata points outside itself ({error})") from error


def _tensor(table: "_Table") -> TensorDescription:
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    for unit in table.tables(4):
        if unit.byte(0) == _NORMALIZATION and (options := unit.table(1)):
            mean, std = options.floats(0), options.floats(1)
    content = table.table(3)
    image = content.table(1) if content and content.byte(0) == _IMAGE_PROPERTIES else None
    return TensorDescription(
        name=table.text(0),
        color=_COLORS.get(image.byte(0), "") if image else "",
        mean=mean,
        std=std,
        files=tuple(each.text(0) for each in table.tables(6)),
        labels_file=next((each.text(0) for each in table.tables(6) if each.byte(2) == _AXIS_LABELS), ""),
    )


def _numbers(values: tuple[float, ...]) -> str:
    return "/".join(f"{value:g}" for value in values)


class _Table:
    """A table of a flatbuffer: its fields are found by their numbers, through the table of offsets in front."""

    def __init__(self, buffer: bytes, position: int) -> None:
        self._buffer, self._position = buffer, position
        if not 0 <= position <= len(buffer) - 4:
            raise IndexError(f"a table at {position} of {len(buffer)}")
        self._fields = position - self._unpack("<i", position)
        if not 0 <= self._fields <= len(buffer) - 4:
            raise IndexError(f"fields at {self._fields} of {len(buffer)}")
        self._fields_size = self._unpack("<H", self._fields)

    def byte(self, slot: int) -> int:
        place = self._place(slot)
        return int(self._unpack("<B", place)) if place else 0

    def table(self, slot: int) -> "_Table | None":
        place = self._target(slot)
        return _Table(self._buffer, place) if place else None

    def text(self, slot: int) -> str:
        place = self._target(slot)
        if not place:
            return ""
        length = self._unpack("<I", place)
        text = self._buffer[place + 4 : place + 4 + min(length, MAX_TEXT)].decode(errors="replace")
        return text if len(text) <= MAX_TEXT else text[:MAX_TEXT]

    def floats(self, slot: int) -> tuple[float, ...]:
        place, count = self._vector(slot)
        return tuple(float(self._unpack("<f", place + 4 * number)) for number in range(count))

    def tables(self, slot: int) -> Iterator["_Table"]:
        place, count = self._vector(slot)
        for number in range(count):
            at = place + 4 * number
            yield _Table(self._buffer, at + self._unpack("<I", at))

    def _vector(self, slot: int) -> tuple[int, int]:
        """(position of the first entry, number of entries), at most MAX_ENTRIES of them."""
        place = self._target(slot)
        return (place + 4, min(self._unpack("<I", place), MAX_ENTRIES)) if place else (0, 0)

    def _target(self, slot: int) -> int:
        place = self._place(slot)
        return place + self._unpack("<I", place) if place else 0

    def _place(self, slot: int) -> int:
        """Where the field lies; 0 if it is not there."""
        at = 4 + 2 * slot
        offset = self._unpack("<H", self._fields + at) if at + 2 <= self._fields_size else 0
        return self._position + offset if offset else 0

    def _unpack(self, kind: str, position: int) -> Any:
        return struct.unpack_from(kind, self._buffer, position)[0]
