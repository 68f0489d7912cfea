#!/usr/bin/env bash
# An int8 .tflite with sparse weights, made by TensorFlow's own converter, does not load with LiteRT's default settings.
#
# Common guess: a network that was pruned for size can be converted with Optimize.EXPERIMENTAL_SPARSITY and
#   Optimize.DEFAULT together; the file is smaller and runs wherever the int8 file ran.
# Behaviour: the converter stores the quantized kernels without their zeros and puts a DENSIFY operator in front of each.
#   XNNPACK, which LiteRT applies by default, takes the layer after it and then fails to prepare it: allocate_tensors()
#   raises. The float32 file with sparse weights loads, and so does the int8 file without XNNPACK.
# Seen on 2026-11-30, Linux x86-64, 2 cores of an AMD EPYC, Python 3.11, tensorflow 2.21.0, ai-edge-litert 2.3.0:
#   float32, sparse, default: runs; int8, sparse, default: fails: failed to delegate FULLY_CONNECTED node #3;
#   int8, sparse, without XNNPACK: runs
# Exit status: 0 it is so, 1 it has changed, 2 the packages could not be installed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
  tensorflow==2.21.0 keras==3.15.1 ai-edge-litert==2.3.0 || exit 2
cat > "$folder/try.py" <<'PY'
import sys

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter, OpResolverType

rng = np.random.default_rng(0)
pixels = keras.Input((16, 16, 3), batch_size=1)
hidden = keras.layers.Dense(64, activation="relu")(keras.layers.Flatten()(pixels))
model = keras.Model(pixels, keras.layers.Dense(5, activation="softmax")(hidden))
kernel = rng.normal(size=(768, 64)) * (rng.random((768, 64)) < 0.1)
model.layers[-2].set_weights([kernel.astype("float32"), np.zeros(64, "float32")])
images = rng.integers(0, 256, (8, 1, 16, 16, 3)).astype("float32")


def converted(is_int8):
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.EXPERIMENTAL_SPARSITY]
    if is_int8:
        converter.optimizations.append(tf.lite.Optimize.DEFAULT)
        converter.representative_dataset = lambda: ([image] for image in images)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    return converter.convert()


def answer(content, resolver):
    try:
        interpreter = Interpreter(model_content=content, experimental_op_resolver_type=resolver)
        interpreter.allocate_tensors()
        interpreter.invoke()
    except RuntimeError as error:
        return "fails: " + str(error).split("Node number")[0].strip()
    return "runs"


WITH, WITHOUT = OpResolverType.AUTO, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
seen = {
    "float32, sparse, default": answer(converted(False), WITH),
    "int8, sparse, default": answer(converted(True), WITH),
    "int8, sparse, without XNNPACK": answer(converted(True), WITHOUT),
}
print("; ".join(f"{what}: {said}" for what, said in seen.items()))
is_so = [said.split(":")[0] for said in seen.values()] == ["runs", "fails", "runs"]
sys.exit(0 if is_so else 1)
PY
TF_CPP_MIN_LOG_LEVEL=3 "$folder/env/bin/python" "$folder/try.py" 2>"$folder/messages" | tail -1
