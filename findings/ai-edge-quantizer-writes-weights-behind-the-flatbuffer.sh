#!/usr/bin/env bash
# A .tflite of ai-edge-quantizer loses its weights if a program reads it as the schema's objects and packs it again.
#
# Common guess: the weights of a .tflite are in the data of its buffers, so ModelT.InitFromObj, a change, and Pack give
#   the same model with that change.
# Behaviour: from 256 KiB of weights on, ai-edge-quantizer puts them behind the flatbuffer. A buffer then has no data,
#   but an offset and a size. Pack writes the offsets, and not what lies there: the packed file is small and does not load.
#   Below 256 KiB the weights are in the buffers, so a test with a small network finds nothing.
# Seen on 2026-11-30, Linux x86-64, 2 cores of an AMD EPYC, Python 3.11, tensorflow 2.21.0, ai-edge-quantizer 0.10.0,
#   ai-edge-litert 2.3.0: 100 units: runs, packed again: runs; 400 units: runs, packed again: fails
# Exit status: 0 it is so, 1 it has changed, 2 the packages could not be installed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
  tensorflow==2.21.0 keras==3.15.1 ai-edge-litert==2.3.0 ai-edge-quantizer==0.10.0 || exit 2
cat > "$folder/try.py" <<'PY'
import sys

import flatbuffers
import keras
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from ai_edge_litert.schema_py_generated import Model, ModelT
from ai_edge_quantizer.quantizer import Quantizer
from ai_edge_quantizer.recipe import dynamic_wi8_afp32


def quantized(num_units):
    pixels = keras.Input((16, 16, 3))
    hidden = keras.layers.Dense(num_units, activation="relu")(keras.layers.Flatten()(pixels))
    model = keras.Model(pixels, keras.layers.Dense(5, activation="softmax")(hidden))
    content = tf.lite.TFLiteConverter.from_keras_model(model).convert()
    return bytes(Quantizer(bytearray(content), dynamic_wi8_afp32()).quantize().quantized_model)


def packed_again(content):
    builder = flatbuffers.Builder(1024)
    builder.Finish(ModelT.InitFromObj(Model.GetRootAs(content)).Pack(builder), b"TFL3")
    return bytes(builder.Output())


def answer(content):
    try:
        Interpreter(model_content=content).allocate_tensors()
    except (RuntimeError, ValueError):
        return "fails"
    return "runs"


seen = {}
for units in (100, 400):
    content = quantized(units)
    seen[f"{units} units"] = answer(content)
    seen[f"{units} units, packed again"] = answer(packed_again(content))
for what, result in seen.items():
    print(f"{what}: {result}")
sys.exit(0 if list(seen.values()) == ["runs", "runs", "runs", "fails"] else 1)
PY
"$folder/env/bin/python" "$folder/try.py" 2> /dev/null | grep units
