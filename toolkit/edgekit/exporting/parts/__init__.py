"""A large model, exported in parts, each in a process that ends with its memory."""
