"""One file of an export: made, run, compared with Keras, and kept or not."""
