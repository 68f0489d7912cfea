#!/usr/bin/env bash
# onnxruntime's float16 converter writes a model that ONNX Runtime rejects if two operators kept in float32 read the same tensor.
#
# Common guess: convert_float_to_float16 turns every valid float32 model into a float16 model that loads.
# Behaviour: Max, Min and others stay in float32 by default, each after a Cast. The name of that Cast is made of the
#   name of the tensor alone. If Max and Min read one tensor (a clip or a hard activation written out), two nodes and
#   two results get one name, and InferenceSession raises.
# Seen on 2026-11-30, Linux x86-64, Python 3.11, onnxruntime 1.31.1, onnx 1.23.2:
#   the float32 model: loads; the float16 model: two nodes with same node name (r_cast_to_fp32_node)
# Exit status: 0 it is so, 1 it has changed, 2 the packages could not be installed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
  onnxruntime==1.31.1 onnx==1.23.2 numpy==2.4.6 || \
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check onnxruntime==1.31.1 onnx==1.23.2 || exit 2
cat > "$folder/try.py" <<'PY'
import re
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.transformers.float16 import convert_float_to_float16

nodes = [
    helper.make_node("Relu", ["x"], ["r"]),
    helper.make_node("Max", ["r", "half"], ["above"]),
    helper.make_node("Min", ["r", "half"], ["below"]),
    helper.make_node("Sub", ["above", "below"], ["y"]),
]
pixels, scores = (helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 4]) for name in "xy")
half = numpy_helper.from_array(np.full(1, 0.5, np.float32), "half")
graph = helper.make_graph(nodes, "graph", [pixels], [scores], [half])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
onnx.checker.check_model(model, full_check=True)


def answer(candidate):
    try:
        onnxruntime.InferenceSession(candidate.SerializeToString(), providers=["CPUExecutionProvider"])
    except Exception as error:
        return (re.search(r"two nodes with same node name \(\w+\)", str(error)) or ["another error"])[0]
    return "loads"


before, after = answer(model), answer(convert_float_to_float16(model, keep_io_types=True))
print(f"the float32 model: {before}; the float16 model: {after}")
sys.exit(0 if before == "loads" and after.startswith("two nodes with same node name") else 1)
PY
"$folder/env/bin/python" "$folder/try.py"
