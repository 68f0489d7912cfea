"""The metadata of an exported file: author, input, output. Knows no format."""

from dataclasses import dataclass
from typing import Any

from edgekit.foundation.errors import UsageError

LABELS_NAME = "labels.txt"
"""The file of class names, one per line in the order of the scores: inside a `.tflite`, and beside every file."""


@dataclass(frozen=True, kw_only=True)
class Authorship:
    """Metadata that only a person can give. Empty texts are left out of the files.

    Attributes:
        author: A person or an organization.
        license: The name of a licence, or where it can be read.
        version: The version of the model.
    """

    author: str = ""
    license: str = ""
    version: str = ""


@dataclass(frozen=True, kw_only=True)
class FileDescription:
    """All metadata of a file.

    Attributes:
        name: The name of the model.
        class_names: In the order of the scores.
        height: Of the images, in pixels.
        width: Of the images, in pixels.
        num_channels: 3 (RGB) or 1 (grayscale).
        precision: "int8".
        output: "probabilities" (0 to 1) or "logits".
        dataset: The data set that the model was trained for.
        reference_sha256: Of the float Keras model.
        made_with: "edgekit 0.1.0".
        authorship: What a person says about it.
        resize: How images of another size became the model's in training, in words; "" if none ever did.
    """

    name: str
    class_names: tuple[str, ...]
    height: int
    width: int
    num_channels: int
    precision: str
    output: str
    dataset: str
    reference_sha256: str
    made_with: str
    authorship: Authorship
    resize: str = ""

    @property
    def color(self) -> str:
        """What the channels are: "RGB" or "grayscale"."""
        return "grayscale" if self.num_channels == 1 else "RGB"

    @property
    def sentence(self) -> str:
        """For a person who opens the file."""
        return (
            f"Image classifier for {len(self.class_names)} classes of {self.dataset}. Give it {self.color} images of "
            f"{self.width} x {self.height} pixels with values of 0 to 255, not normalized. It returns {self.output}."
            f"{f' Photos were resized in training: {self.resize}.' if self.resize else ''}"
        )

    def to_dict(self) -> dict[str, Any]:
        """As texts under the names that `.onnx` files store them by; empty ones are left out."""
        texts = {
            "name": self.name,
            "description": self.sentence,
            "version": self.authorship.version,
            "author": self.authorship.author,
            "license": self.authorship.license,
            "color": self.color,
            "image_size": f"{self.height}x{self.width}",
            "input_range": "0 to 255",
            "resize": self.resize,
            "output": self.output,
            "precision": self.precision,
            "reference_sha256": self.reference_sha256,
            "made_with": self.made_with,
        }
        return {name: text for name, text in texts.items() if text}


def labels_text(class_names: tuple[str, ...]) -> str:
    """The content of `labels.txt`.

    Raises:
        UsageError: A name is empty or holds a line break, so that the lines would no longer count the classes.
    """
    for number, name in enumerate(class_names):
        if not name.strip() or len(name.splitlines()) != 1:
            raise UsageError(
                f"Class {number} is called {name!r}. Expected a name of one line that is not empty, because labels.txt "
                f"has one line per class. Rename the class in the data set."
            )
    return "".join(f"{name}\n" for name in class_names)
