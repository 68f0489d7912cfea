"""A large model, exported in parts, each in a process that frees its memory at its end."""
