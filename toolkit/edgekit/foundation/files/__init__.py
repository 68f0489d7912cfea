"""Files that cannot be trusted: read, checked, locked, kept apart, and shown."""
