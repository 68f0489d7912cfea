"""From a Keras model to the classifier that is exported: one step a file, called by preparation.py."""
