"""What stands in the way of a file in a client, and the option that mends it: what was measured, in words."""

import re
from dataclasses import dataclass

from edgekit.clients.report import ClientOutcome
from edgekit.inspection.info import ModelInfo

_INT8 = "edgekit export --int8"


@dataclass(frozen=True)
class _Case:
    """One known obstacle.

    Attributes:
        client: Where it stands; a regular expression.
        said: What the client says; a regular expression.
        advice: What to do.
    """

    client: str
    said: str
    advice: str


_CASES = (
    _Case("tflite-micro", r"Hybrid|DEQUANTIZE|input->type", f"It takes float32, int8 and int16x8 files: {_INT8}"),
    _Case("tflite-micro", r"Didn't find op", "It has no kernel for that operator: replace the layer."),
    _Case("mediapipe", r"NormalizationOptions|metadata", "Float input needs metadata: export without --no-metadata"),
    _Case("mediapipe", r"type (INT8|int8)|[Ii]nput tensor|FLOAT32", f"It wants uint8 in and out, batch 1: {_INT8}"),
    _Case("openvino", r"Builtin Option", f"Files of ai-edge-quantizer are refused: {_INT8} --quantizer tensorflow"),
    _Case("onnxruntime-mobile", r"float16", "Ship float32, dynamic or int8; or use onnxruntime-android."),
    _Case("onnxruntime-mobile", r"", "Use onnxruntime-android or onnxruntime-c, or lower it with --ort-target."),
    _Case("mnn", r"converter ended abnormally", "MNN's converter takes float files only: ship float32."),
    _Case("ncnn", r"cannot read", "ncnn takes float32 and dynamic .onnx files."),
    _Case("tract|ncnn|onnxruntime-web", r"F16|[Ff]loat16|Gemm", "It does not take float16: ship float32, or int8."),
    _Case("litert-js", r"[Bb]atch|shape", "It takes files of fixed batch: export without --batch dynamic"),
)


def advice_for(client: str, status: ClientOutcome, reason: str, info: ModelInfo) -> str:
    """One sentence, or ""; `reason` is what the client said."""
    is_integer = info.quantization.num_integer > 0
    if client == "ncnn" and is_integer and status is not ClientOutcome.RUNS:
        return "ncnn takes no integer .onnx: ship float32, and quantize it with ncnn's own tools."
    if status in (ClientOutcome.REFUSED, ClientOutcome.FAILED):
        found = [case.advice for case in _CASES if re.match(case.client, client) and re.search(case.said, reason)]
        if found:
            return found[0]
    if status is ClientOutcome.RUNS or status is ClientOutcome.COMPILES:
        return ""
    if client == "mnn" and is_integer:
        return "MNN takes no integer file: ship float32, and quantize it with MNN's own converter."
    return ""


def share_advice(percent: float, info: ModelInfo) -> str:
    """What to do if an accelerator does not take all operators."""
    if percent == 100:
        return ""
    if not info.quantization.num_integer:
        return f"It takes integer operators only: {_INT8}"
    return "The rest stays on the CPU, above all operators in float: edgekit export --int8, without --float-head"
