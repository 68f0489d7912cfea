"""LiteRT metadata in a `.tflite`: input, output, and the labels as an attached file.

Writes the published schema `metadata_schema.fbs` of TensorFlow Lite (identifier "M001") with flatbuffers: its official
writers are no longer maintained. MediaPipe reads the labels from a zip archive behind the flatbuffer, stored without
compression. The scores of the file do not change.
"""

import io
import zipfile
from typing import TYPE_CHECKING, Any

from edgekit.exporting.description import LABELS_NAME, FileDescription, labels_text
from edgekit.exporting.tflite.graph import Graph

if TYPE_CHECKING:
    from flatbuffers import Builder

METADATA_NAME = "TFLITE_METADATA"
IDENTIFIER = b"M001"
MIN_PARSER_VERSION = "1.0.0"
INPUT_TENSOR, OUTPUT_TENSOR = "pixels", "scores"
MEAN, STD = 0.0, 1.0
"""Of the normalization that is written: raw pixels go in."""

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first time that a zip archive can hold: the same labels give the same bytes."""

# Members of the unions and enumerations of the schema.
_IMAGE_PROPERTIES, _FEATURE_PROPERTIES = 2, 1
_NORMALIZATION = 1
_COLORS = {3: 1, 1: 2}
_AXIS_LABELS = 2


def with_metadata(content: bytes, description: FileDescription) -> bytes:
    """The same model with readable tensor names, metadata, and the labels attached; existing metadata is replaced.

    Args:
        content: A `.tflite` with one input and one output.
        description: What it says.

    Raises:
        UsageError: A class name does not fit on a line.
    """
    graph = Graph(content)
    graph.rename_ends(INPUT_TENSOR, OUTPUT_TENSOR)
    graph.attach(METADATA_NAME, metadata_buffer(description))
    return _with_labels(graph.packed(), description.class_names)


def _with_labels(content: bytes, class_names: tuple[str, ...]) -> bytes:
    file = io.BytesIO(content)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(LABELS_NAME, _EPOCH), labels_text(class_names))
    return file.getvalue()


def metadata_buffer(description: FileDescription) -> bytes:
    """The flatbuffer of table ModelMetadata."""
    import flatbuffers

    builder = flatbuffers.Builder(1024)
    subgraph = _table(
        builder,
        {
            2: _vector(builder, [_input_tensor(builder, description)]),
            3: _vector(builder, [_output_tensor(builder, description)]),
        },
    )
    authorship = description.authorship
    model = _table(
        builder,
        {
            0: _text(builder, description.name),
            1: _text(builder, description.sentence),
            2: _text(builder, authorship.version),
            3: _vector(builder, [subgraph]),
            4: _text(builder, authorship.author),
            5: _text(builder, authorship.license),
            7: _text(builder, MIN_PARSER_VERSION),
        },
    )
    builder.Finish(model, IDENTIFIER)
    return bytes(builder.Output())


def _input_tensor(builder: "Builder", description: FileDescription) -> int:
    """TensorMetadata of the pixels: colour, size, and the normalization that changes nothing (mean 0, deviation 1)."""
    size = _table(builder, {}, uint32={0: description.width, 1: description.height})
    image = _table(builder, {1: size}, int8={0: _COLORS[description.num_channels]})
    normalization = _table(builder, {0: _floats(builder, [MEAN]), 1: _floats(builder, [STD])})
    stats = _table(builder, {0: _floats(builder, [255.0]), 1: _floats(builder, [0.0])})
    unit = _table(builder, {1: normalization}, uint8={0: _NORMALIZATION})
    return _table(
        builder,
        {
            0: _text(builder, INPUT_TENSOR),
            1: _text(builder, f"{description.color} image, values of 0 to 255, not normalized"),
            3: _content(builder, _IMAGE_PROPERTIES, image),
            4: _vector(builder, [unit]),
            5: stats,
        },
    )


def _output_tensor(builder: "Builder", description: FileDescription) -> int:
    """TensorMetadata of the scores, with the labels of their axis."""
    labels = _table(
        builder,
        {0: _text(builder, LABELS_NAME), 1: _text(builder, "Class names in the order of the scores")},
        int8={2: _AXIS_LABELS},
    )
    features = _table(builder, {})
    fields = {
        0: _text(builder, OUTPUT_TENSOR),
        1: _text(builder, f"One of the {description.output} per class"),
        3: _content(builder, _FEATURE_PROPERTIES, features),
        6: _vector(builder, [labels]),
    }
    if description.output == "probabilities":
        fields[5] = _table(builder, {0: _floats(builder, [1.0]), 1: _floats(builder, [0.0])})
    return _table(builder, fields)


def _content(builder: "Builder", kind: int, properties: int) -> int:
    """Table Content: a union is its type in one slot, its value in the next."""
    return _table(builder, {1: properties}, uint8={0: kind})


def _table(
    builder: "Builder",
    offsets: dict[int, int | None],
    *,
    int8: dict[int, int] | None = None,
    uint8: dict[int, int] | None = None,
    uint32: dict[int, int] | None = None,
) -> int:
    """A table; each dictionary is slot -> value, in the order of the fields in the schema. None is left out."""
    given = {slot: offset for slot, offset in offsets.items() if offset is not None}
    scalars: list[tuple[Any, dict[int, int]]] = [
        (builder.PrependInt8Slot, int8 or {}),
        (builder.PrependUint8Slot, uint8 or {}),
        (builder.PrependUint32Slot, uint32 or {}),
    ]
    slots = [*given, *(slot for _, fields in scalars for slot in fields)]
    builder.StartObject(max(slots, default=-1) + 1)
    for slot, offset in given.items():
        builder.PrependUOffsetTRelativeSlot(slot, offset, 0)
    for prepend, fields in scalars:
        for slot, value in fields.items():
            prepend(slot, value, 0)
    return int(builder.EndObject())


def _text(builder: "Builder", text: str) -> int | None:
    return int(builder.CreateString(text)) if text else None


def _vector(builder: "Builder", tables: list[int]) -> int:
    builder.StartVector(4, len(tables), 4)
    for table in reversed(tables):
        builder.PrependUOffsetTRelative(table)
    return int(builder.EndVector())


def _floats(builder: "Builder", values: list[float]) -> int:
    builder.StartVector(4, len(values), 4)
    for value in reversed(values):
        builder.PrependFloat32(value)
    return int(builder.EndVector())
