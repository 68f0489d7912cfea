"""Small networks of every kind that people bring, trained in seconds, exported in every precision, verified everywhere.

`PYTHONPATH=tests python -m support.matrix` runs all and writes docs/supported-models.md.
"""
