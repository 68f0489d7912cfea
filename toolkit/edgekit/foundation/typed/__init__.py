"""What people type, read as it is meant: synonyms, percents. Knows no command."""
