"""One model file of a bundle, as the generated code and its tests need it. Reads nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from edgekit.artifact import Format, ImageInput, Precision, TensorSpec
from edgekit.datasets.images.rule import ImageRule
from edgekit.inspection.info import Arena
from edgekit.verification.verdict.targets import Target


@dataclass(frozen=True, kw_only=True)
class GoldenVectors:
    """Images with the exact input and output tensors of one model. Paths are those in the bundle, with "/".

    Attributes:
        images: PNG files in the original size of the images.
        inputs: For each image a file with the bytes of the input tensor: the model's dtype and shape, row by row,
            little-endian. The batch is 1, or what the file fixes: then each image fills the whole batch.
        expected: One file with the output tensors of all images, one after the other: the model's dtype, the same
            batch, little-endian.
        top_classes: For each image the index of the highest expected score; of equal ones the lowest index.
        runtime: What gave the expected outputs: "litert-xnnpack".
        tolerance: Largest allowed difference of any number of the output in `runtime`: of the stored integers if
            the output is an integer (0: bit-exact), of the scores if it is a float.
        other_tolerances: The same for other kernels: runtime -> (tolerance, how many of the first images it holds for).
            "litert-reference" is what LiteRT for microcontrollers computes like.
    """

    images: tuple[str, ...]
    inputs: tuple[str, ...]
    expected: str
    top_classes: tuple[int, ...]
    runtime: str
    tolerance: float
    other_tolerances: Mapping[str, tuple[float, int]]


@dataclass(frozen=True, kw_only=True)
class BundledModel:
    """One model file.

    Attributes:
        name: Of the model, as its run is called: "resnet8". Any text of one line.
        file: Path in the bundle: "tflite/model-int8.tflite".
        path: Where the file lies on this machine while the bundle is made; its bytes may be copied, never parsed here.
        size_bytes: Of the file.
        sha256: Of the file.
        format: Of the file.
        precision: What its name says it is; None if unknown.
        targets: What the bundle is for: the one of `--for`, or all.
        input: Name, shape (first dimension the batch; None if the file leaves one open), numpy dtype, scale and zero
            point (None for floats) of the input tensor.
        output: The same of the output tensor.
        image: How the input takes an image: height, width, channels, channels first or last, and whether there is a
            channel axis.
        pixel_range: Lowest and highest pixel value that goes in before quantization: (0, 255).
        rule: How images of another size become the model's: resize, antialias, EXIF; None: never resized in training,
            so the training says nothing (images of a fixed size).
        output_kind: "probabilities", or "logits" that still need a softmax.
        labels: Class names in the order of the scores. Any text of one line: quotes, backslashes and `$` occur.
        positive_class: The class that a single score stood for before it became two; None for all others.
        operators: Names of the operators in the file, as its format calls them, sorted: "CONV_2D", "Conv".
        golden: Its golden vectors.
        has_metadata: Whether the file itself says what goes in and what the classes are called.
        arena: Memory for tensors on a microcontroller; None if it was not measured.
    """

    name: str
    file: str
    path: Path
    size_bytes: int
    sha256: str
    format: Format
    precision: Precision | None
    targets: tuple[Target, ...]
    input: TensorSpec
    output: TensorSpec
    image: ImageInput
    pixel_range: tuple[int, int]
    rule: ImageRule | None
    output_kind: Literal["probabilities", "logits"]
    labels: tuple[str, ...]
    positive_class: str | None
    operators: tuple[str, ...]
    golden: GoldenVectors
    has_metadata: bool
    arena: Arena | None = None

    @property
    def end_types(self) -> frozenset[str]:
        """The element types of input and output."""
        return frozenset({self.input.dtype, self.output.dtype})

    @property
    def is_for_mediapipe(self) -> bool:
        """Whether the ImageClassifier of MediaPipe Tasks takes the file.

        Source: its documentation, and MediaPipe 1.2.3: color images, channels last, a batch of 1 or an open one, uint8
        or float32 in and out. A float32 input needs metadata that say how it is normalized.
        """
        is_plain = self.image.channels == 3 and not self.image.channels_first and self.input.shape[0] in (1, None)
        is_described = self.has_metadata or self.input.dtype == "uint8"
        is_known = self.format is Format.TFLITE and self.end_types <= {"uint8", "float32"}
        return is_known and is_plain and is_described

    @property
    def is_for_microcontrollers(self) -> bool:
        """Whether LiteRT for microcontrollers takes the file: int8 throughout, integers in and out."""
        is_int8 = self.format is Format.TFLITE and self.precision is Precision.INT8
        return is_int8 and Target.MCU in self.targets and self.end_types <= {"uint8", "int8"}

    @property
    def color(self) -> Literal["rgb", "gray"]:
        """What the channels are."""
        return "gray" if self.image.channels == 1 else "rgb"

    @property
    def key(self) -> str:
        """A name for its files in the bundle: "tflite-model-int8"."""
        return key_of(self.file)

    @property
    def code_folder(self) -> str:
        """Where its generated code lies in the bundle: "code/tflite-model-int8"."""
        return f"code/{self.key}"


def key_of(file: str) -> str:
    """The name of what belongs to one model file of a bundle: "tflite-model-int8"."""
    return file.rpartition(".")[0].replace("/", "-")
