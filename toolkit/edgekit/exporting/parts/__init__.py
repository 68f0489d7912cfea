"""A large model, exported one format at a time, each in a process that ends with its memory."""
