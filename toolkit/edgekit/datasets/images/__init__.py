"""Encoded images to pixels, one at a time and as a cache of many. Knows no class and no split."""
