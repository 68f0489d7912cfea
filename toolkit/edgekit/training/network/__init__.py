"""The network of a recipe, and the twins of it that train."""
