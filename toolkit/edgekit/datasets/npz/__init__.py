"""Images and labels as arrays in one NumPy file: the source, and arrays mapped straight from the zip."""
