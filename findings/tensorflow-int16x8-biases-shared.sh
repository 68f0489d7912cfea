#!/usr/bin/env bash
# A layer that is called twice gives a wrong int16x8 .tflite: TensorFlow's converter writes one bias for both calls.
#
# Common guess: a layer with shared weights is quantized like two layers with the same weights; each call gets a bias
#   in the scale of its own input.
# Behaviour: equal biases become one int64 tensor, in the scale of the first call (scale of its input times scale of
#   the weights). The second call, whose input has another range, adds the same integers, which mean other numbers
#   there. No warning. It also merges the biases of two different layers when they are equal.
#   Copy the layer for each call, and make the copies differ, before the conversion.
# Seen on 2026-11-29, Linux x86-64, Python 3.11, tensorflow 2.21.0, keras 3.15.1, ai-edge-litert 2.3.0:
#   one layer called twice: 1 bias, largest error 38.55 % of the largest answer
#   two layers, biases 0.001 apart: 2 biases, largest error 0.57 % of the largest answer
# Exit status: 0 it is so, 1 it has changed, 2 the packages could not be installed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
  tensorflow-cpu==2.21.0 keras==3.15.1 ai-edge-litert==2.3.0 numpy==2.4.6 || \
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
  tensorflow==2.21.0 keras==3.15.1 ai-edge-litert==2.3.0 numpy==2.4.6 || exit 2
cd "$folder"
TF_CPP_MIN_LOG_LEVEL=3 "$folder/env/bin/python" - 2>"$folder/messages" <<'PY'
import sys

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

random = np.random.default_rng(0)
layer = keras.layers.Dense(16, activation="relu")
inputs = keras.Input((16,))
once = layer(inputs)
model = keras.Model(inputs, layer(once))
layer.set_weights([random.uniform(-1, 1, (16, 16)), random.uniform(0.5, 1, 16)])
copies = [keras.layers.Dense(16, activation="relu") for _ in range(2)]
twin = keras.Model(inputs, copies[1](copies[0](inputs)))
for number, copy in enumerate(copies):
    weights, biases = layer.get_weights()
    copy.set_weights([weights, biases + number / 1000])
images = random.uniform(0, 1, (64, 16)).astype(np.float32)


def error(network):
    converter = tf.lite.TFLiteConverter.from_keras_model(network)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([image[None]] for image in images)
    converter.target_spec.supported_ops = [
        tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
    ]
    interpreter = Interpreter(model_content=converter.convert())
    interpreter.allocate_tensors()
    expected = network.predict(images, verbose=0)
    given = []
    for image in images:
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image[None])
        interpreter.invoke()
        given.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0])
    biases = {tensor["name"] for tensor in interpreter.get_tensor_details() if tensor["dtype"] == np.int64}
    return float(np.abs(np.array(given) - expected).max() / expected.max()), len(biases)


shared, number = error(model)
apart, numbers = error(twin)
print(f"one layer called twice: {number} bias, largest error {100 * shared:.2f} % of the largest answer")
print(f"two layers, biases 0.001 apart: {numbers} biases, largest error {100 * apart:.2f} % of the largest answer")
sys.exit(0 if shared > 10 * apart else 1)
PY
