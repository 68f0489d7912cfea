"""Images in files, for all sources: lists of files, their splits, and the decoded data set."""
