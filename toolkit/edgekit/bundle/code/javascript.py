"""JavaScript for one model: an ES module for browsers and Node.js, and its test with the golden vectors."""

from collections.abc import Mapping

from edgekit.artifact import Format, Precision
from edgekit.bundle.code.facts import facts_of
from edgekit.bundle.code.templating import render
from edgekit.bundle.model import BundledModel
from edgekit.verification.verdict.targets import Target

ARRAYS = {
    "float32": "Float32Array",
    "uint8": "Uint8Array",
    "int8": "Int8Array",
    "int16": "Int16Array",
    "int32": "Int32Array",
}
"""numpy's name of an element type -> the typed array that holds it; others have none in every browser."""


def javascript_code(model: BundledModel) -> Mapping[str, bytes]:
    """`javascript/classifier.mjs` and a test: LiteRT.js for `.tflite` (a page), onnxruntime-web or -node for `.onnx`.

    Empty if the bundle is for neither web nor server, and for tensors that no typed array holds. LiteRT.js takes
    neither int8 nor int16 tensors. It runs int16x8 files, but some 19 times as long as float32, and with kernels that
    differ from those here by more than these differ from each other: such a file gets no code.
    """
    if model.format is Format.TFLITE and model.precision is Precision.INT16X8:
        return {}
    kinds = {model.input.dtype, model.output.dtype}
    runs = {"float32", "uint8"} if model.format is Format.TFLITE else set(ARRAYS)
    if not kinds <= runs or not {Target.WEB, Target.SERVER} & set(model.targets):
        return {}
    facts = facts_of(model) | {"input_array": ARRAYS[model.input.dtype], "output_array": ARRAYS[model.output.dtype]}
    names = ("classifier.mjs", "golden.test.mjs" if model.format is Format.ONNX else "golden.html")
    return {f"javascript/{name}": render(f"javascript/{name}", facts) for name in names}
