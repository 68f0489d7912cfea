"""The options of exported files: for every format, and for one. Checked when created; writes no file.

An option that changes the numbers of a file gives it a name of its own (`model-per-tensor-int8.tflite`), so that
several schemes of one precision lie side by side in a run. Input and output types and the batch do not.
"""

from dataclasses import dataclass, field
from typing import Any

from edgekit.artifact import Format, Precision
from edgekit.exporting.description import Authorship
from edgekit.exporting.onnx.targets import OrtTarget
from edgekit.exporting.quantizers import DEFAULT_QUANTIZER, QUANTIZERS
from edgekit.foundation.errors import UnknownNameError, UsageError
from edgekit.input_range import RAW, InputRange
from edgekit.quantization.scheme import CALIBRATED, QUANTIZED, QuantizationScheme

IO_TYPES = ("uint8", "int8", "float32")
OUTPUTS = ("probabilities", "logits")
ACTIVATIONS = ("uint8", "int8")
LAYOUTS = ("nhwc", "nchw")
MAX_BATCH = 65_536


@dataclass(frozen=True, kw_only=True)
class TFLiteOptions:
    """What may be chosen about `.tflite` files.

    Attributes:
        io: Input and output type of int8 files: "uint8", "int8" or "float32". uint8 input has scale 1 and
            zero point 0: a camera's bytes go straight in.
        batch: Fixed batch; None for a dynamic one.
        allow_flex: Keep TensorFlow operators that LiteRT lacks ("Flex"), which needs a bigger runtime.
        quantizer: What makes integers of floats: a name in QUANTIZERS.
        float_head: The last layer computes, and gives its output, in float.
        strict_int8: An int8 or int16x8 file computes nothing in float, or is not made: for microcontrollers and NPUs.
    """

    io: str = "uint8"
    batch: int | None = 1
    allow_flex: bool = False
    quantizer: str = DEFAULT_QUANTIZER
    float_head: bool = False
    strict_int8: bool = False

    def __post_init__(self) -> None:
        if self.io not in IO_TYPES:
            raise UnknownNameError("input/output type", self.io, IO_TYPES)
        if self.batch is not None and not 1 <= self.batch <= MAX_BATCH:
            raise UsageError(
                f"A batch must be at least 1 and at most {MAX_BATCH:,}, or dynamic. Received {self.batch}."
            )
        if self.quantizer not in QUANTIZERS:
            raise UnknownNameError("quantizer", self.quantizer, QUANTIZERS)

    def words(self, precision: Precision) -> dict[str, str]:
        """See `QuantizationScheme.words`."""
        words = {}
        if precision in QUANTIZED and self.quantizer != DEFAULT_QUANTIZER:
            words["--quantizer"] = self.quantizer
        if precision in CALIBRATED and self.float_head:
            words["--float-head"] = "float-head"
        return words

    def to_dict(self, precision: Precision) -> dict[str, Any]:
        """As a JSON object, for the manifest."""
        quantization = {"quantizer": self.quantizer, "float_head": self.float_head} if precision in QUANTIZED else {}
        strictness = {"strict_int8": True} if precision in CALIBRATED and self.strict_int8 else {}
        return {
            "io": self.io,
            "batch": "dynamic" if self.batch is None else self.batch,
            "allow_flex": self.allow_flex,
            **quantization,
            **strictness,
        }


