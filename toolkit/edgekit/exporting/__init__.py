"""Keras model -> checked files: each is run and compared with Keras before it is kept."""
