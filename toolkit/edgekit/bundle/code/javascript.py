"""JavaScript for one model: an ES module for browsers and Node.js, and its test with the golden vectors."""

from collections.abc import Mapping

from edgekit.artifact import Format, Precision
from edgekit.bundle.code.facts import facts_of
from edgekit.bundle.code.templating import render
from edgekit.bundle.model import BundledModel
from edgekit.foundation.grammar import listed
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
    if not _is_wanted(model) or why_no_javascript(model):
        return {}
    facts = facts_of(model) | {"input_array": ARRAYS[model.input.dtype], "output_array": ARRAYS[model.output.dtype]}
    names = ("classifier.mjs", "golden.test.mjs" if model.format is Format.ONNX else "golden.html")
    return {f"javascript/{name}": render(f"javascript/{name}", facts) for name in names}


def why_no_javascript(model: BundledModel) -> str:
    """Why a file for the web or a server has no JavaScript; "" if it has, or is for something else."""
    if not _is_wanted(model):
        return ""
    is_tflite = model.format is Format.TFLITE
    if is_tflite and model.precision is Precision.INT16X8:
        return "LiteRT.js runs int16x8 some 19 times slower than float32. Use int8 or float32."
    if others := sorted(model.end_types - ({"float32", "uint8"} if is_tflite else ARRAYS.keys())):
        client = "LiteRT.js takes no" if is_tflite else "No typed array of every browser holds"
        return f"{client} {listed(others)} tensors. Export with --io uint8, the default."
    if is_tflite and model.input.shape[0] is None:
        return "LiteRT.js refuses every input of a file with an open batch. Export with --batch 1, the default."
    return ""


def _is_wanted(model: BundledModel) -> bool:
    return bool({Target.WEB, Target.SERVER} & set(model.targets))
