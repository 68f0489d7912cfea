"""Reads what people type: synonyms, percents. Knows no command."""
