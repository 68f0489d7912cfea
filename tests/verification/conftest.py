"""Model files for the tests that run them."""

from support.runtime_fixtures import tflite_models

__all__ = ["tflite_models"]
