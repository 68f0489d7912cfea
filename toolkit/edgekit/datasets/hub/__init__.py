"""Data sets of the Hugging Face hub: the source, its columns, and where they come from."""
