"""What is measured, one pure numpy function per metric: classification of one model, drift between two."""
