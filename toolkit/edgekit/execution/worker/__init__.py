"""A worker process and its parent: what each does, and what they say to each other."""
