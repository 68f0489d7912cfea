"""From a Keras model to the classifier that is exported: one step per file, called by preparation.py."""
