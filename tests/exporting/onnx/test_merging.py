"""Equal nodes that tf2onnx merges: which of them stays must not depend on Python's hash seed."""

import os
import subprocess
import sys

PROGRAM = """
import hashlib

import keras
import onnx_ir as ir
from edgekit.exporting.onnx.canonical_form import in_canonical_form
from edgekit.exporting.onnx.tracing.from_keras import traced

keras.utils.set_random_seed(0)
pixels = keras.Input((16, 16, 3))
flat = keras.layers.Flatten()(pixels)
twins = [keras.layers.Dense(8, activation="relu") for _ in range(2)]
both = keras.layers.Concatenate()([twin(flat) for twin in twins])
twins[1].set_weights(twins[0].get_weights())
state = keras.layers.LSTM(4)(keras.layers.Reshape((16, 48))(pixels))
model = keras.Model(pixels, keras.layers.Dense(3)(keras.layers.Concatenate()([both, state])))
for _ in range(2):
    graph = ir.to_proto(in_canonical_form(traced(model, 17)))
    print(hashlib.sha256(graph.SerializeToString(deterministic=True)).hexdigest())
"""


def test_two_equal_layers_and_a_recurrent_one_give_the_same_file_with_every_hash_seed() -> None:
    digests = set()
    for seed in ("1", "2", "3"):
        result = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, "PYTHONHASHSEED": seed, "KERAS_BACKEND": "tensorflow"},
            capture_output=True,
            text=True,
            check=True,
            timeout=300,
        )
        digests.update(result.stdout.split()[-2:])
    assert len(digests) == 1
