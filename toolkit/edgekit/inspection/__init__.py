"""Describes model files without running them: tensors, operators, metadata, and whether one is really int8."""
