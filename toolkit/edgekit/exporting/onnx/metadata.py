"""The metadata of an `.onnx` file, in its `metadata_props`. Changes no graph."""

import json

from edgekit.exporting.description import FileDescription, labels_text

PREFIX = "edgekit."
CLASS_NAMES = "edgekit.class_names"
"""A JSON array of texts, in the order of the scores."""


def with_metadata(content: bytes, description: FileDescription, *, layout: str) -> bytes:
    """The same model with properties; nothing is parsed.

    Serialized messages that are written one after the other are one message with the repeated fields of both, by
    the encoding of Protocol Buffers ("Last One Wins"). So a model of any size costs no second copy of its weights.

    Args:
        content: A serialized ModelProto without properties of its own.
        description: What it says.
        layout: Of the input: "nhwc" or "nchw".

    Raises:
        UsageError: A class name does not fit on a line.
    """
    import onnx

    labels_text(description.class_names)
    properties = {f"{PREFIX}{name}": text for name, text in description.to_dict().items()}
    properties[f"{PREFIX}layout"] = layout
    properties[CLASS_NAMES] = json.dumps(description.class_names, ensure_ascii=False)
    extra = onnx.ModelProto()
    for key in sorted(properties):
        extra.metadata_props.add(key=key, value=properties[key])
    return content + extra.SerializeToString(deterministic=True)
