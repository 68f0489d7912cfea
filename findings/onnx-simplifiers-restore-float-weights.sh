#!/usr/bin/env bash
# onnxslim and onnxsim turn small integer weights back into float32, without a message.
#
# Common guess: a simplifier makes a file smaller, or leaves it as it is.
# Behaviour: weights stored as int8 before Cast and Mul (dynamic range), or as float16 before Cast, are constants to a
#   simplifier. It folds them, so the file grows to the size of float32: four times, or twice. The scores stay the
#   same. Weights before DequantizeLinear are left alone.
# Seen on 2026-11-29, Linux x86-64, Python 3.11, onnx 1.23.0, onnxruntime 1.31.0, onnxslim 0.1.98,
# onnxsim 0.8.1 (without onnxruntime, onnxslim folds nothing here):
#   int8, Cast and Mul: 65741 bytes, onnxslim 262290, onnxsim 262994
#   float16, Cast: 131226 bytes, onnxslim 262290, onnxsim 262961
#   int8, DequantizeLinear: 65715 bytes, onnxslim 65748, onnxsim 66462
# Exit status: 0 it is so, 1 it has changed, 2 the packages could not be installed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
  onnx==1.23.0 onnxruntime==1.31.0 onnxslim==0.1.98 onnxsim==0.8.1 numpy==2.4.6 || exit 2
"$folder/env/bin/python" - <<'PY'
import sys

import numpy as np
import onnx
import onnxsim
import onnxslim
from onnx import TensorProto, helper, numpy_helper

integers = np.random.default_rng(0).integers(-127, 128, (256, 256)).astype(np.int8)
scale = np.float32(0.01)


def model(stored, extra, nodes):
    """x (n, 256) times the weights that `nodes` make of what is stored."""
    graph = helper.make_graph(
        [*nodes, helper.make_node("MatMul", ["x", "weights"], ["y"])],
        "one_layer",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 256])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 256])],
        [numpy_helper.from_array(stored, "stored"), *(numpy_helper.from_array(np.asarray(v), k) for k, v in extra.items())],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(made)
    return made


cast = helper.make_node("Cast", ["stored"], ["as_float"], to=TensorProto.FLOAT)
models = {
    "int8, Cast and Mul": model(
        integers, {"scale": scale}, [cast, helper.make_node("Mul", ["as_float", "scale"], ["weights"])]
    ),
    "float16, Cast": model(
        (integers * scale).astype(np.float16),
        {},
        [helper.make_node("Cast", ["stored"], ["weights"], to=TensorProto.FLOAT)],
    ),
    "int8, DequantizeLinear": model(
        integers, {"scale": scale}, [helper.make_node("DequantizeLinear", ["stored", "scale"], ["weights"])]
    ),
}
growth = {}
for name, each in models.items():
    before = len(each.SerializeToString())
    slim = len(onnxslim.slim(each).SerializeToString())
    sim = len(onnxsim.simplify(each)[0].SerializeToString())
    print(f"{name}: {before} bytes, onnxslim {slim}, onnxsim {sim}")
    growth[name] = min(slim, sim) / before
is_so = growth["int8, Cast and Mul"] > 3.5 and growth["float16, Cast"] > 1.8 and growth["int8, DequantizeLinear"] < 1.1
sys.exit(0 if is_so else 1)
PY
