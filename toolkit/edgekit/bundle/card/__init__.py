"""The model card: README.md in the format of the Hugging Face hub, filled from what was measured.

header.py        the YAML in front
card.py          the text
"""
