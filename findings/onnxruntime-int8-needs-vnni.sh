#!/usr/bin/env bash
# An int8 convolution or matrix product in ONNX Runtime gives other numbers on x86 processors without VNNI.
#
# Common guess: integer arithmetic is exact, so a QDQ model with uint8 activations and int8 weights, what
#   quantize_static writes by default, gives the same answers on every processor.
# Behaviour: without VNNI, ONNX Runtime multiplies with an instruction (VPMADDUBSW) that adds two products in 16 bits
#   and saturates: 255 * 127 * 2 = 64,770 becomes 32,767. Its documentation calls the effect "generally not a big
#   issue"; a ResNet-8 lost 16 points of accuracy. With 7-bit weights (reduce_range=True) no sum is beyond 32,640.
# Seen on 2026-11-29, Linux x86-64, AMD EPYC with AVX2 and no VNNI, Python 3.11, onnxruntime 1.31.0, onnx 1.23.0:
#   full range: exact 2072640, onnxruntime 1048544
#   7-bit weights: exact 1044480, onnxruntime 1044480
# Exit status: 0 it is so, 1 it has changed, 2 the packages could not be installed, 3 this processor has VNNI or is no
#   x86, so nothing can be seen here.
set -euo pipefail
if [ "$(uname -m)" != x86_64 ] || grep -qE 'avx512_vnni|avx_vnni' /proc/cpuinfo; then exit 3; fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
  onnx==1.23.0 onnxruntime==1.31.0 numpy==2.4.6 || exit 2
"$folder/env/bin/python" - <<'PY'
import sys

import numpy as np
import onnxruntime
from onnx import TensorProto, checker, helper, numpy_helper

DEPTH = 64


def answer(weight):
    """One sum of DEPTH products 255 * weight, by ONNX Runtime, in QDQ form with scales of 1."""
    one, zero_u8, zero_s8 = np.float32(1), np.uint8(0), np.int8(0)
    constants = {
        "weights": np.full((DEPTH, 16), weight, np.int8),
        "one": one,
        "zero_u8": zero_u8,
        "zero_s8": zero_s8,
    }
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "one", "zero_u8"], ["xq"]),
        helper.make_node("DequantizeLinear", ["xq", "one", "zero_u8"], ["xd"]),
        helper.make_node("DequantizeLinear", ["weights", "one", "zero_s8"], ["wd"]),
        helper.make_node("MatMul", ["xd", "wd"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "one_product",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", DEPTH])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 16])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    checker.check_model(model)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return int(session.run(None, {"x": np.full((1, DEPTH), 255, np.float32)})[0][0, 0])


results = {weight: (255 * weight * DEPTH, answer(weight)) for weight in (127, 64)}
for weight, name in ((127, "full range"), (64, "7-bit weights")):
    print(f"{name}: exact {results[weight][0]}, onnxruntime {results[weight][1]}")
is_so = results[127][1] < 0.6 * results[127][0] and results[64][0] == results[64][1]
sys.exit(0 if is_so else 1)
PY
