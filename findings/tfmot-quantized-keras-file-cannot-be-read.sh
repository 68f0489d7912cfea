#!/usr/bin/env bash
# A network that tfmot made ready for quantization-aware training can be saved as .keras, and never be read again.
#
# Common guess: what save() writes without a warning, load_model() reads, given quantize_scope() as tfmot's guide says;
#   and of the two formats .keras is the safer one, since .h5 is the old one.
# Behaviour: load_model() raises. The layer in front of the network counts its variables twice when it is built from the
#   file: five are expected and three are there. The same network saved as .h5 is read, with the same scores. So a
#   training that is kept as .keras alone is lost.
# Seen on 2026-11-30, Linux x86-64, Python 3.11, tensorflow 2.21.0, tf-keras 2.21.0, tensorflow-model-optimization 0.8.1:
#   .keras: Layer 'quantize_layer' expected 5 variables, but received 3 variables during loading
#   .h5: read, largest difference of scores 0.0
# Exit status: 0 it is so, 1 it has changed, 2 the packages could not be installed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
  tensorflow==2.21.0 tf-keras==2.21.0 tensorflow-model-optimization==0.8.1 || exit 2
cat > "$folder/try.py" <<'PY'
import os
import sys

os.environ["TF_USE_LEGACY_KERAS"] = "1"
import numpy as np
import tensorflow_model_optimization as tfmot
import tf_keras as keras

pixels = keras.Input((8, 8, 3))
features = keras.layers.Flatten()(keras.layers.Conv2D(4, 3, activation="relu")(pixels))
network = keras.Model(pixels, keras.layers.Dense(3, activation="softmax")(features))
ready = tfmot.quantization.keras.quantize_model(network)
images = np.ones((1, 8, 8, 3), "float32")
scores = ready.predict(images, verbose=0)


def answer(path):
    ready.save(path)
    try:
        with tfmot.quantization.keras.quantize_scope():
            again = keras.models.load_model(path)
    except ValueError as error:
        return str(error).split(". ")[0]
    return f"read, largest difference of scores {np.abs(again.predict(images, verbose=0) - scores).max()}"


folder = sys.argv[1]
keras_file, h5_file = answer(f"{folder}/ready.keras"), answer(f"{folder}/ready.h5")
print(f".keras: {keras_file}\n.h5: {h5_file}")
sys.exit(0 if "expected 5 variables" in keras_file and h5_file.startswith("read") else 1)
PY
TF_CPP_MIN_LOG_LEVEL=3 "$folder/env/bin/python" "$folder/try.py" "$folder" 2>"$folder/messages"
