"""What is measured on scores: counts and statistics, streamed. Knows no file and no runtime."""
