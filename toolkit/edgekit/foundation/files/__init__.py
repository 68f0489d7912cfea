"""Files that nobody can be sure of: read, checked, locked, kept apart, and shown."""
