"""The Keras side of an export: reading a model file, and preparing the network. Knows no format."""
