"""One file of an export: converted, run, compared with Keras, and kept or not."""
