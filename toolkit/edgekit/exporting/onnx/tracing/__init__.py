"""From a Keras graph to a plain ONNX graph, by TensorFlow and tf2onnx, without copies of the weights."""
