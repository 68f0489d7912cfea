"""From a file to a Keras model: Keras 3 and Keras 2, and a sentence for everything that can be wrong."""
