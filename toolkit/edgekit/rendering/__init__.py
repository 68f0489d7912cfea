"""From results to what people read: terminal tables, Markdown, progress. Measures nothing."""
