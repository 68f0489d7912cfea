"""The one door to Keras 2 (tf_keras) and tensorflow-model-optimization, in a process that works with Keras 3.

tensorflow-model-optimization 0.8 asks for Keras 2 by setting TF_USE_LEGACY_KERAS for the whole process and all its
children. Here `tf.keras` is Keras 3 before it is imported, and the variable is set back after it, so that both live
side by side and nothing else changes.
"""

import importlib
import os
from dataclasses import dataclass
from typing import Any

from edgekit.foundation.errors import MissingExtraError
from edgekit.foundation.keras_setup import check_address_space, import_keras, import_tensorflow, is_installed
from edgekit.foundation.quiet import held_back

COMMAND = "edgekit compress"
LIBRARIES = ("tf_keras", "tensorflow_model_optimization")

_SWITCH = "TF_USE_LEGACY_KERAS"


@dataclass(frozen=True, kw_only=True)
class Libraries:
    """The modules.

    Attributes:
        keras: Keras 3, on TensorFlow.
        tf: TensorFlow.
        keras2: tf_keras.
        tfmot: tensorflow_model_optimization.
    """

    keras: Any
    tf: Any
    keras2: Any
    tfmot: Any


def check_installed(needed_for: str = COMMAND) -> None:
    """Raise unless TensorFlow, tf_keras and its model optimization are there and can work; imports nothing.

    Args:
        needed_for: What wants them, as a subject.
    """
    for library in ("tensorflow", *LIBRARIES):
        if not is_installed(library):
            raise MissingExtraError(needed_for, library, "train")
    check_address_space(needed_for)


def import_libraries(needed_for: str = COMMAND) -> Libraries:
    """All four; raises MissingExtraError, and UsageError if Keras runs on another backend than TensorFlow."""
    check_installed(needed_for)
    keras = import_keras(needed_for, backend="tensorflow")
    tf = import_tensorflow(needed_for)
    before = os.environ.pop(_SWITCH, None)
    try:
        with held_back():
            getattr(tf.keras, "version", None)  # settles that tf.keras is Keras 3
            tfmot = importlib.import_module("tensorflow_model_optimization")
            keras2 = importlib.import_module("tf_keras")
            tf.get_logger().setLevel("ERROR")  # it warns of what clustering does on purpose
            keras2.backend.experimental.enable_tf_random_generator()  # dropout that can be set back
    finally:
        os.environ.pop(_SWITCH, None)
        if before is not None:
            os.environ[_SWITCH] = before
    return Libraries(keras=keras, tf=tf, keras2=keras2, tfmot=tfmot)
