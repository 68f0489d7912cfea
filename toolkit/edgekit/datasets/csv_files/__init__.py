"""Images listed in CSV files: reading the table, its columns, the files that it names, and the source."""
