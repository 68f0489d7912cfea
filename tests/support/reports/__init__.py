"""Reports and pages that tests share: hard ones, large ones, and readers of what is drawn."""
