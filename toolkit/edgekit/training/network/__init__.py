"""The network of a recipe, and the copies of it that are trained."""
