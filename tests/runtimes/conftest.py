"""Model files, images and planted runtimes for the tests of the runtimes."""

from support.runtime_fixtures import images, images_npy, onnx_file, planted, tflite_models

__all__ = ["images", "images_npy", "onnx_file", "planted", "tflite_models"]
