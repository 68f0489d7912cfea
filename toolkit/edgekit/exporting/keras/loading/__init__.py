"""From a file to a Keras model: Keras 3 and Keras 2, and a clear sentence for every error."""
