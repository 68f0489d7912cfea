"""Images in files, whoever named them: lists of files, their splits, and the decoded data set."""
