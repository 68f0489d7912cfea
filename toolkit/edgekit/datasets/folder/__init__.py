"""Images in a folder: the source, and the list of what the folder holds."""
