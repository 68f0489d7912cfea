#!/usr/bin/env bash
# LiteRT's CompiledModel takes uint8 pixels for a float32 input, and half an input, without an error.
#
# Common guess: TensorBuffer.write compares type and length with the model's input, as Interpreter.set_tensor does.
# Behaviour: it copies the bytes and only refuses too many of them. Four uint8 values become one float32 of noise, and
#   what was not written keeps the values of the last call. So an app that forgets a conversion gets scores, not an
#   exception. Compare the dtype and the number of values with the model's input before each write.
# Seen on 2026-11-29, Linux x86-64, Python 3.11, ai-edge-litert 2.3.0, tensorflow 2.21.0; the model returns its input:
#   float32 [1. 2. 3. 4.] -> [1.0, 2.0, 3.0, 4.0]
#   uint8 [1 2 3 4] -> [1.539989614439558e-36, 2.0, 3.0, 4.0]
#   float32 [9. 9.] -> [9.0, 9.0, 3.0, 4.0]
#   Interpreter.set_tensor -> ValueError
# Exit status: 0 it is so, 1 it has changed, 2 the packages could not be installed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
  tensorflow-cpu==2.21.0 ai-edge-litert==2.3.0 numpy==2.4.6 || \
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
  tensorflow==2.21.0 ai-edge-litert==2.3.0 numpy==2.4.6 || exit 2
cd "$folder"
TF_CPP_MIN_LOG_LEVEL=3 "$folder/env/bin/python" - 2>"$folder/messages" <<'PY'
import sys

import numpy as np
import tensorflow as tf
from ai_edge_litert.compiled_model import CompiledModel
from ai_edge_litert.interpreter import Interpreter

identity = tf.constant(np.eye(4, dtype=np.float32))


@tf.function(input_signature=[tf.TensorSpec((1, 4), tf.float32)])
def answer(values):
    return tf.matmul(values, identity)


module = tf.Module()
module.answer = answer
converter = tf.lite.TFLiteConverter.from_concrete_functions([answer.get_concrete_function()], module)
content = converter.convert()
with open("model.tflite", "wb") as file:
    file.write(content)

model = CompiledModel.from_file("model.tflite")
inputs, outputs = model.create_input_buffers(0), model.create_output_buffers(0)


def fed(values):
    inputs[0].write(values)
    model.run_by_index(0, inputs, outputs)
    given = [float(each) for each in outputs[0].read(4, np.float32)]
    print(f"{values.dtype} {values} -> {given}")
    return given


right = fed(np.array([1, 2, 3, 4], np.float32))
wrong_type = fed(np.array([1, 2, 3, 4], np.uint8))
half = fed(np.array([9, 9], np.float32))
interpreter = Interpreter(model_content=content)
interpreter.allocate_tensors()
try:
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], np.array([[1, 2, 3, 4]], np.uint8))
    refused = False
except ValueError:
    refused = True
print("Interpreter.set_tensor ->", "ValueError" if refused else "no error")
is_so = right == [1, 2, 3, 4] and wrong_type[0] < 1e-30 and wrong_type[1:] == [2, 3, 4] and half == [9, 9, 3, 4] and refused
sys.exit(0 if is_so else 1)
PY
