"""The zip itself: written so that the same content gives the same bytes, and read as data from a stranger.

contents.py      what lies in a bundle, bundle.json and SHA256SUMS
writing.py       files -> zip
reading.py       zip -> a temporary folder, or a sentence
signing.py       ssh-keygen signs and checks
"""
