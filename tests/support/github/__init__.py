"""What GitHub expects of the files in .github/."""
