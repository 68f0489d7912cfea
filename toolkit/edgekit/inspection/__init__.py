"""What model files say of themselves: tensors, operators, metadata, and whether one is really int8. Nothing is run."""
