"""Files that tests write and read: archives, data sets, .tflite and .onnx graphs, packages."""
