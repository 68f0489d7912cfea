"""What is measured, one pure numpy function a metric: classification of one model, drift between two."""