@dataclass(frozen=True, kw_only=True)
class OnnxOptions:
    """What may be chosen about `.onnx` files. Their batch is always dynamic, their input and output float32.

    Attributes:
        activations: Type of the activations of int8 files: "uint8", which is the faster one on x86 and no worse,
            or "int8".
        reduce_range: int8 weights use 7 of their 8 bits, so that every processor computes the same. Without it, ONNX
            Runtime's sums of two products overflow 16 bits on x86 processors without VNNI: 255 * 127 * 2 > 32767.
        layout: Of the input: "nhwc", (batch, H, W, 3), or "nchw", (batch, 3, H, W).
        target: The oldest ONNX Runtime that has to read the file.
    """

    activations: str = ACTIVATIONS[0]
    reduce_range: bool = True
    layout: str = LAYOUTS[0]
    target: OrtTarget = field(default_factory=OrtTarget)

    def __post_init__(self) -> None:
        if self.activations not in ACTIVATIONS:
            raise UnknownNameError("type of activations", self.activations, ACTIVATIONS)
        if self.layout not in LAYOUTS:
            raise UnknownNameError("layout", self.layout, LAYOUTS)

    @property
    def is_channels_first(self) -> bool:
        """Whether the input is (batch, 3, H, W)."""
        return self.layout == "nchw"

    def words(self, precision: Precision) -> dict[str, str]:
        """See `QuantizationScheme.words`."""
        words = {"--layout": self.layout} if self.is_channels_first else {}
        if precision in CALIBRATED and self.activations != ACTIVATIONS[0]:
            words["--onnx-activations"] = "signed"
        if precision in CALIBRATED and not self.reduce_range:
            words["--full-range"] = "full-range"
        return words

    def to_dict(self, precision: Precision) -> dict[str, Any]:
        """As a JSON object, for the manifest."""
        integers = {"activations": self.activations, "reduce_range": self.reduce_range}
        return {
            "layout": self.layout,
            "ort_target": self.target.name,
            **(integers if precision in CALIBRATED else {}),
        }


@dataclass(frozen=True, kw_only=True)
class ExportOptions:
    """All choices together.

    Attributes:
        input_range: What the Keras model wants; built into the exported graph, which takes raw pixels.
            None if not given: `edgekit.exporting` then reads it in the manifest or finds it out, and
            an exporter takes pixels as they are.
        output: What the file gives: "probabilities", or "logits", the same before the softmax.
        fold: Fold batch normalization that converters leave; see `edgekit.exporting.keras.batchnorm_folding`.
        scheme: How numbers become integers.
        tflite: For `.tflite` files alone.
        onnx: For `.onnx` files alone.
        authorship: Who made the model, for the metadata; None: write no metadata.
    """

    input_range: InputRange | None = None
    output: str = OUTPUTS[0]
    fold: bool = True
    scheme: QuantizationScheme = field(default_factory=QuantizationScheme)
    tflite: TFLiteOptions = field(default_factory=TFLiteOptions)
    onnx: OnnxOptions = field(default_factory=OnnxOptions)
    authorship: Authorship | None = field(default_factory=Authorship)

    def __post_init__(self) -> None:
        if self.output not in OUTPUTS:
            raise UnknownNameError("output", self.output, OUTPUTS)
        kept = {"--float-head": self.tflite.float_head, "--float-layers": bool(self.scheme.float_layers)}
        if self.tflite.strict_int8 and (given := [option for option, is_given in kept.items() if is_given]):
            raise UsageError(
                f"--strict-int8 keeps nothing in float, and {' and '.join(given)} asks for a part in float. Omit one "
                f"of them."
            )

    @property
    def gives_logits(self) -> bool:
        """Whether the softmax is left off."""
        return self.output == "logits"

    @property
    def output_name(self) -> str:
        """The name of the output tensor, by which a file tells what it gives."""
        return "logits" if self.gives_logits else "scores"

    @property
    def graph(self) -> tuple[InputRange, str]:
        """What shapes the traced graph of every format: equal graphs need one trace."""
        return self.input_range or RAW, self.output

    def words(self, artifact_format: Format, precision: Precision) -> dict[str, str]:
        """What makes a file differ in its numbers from the default: option -> word for the file's name."""
        common = {"--output": self.output} if self.gives_logits else {}
        if not self.fold:
            common["--no-fold"] = "unfolded"
        return {**common, **self._own(artifact_format).words(precision), **self.scheme.words(precision)}

    def variant(self, artifact_format: Format, precision: Precision) -> str:
        """The words of a file's name between "model" and its precision: "ai-edge-per-tensor"; "" by default."""
        return "-".join(self.words(artifact_format, precision).values())

    def to_dict(self, artifact_format: Format, precision: Precision) -> dict[str, Any]:
        """As a JSON object, for the manifest: what counts for a file of this format and precision."""
        return {
            "input_range": (self.input_range or RAW).text,
            "output": self.output,
            **self._own(artifact_format).to_dict(precision),
            **(self.scheme.of(precision).to_dict() if precision in QUANTIZED else {}),
        }

    def _own(self, artifact_format: Format) -> TFLiteOptions | OnnxOptions:
        return self.tflite if artifact_format is Format.TFLITE else self.onnx
