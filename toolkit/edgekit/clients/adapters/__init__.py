"""One adapter per file. Each runs in the environment of its client, and imports no library before it is opened."""
