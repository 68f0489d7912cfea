#!/usr/bin/env bash
# OpenVINO computes a float32 model in bfloat16 if the processor can, and says so only to who asks.
#
# Common guess: a model whose weights, inputs and outputs are float32 is computed in float32 on a CPU, as in ONNX Runtime
#   and LiteRT, so scores differ in the sixth digit.
# Behaviour: on processors with AVX512-BF16 or AMX the CPU plug-in chooses bfloat16. Results differ in the third digit.
#   INFERENCE_PRECISION_HINT=f32 gives float32 again.
# Seen on 2026-11-30, Linux x86-64, 2 cores of an AMD EPYC with AVX512-BF16, Python 3.11, openvino 2026.4.1, onnx 1.23.0,
#   onnxruntime 1.31.0, numpy 2.4.6: default: bf16, difference 2.4e-03; with the hint: f32, difference 1.0e-07
# Exit status: 0 it is so, 1 it has changed, 2 the packages could not be installed or this processor has no bfloat16.
set -euo pipefail
grep -qE 'avx512_bf16|amx_bf16' /proc/cpuinfo || { echo "This processor has no bfloat16: nothing to see."; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
  openvino==2026.4.1 onnx==1.23.0 onnxruntime==1.31.0 numpy==2.4.6 || exit 2
cat > "$folder/try.py" <<'PY'
import sys

import numpy as np
import onnx
import onnxruntime
import openvino
from onnx import TensorProto, helper, numpy_helper

random = np.random.default_rng(0)
layers, weights, name = [], [], "pixels"
for number in range(8):
    kernel = random.normal(0, (2 / (9 * 32)) ** 0.5, (32, 3 if number == 0 else 32, 3, 3)).astype(np.float32)
    weights.append(numpy_helper.from_array(kernel, f"kernel{number}"))
    layers.append(helper.make_node("Conv", [name, f"kernel{number}"], [f"conv{number}"], pads=[1, 1, 1, 1]))
    layers.append(helper.make_node("Relu", [f"conv{number}"], [f"relu{number}"]))
    name = f"relu{number}"
layers.append(helper.make_node("ReduceMean", [name, "axes"], ["scores"], keepdims=0))
weights.append(numpy_helper.from_array(np.array([2, 3], np.int64), "axes"))
graph = helper.make_graph(
    layers,
    "network",
    [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [1, 3, 32, 32])],
    [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, 32])],
    weights,
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
onnx.checker.check_model(model)
content = model.SerializeToString()
pixels = random.random((1, 3, 32, 32), np.float32)
expected = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"]).run(None, {"pixels": pixels})[0]


def difference(**properties):
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(content), "CPU", properties)
    found = compiled([pixels])[0]
    precision = compiled.get_property("INFERENCE_PRECISION_HINT")
    return precision.get_type_name(), float(np.abs(found - expected).max() / np.abs(expected).max())


default, forced = difference(), difference(INFERENCE_PRECISION_HINT="f32")
print(f"default: {default[0]}, difference {default[1]:.1e}; with the hint: {forced[0]}, difference {forced[1]:.1e}")
sys.exit(0 if default[0] == "bf16" and default[1] > 1e-4 and forced[1] < 1e-5 else 1)
PY
"$folder/env/bin/python" "$folder/try.py"
