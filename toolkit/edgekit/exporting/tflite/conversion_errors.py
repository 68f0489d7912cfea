"""Turns the error of a converter or a quantizer into a sentence that names operator and layer."""

import re

from edgekit.artifact import Precision
from edgekit.exporting.keras.layer_names import LayerNames
from edgekit.foundation.errors import first_line_of

_OPERATORS = re.compile(r"^(TF Select|Flex|Custom) ops: (.+)$", re.MULTILINE)
_OTHER_FLOATS = {"f64": "float64", "f16": "float16", "bf16": "bfloat16"}
_SIGNATURE = re.compile(rf"^\s+tf\.(\w+)\(tensor<(?:[?\d]+x)*({'|'.join(_OTHER_FLOATS)})>", re.MULTILINE)
_LOCATION = re.compile(r'fused\["(\w+):", "([^"@]+)')
_FAULT = re.compile(r":\d+: error: (?P<where>loc\(.*?[\"\]]\)+: )?(?P<said>.+)")
_OF_OPERATOR = re.compile(r"'tfl?\.(\w+)' op (.+)")
_MENTION = re.compile(r"'tfl?\.(\w+)'")
_NO_INT16 = re.compile(r"16x8-bit not yet supported for op: '(\w+)'")


def reason_of(error: Exception, precision: Precision, names: LayerNames) -> str:
    """The sentence for an exception of TensorFlow or ai-edge-quantizer."""
    text = str(error)
    if found := _OPERATORS.findall(text):
        return _missing(found, text, names)
    said = _quantizers_fault_in(text) or _fault_in(text, names) or first_line_of(error)
    return f"The model could not be converted to TFLite {precision}: {said}"


def _missing(found: list[tuple[str, str]], text: str, names: LayerNames) -> str:
    """For operators that LiteRT lacks, as pairs of what kind they are and their names, separated by commas."""
    operators = sorted({name.removeprefix("Flex") for _, listed in found for name in listed.strip().split(", ")})
    types = {operator: _OTHER_FLOATS[short] for operator, short in _SIGNATURE.findall(text)}
    named = ", ".join(f"{each} of {types[each]}" if each in types else each for each in operators)
    replace = "Let the layer compute in float32" if set(operators) <= set(types) else "Replace the layer"
    layers = sorted({layer for _, path in _LOCATION.findall(text) for layer in names.of(path)})
    where = f" (layer {', '.join(layers)})" if layers else ""
    advice = (
        "No runtime on a device has it. Replace the layer by one made of common operators."
        if any(kind == "Custom" for kind, _ in found)
        else "It would need TensorFlow's Flex operators, which make an app some 180 MB larger. "
        f"{replace}, or ask for it with --allow-flex."
    )
    return f"LiteRT has no operator for {named}{where}. {advice}"


def _quantizers_fault_in(text: str) -> str:
    """What TensorFlow's quantizer cannot do, if `text` says that; else ""."""
    if found := _NO_INT16.search(text):
        return (
            f"TensorFlow's quantizer has no int16x8 form of {found[1]}. Omit --int16x8, or try --quantizer ai-edge, "
            f"which keeps such operators in float."
        )
    if "Select TensorFlow op(s)" in text:
        return (
            "it holds Flex operators, which no interpreter here can run on calibration images. Replace their layers, "
            "or export float32, float16 or dynamic."
        )
    return ""


def _fault_in(text: str, names: LayerNames) -> str:
    """The first fault that MLIR reports in `text`, without its locations; "" if there is none."""
    fault = _FAULT.search(text)
    if not fault:
        return ""
    said = fault["said"].strip().rstrip(".")
    paths = [path for _, path in _LOCATION.findall(fault["where"] or "")]
    layers = dict.fromkeys(layer for path in paths for layer in names.of(path))
    where = f" (layer {', '.join(layers)})" if layers else f" (as in '{paths[0]}')" if paths else ""
    own = _OF_OPERATOR.fullmatch(said)
    mention = own or _MENTION.search(said)
    at = f" at {mention[1]}{where}" if mention else where
    advice = (
        "Give a fixed batch (--batch 1), or build the layer without a loop (unroll=True)."
        if "static" in said
        else "Replace the layer by one made of common operators, or export to ONNX."
    )
    return f'TensorFlow\'s converter fails{at}: "{own[2] if own else said}". {advice}'
